"""A z as a line of text, for people and clipboards."""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import SettingError
from vae_engine.text import value_text

Floats = NDArray[np.float32]

FARTHEST = 1e6
"""The largest value that is taken: in float32, steps of 0.1 still change it."""

# As NumPy, PyTorch and JSON write an array.
_WRAPPING = re.compile(r"(?:array|tensor)\s*\(|dtype\s*=\s*[\w.]+|[\[\](){}]")


def z_text(z: Floats) -> str:
    """The values (d,) in a line, each in as few digits as tell it from other float32."""
    return " ".join(np.format_float_positional(value, trim="-") for value in z.astype(np.float32))


def read_number(text: str) -> float:
    """A value of z.

    Raises:
        SettingError: it is no number, or too large.
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
    """The values of a z as words, whatever they are; without brackets and the names of types."""
    return [word for word in re.split(r"[\s,;]+", _WRAPPING.sub(" ", text)) if word]


def read_z(text: str, latent_dim: int) -> Floats:
    """A z (latent_dim,) as `z_text` writes it, or as NumPy, PyTorch, JSON or a table would.

    Raises:
        SettingError: it has another number of values, or some are no numbers.
    """
    words = values_in(text)
    if len(words) != latent_dim:
        needed = "1 number is" if latent_dim == 1 else f"{latent_dim} numbers are"
        raise SettingError(f"z has {len(words)} values: {needed} needed")
    return np.array([read_number(word) for word in words], np.float32)
