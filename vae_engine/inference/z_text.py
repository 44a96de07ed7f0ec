"""Format and parse z as a line of text, for people and the clipboard."""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import SettingError
from vae_engine.text import value_text

Floats = NDArray[np.float32]

FARTHEST = 1e6
"""Largest accepted value: in float32, steps of 0.1 still change it."""

# Array notations of NumPy, PyTorch and JSON.
_WRAPPING = re.compile(r"(?:array|tensor)\s*\(|dtype\s*=\s*[\w.]+|[\[\](){}]")


def z_text(z: Floats) -> str:
    """Format the values (d,) in a line, each with as few digits as identify the float32."""
    return " ".join(np.format_float_positional(value, trim="-") for value in z.astype(np.float32))


def read_number(text: str) -> float:
    """Parse one value of z.

    Raises:
        SettingError: it is not a number, or too large.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not abs(number) <= FARTHEST:
        raise SettingError(
            f"z has {value_text(text)}: a number from {-FARTHEST:.0f} to {FARTHEST:.0f} is needed"
        )
    return number


def values_in(text: str) -> list[str]:
    """Split a text into the words of its values, without brackets and names of types."""
    return [word for word in re.split(r"[\s,;]+", _WRAPPING.sub(" ", text)) if word]


def read_z(text: str, latent_dim: int) -> Floats:
    """Parse a z (latent_dim,) from the format of `z_text`, NumPy, PyTorch, JSON or a table.

    Raises:
        SettingError: the number of values is wrong, or some are not numbers.
    """
    words = values_in(text)
    if len(words) != latent_dim:
        needed = "1 number is" if latent_dim == 1 else f"{latent_dim} numbers are"
        raise SettingError(f"z has {len(words)} values: {needed} needed")
    return np.array([read_number(word) for word in words], np.float32)
