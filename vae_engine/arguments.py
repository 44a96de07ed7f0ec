"""Checks of arguments that the Python API takes, with errors that name the argument."""

from __future__ import annotations

import math
import operator
from typing import Any, SupportsFloat, SupportsIndex, cast

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import ArgumentError

_LONGEST_VALUE = 60


def whole_number(name: str, value: object, *, low: int) -> int:
    """A whole number, Python's or NumPy's, of at least `low`.

    Raises:
        ArgumentError: it is something else.
    """
    try:
        number = operator.index(cast(SupportsIndex, value))
    except TypeError:
        number = low - 1
    if number < low or isinstance(value, bool):
        raise ArgumentError(f"{name} is {_shown(value)}: it must be a whole number from {low} up")
    return number


def number_from_zero(name: str, value: object) -> float:
    """A finite number of at least 0.

    Raises:
        ArgumentError: it is something else.
    """
    try:
        number = float(cast(SupportsFloat, value))
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 0 <= number < math.inf or isinstance(value, (bool, str)):
        raise ArgumentError(f"{name} is {_shown(value)}: it must be a finite number from 0 up")
    return number


def latent_points(name: str, value: object, latent_dim: int) -> NDArray[np.float32]:
    """Points z as (n, latent_dim) float32.

    Raises:
        ArgumentError: another shape, no numbers, or values that are not finite in float32.
    """
    try:
        array: NDArray[Any] = np.asarray(value)
    except ValueError:
        array = np.empty(0, object)
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


def _shown(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
