"""Argument checks of the Python API, with errors that name the argument."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, SupportsFloat, SupportsIndex, cast

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import ArgumentError, SessionDamagedError
from vae_engine.text import short_line, value_text

# The prior lies within 6; beyond this limit, a network's sums can overflow float32.
_FAR = 1e6


def whole_number(name: str, value: object, *, low: int, high: int | None = None) -> int:
    """Check a whole number, Python's or NumPy's, from `low` to `high`.

    Raises:
        ArgumentError: it is something else.
    """
    try:
        number = operator.index(cast(SupportsIndex, value))
    except TypeError:
        number = low - 1
    if number < low or (high is not None and number > high) or isinstance(value, bool):
        top = "up" if high is None else f"to {high:,}"
        raise ArgumentError(
            f"{name} is {value_text(value)}: it must be a whole number from {low} {top}"
        )
    return number


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Check one of some words.

    Raises:
        ArgumentError: it is something else.
    """
    if not isinstance(value, str) or value not in choices:
        raise ArgumentError(
            f"{name} is {value_text(value)}: it must be one of {', '.join(choices)}"
        )


def number_from_zero(name: str, value: object) -> float:
    """Check a finite number of at least 0.

    Raises:
        ArgumentError: it is something else.
    """
    try:
        number = float(cast(SupportsFloat, value))
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 0 <= number < math.inf or isinstance(value, (bool, str)):
        raise ArgumentError(f"{name} is {value_text(value)}: it must be a finite number from 0 up")
    return number


def latent_points(name: str, value: object, latent_dim: int) -> NDArray[np.float32]:
    """Convert points z to (n, latent_dim) float32.

    Raises:
        ArgumentError: wrong shape, not numbers, or values that are not finite in float32.
    """
    try:
        array: NDArray[Any] = np.asarray(value)
    # Other libraries raise various errors, such as PyTorch for a tensor that needs a gradient.
    except (ValueError, TypeError, RuntimeError) as error:
        raise ArgumentError(
            f"{name} is not an array ({short_line(str(error))}): it must be an array of numbers"
        ) from None
    if array.dtype.kind not in "iuf":
        raise ArgumentError(f"{name} has the type {array.dtype}: it must be an array of numbers")
    if array.ndim != 2 or array.shape[1] != latent_dim or not len(array):
        hint = f"; for one point, pass {name}[None]" if array.shape == (latent_dim,) else ""
        raise ArgumentError(
            f"{name} has the shape {array.shape}: it must be (n, {latent_dim}), n from 1 up{hint}"
        )
    with np.errstate(over="ignore"):
        points = array.astype(np.float32)
    if not np.isfinite(points).all():
        raise ArgumentError(f"{name} holds NaN or infinity: its values must be finite")
    return points


def optional_path(name: str, value: object) -> str | None:
    """Convert a path to text; None stays None.

    Raises:
        ArgumentError: it is something else.
    """
    if value is not None and not isinstance(value, (str, Path)):
        raise ArgumentError(
            f"{name} is {value_text(value)}: it must be a path, as text or pathlib.Path"
        )
    return None if value is None else str(value)


@contextmanager
def fits_memory(name: str) -> Iterator[None]:
    """Raise an error that names the argument if the work does not fit into memory.

    Raises:
        ArgumentError: it does not fit.
    """
    try:
        yield
    except MemoryError:
        raise ArgumentError(
            f"{name} needs more images than fit into memory: pass fewer at a time"
        ) from None


@contextmanager
def near_enough(name: str, points: NDArray[np.float32]) -> Iterator[None]:
    """Raise an error that names the argument, not the session, if points are too far out.

    Args:
        name: of the argument.
        points: (n, latent_dim), to decode.

    Raises:
        ArgumentError: the decoder's output is not finite, and the points are beyond any image.
    """
    try:
        yield
    except SessionDamagedError:
        furthest = float(np.abs(points).max())
        if furthest <= _FAR:
            raise
        raise ArgumentError(
            f"{name} leads to z of {furthest:.3g}, where there are no images: it must be smaller, "
            "since the prior lies within 6 of 0"
        ) from None
