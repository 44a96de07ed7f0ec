"""Scales all splits of a dataset to one range, given by the settings or guessed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.preparation import Range
from vae_engine.datasets.values import DARKEST_GREYS, WHITE, Values, rescaled
from vae_engine.errors import ArrayError

# Scaled twice by 255, the brightest pixel is 1/255.
_BLACK_FLOATS = 1.5 / 255
_DIM_FLOATS = 0.25
_DARKER_BY, _MUCH_DARKER_BY, _ENOUGH_IMAGES = 2, 8, 8
_SIGNED_SPAN = 0.98
_BITS = (10, 12, 14, 16)
_PERCENTILES = (1, 99)
_MOST_SAMPLES = 4_000_000


def to_one_scale(
    splits: Sequence[Values], asked: Range = "auto"
) -> tuple[list[npt.NDArray[np.uint8] | npt.NDArray[np.float32]], list[str]]:
    """Bring the splits of a dataset to one type and range.

    Args:
        splits: of one dataset, the training split first.
        asked: the setting `range`, as given to `measure`.

    Returns:
        The images of each split, all uint8 or all float32 in [0, 1], and notes on how their
        values were read.

    Raises:
        ArrayError: ranges that are implausible, or that contradict each other.
    """
    lit = [values for values in splits if values.high > 0 or values.signed]
    if not lit or len({level for values in splits for level in (values.low, values.high)}) == 1:
        raise ArrayError(
            f"{splits[0].what} holds nothing but the value {splits[0].high:g}: wanted images; "
            "try `print(images.min(), images.max())`, or another path"
        )
    if asked != "auto":
        return _as_asked(splits, asked)
    if any(values.deep for values in splits):
        return _deep(splits)
    (black, white), notes = _common_range(lit)
    _compare(lit, notes)
    scaled = [
        values.scaled() if values.white != WHITE else values.scaled(white, black)
        for values in splits
    ]
    if len({images.dtype for images in scaled}) > 1:
        notes.append("splits of bytes and of floats: all are taken as floats from 0 to 1")
        scaled = [_as_floats(images) for images in scaled]
    _tell_dark(scaled[0], notes)
    return scaled, notes


def _tell_dark(images: npt.NDArray[np.uint8] | npt.NDArray[np.float32], notes: list[str]) -> None:
    """Say that most training images are dark where a few bright ones hide it."""
    brightest = images.reshape(len(images), -1).max(axis=1)
    white = WHITE if images.dtype == np.uint8 else 1
    typical = float(np.median(brightest)) / white
    if typical < _DIM_FLOATS <= float(brightest.max()) / white:
        notes.append(
            f"most images are dark: half of the training images have no value above {typical:.2g} "
            "of 1, and a few are brighter"
        )


def _common_range(lit: Sequence[Values]) -> tuple[tuple[float, float], list[str]]:
    """Return the values of black and white, if white is not 1, and a note."""
    notes: list[str] = []
    greys = [values for values in lit if values.white == WHITE]
    bits = [values for values in lit if values.bits and values.array.dtype != np.bool_]
    if greys and bits:
        raise _differing(bits[0], greys[0])
    if bits:
        notes.append("values 0 and 1 are taken as black and white")
    _check_signed(lit, notes)
    floats = [values for values in lit if values.white == 1 and not values.whole]
    top = max((values.brightness for values in floats), default=1.0)
    if top <= _BLACK_FLOATS:
        brightest = max(floats, key=lambda values: values.high)
        raise ArrayError(
            f"{brightest.span}, all of it black, as if scaled twice: "
            f"wanted floats from 0 to 1; try `images / {brightest.high:.6g}`"
        )
    if top < _DIM_FLOATS:
        notes.append(f"the images are dark: no value is above {top:.3g} of 1")
    return (_range_of_greys(greys, notes) if greys else (0, WHITE)), notes


def _range_of_greys(greys: Sequence[Values], notes: list[str]) -> tuple[float, float]:
    brightest = max(greys, key=lambda values: values.high)
    top = brightest.high
    if top >= DARKEST_GREYS:
        if any(values.array.dtype.kind == "f" for values in greys):
            notes.append(f"floats from 0 to {top:.6g} are taken as greys, with 255 as white")
        return 0, WHITE
    if all(values.whole and _has_two_values(values.array, top) for values in greys):
        notes.append(f"values 0 and {top:g} are taken as black and white")
        return 0, top
    low = min(values.low for values in greys)
    low = low if low < top else 0
    notes.append(
        f"values from {low:g} to {top:g} are taken as black to white; `range=0-1` keeps them dark"
    )
    return low, top


def _deep(
    splits: Sequence[Values],
) -> tuple[list[npt.NDArray[np.uint8] | npt.NDArray[np.float32]], list[str]]:
    """Images of more than 8 bits, or counts: white is the most that their bits hold, if likely."""
    brightest = max(splits, key=lambda values: values.high)
    for values in splits:
        darker = values.high * _MUCH_DARKER_BY < brightest.high
        if values.low < 0 or (darker and len(values.array) >= _ENOUGH_IMAGES):
            raise _differing(values, brightest)
    white, high = brightest.high, brightest.high
    text = f"values from {min(values.low for values in splits):g} to {high:g} are taken as"
    bits = next((bits for bits in _BITS if high < 2**bits), 0)
    if bits and brightest.whole and high > 2 ** (bits - 1):
        white = 2**bits - 1
        text += f" {bits} bits, with {white} as white"
    else:
        text += f" black to white, 0 to {high:g}"
    images = [values.between(0, white) for values in splits]
    return images, [f"{text}; `range=minmax` or `range=percentile` changes it"]


def _as_asked(
    splits: Sequence[Values], asked: Range
) -> tuple[list[npt.NDArray[np.uint8] | npt.NDArray[np.float32]], list[str]]:
    """The images with the black and white that the setting `range` gives, the same for all."""
    black, white = 0.0, 1.0
    if asked == "minmax":
        black = min(values.low for values in splits)
        white = max(values.high for values in splits)
    elif asked == "percentile":
        flat = splits[0].array.reshape(-1)
        sampled = flat[:: max(1, len(flat) // _MOST_SAMPLES)]
        black, white = (float(value) for value in np.percentile(sampled, _PERCENTILES))
        if black == white:
            raise ArrayError(
                f"{splits[0].span}, and its 1st and 99th percentiles are both {black:g}: wanted "
                "images that differ there; try `range=minmax`"
            )
    elif all(values.whole for values in splits):
        white = _full_scale(splits)
    images = [values.between(black, white) for values in splits]
    if len({array.dtype for array in images}) > 1:
        images = [_as_floats(array) for array in images]
    outside = min(values.low for values in splits) < black, max(v.high for v in splits) > white
    clipped = ", values outside clipped" if any(outside) else ""
    return images, [f"values from {black:g} to {white:g} are taken as black to white{clipped}"]


def _full_scale(splits: Sequence[Values]) -> float:
    """The most that integers of this type hold; 1 for those that are 0 and 1."""
    high = max(values.high for values in splits)
    if high <= 1:
        return 1
    types = {values.array.dtype for values in splits}
    if types == {np.dtype(np.uint16)}:
        return 2**16 - 1
    return WHITE if high <= WHITE else 2 ** math.ceil(math.log2(high + 1)) - 1


def _as_floats(
    images: npt.NDArray[np.uint8] | npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    if images.dtype == np.float32:
        return images.astype(np.float32, copy=False)
    return images.astype(np.float32) / np.float32(WHITE)


def _check_signed(lit: Sequence[Values], notes: list[str]) -> None:
    signed = [values for values in lit if values.signed]
    if not signed:
        return
    low = min(values.low for values in signed)
    high = max(values.high for values in lit)
    if low > -_SIGNED_SPAN or high < _SIGNED_SPAN or high > 1 + 1e-2:
        raise ArrayError(
            f"{signed[0].span}: wanted floats from 0 to 1; "
            f"try {rescaled(signed[0].low, signed[0].high)}, or `range=minmax`"
        )
    for values in lit:
        if not values.signed:
            raise _differing(values, signed[0])
    notes.append("floats from -1 to 1 are taken as black to white")


def _compare(lit: Sequence[Values], notes: list[str]) -> None:
    """Compare the splits: one that is much darker than another was scaled otherwise."""
    brightest = max(lit, key=lambda values: values.brightness)
    for values in lit:
        if values.bits or brightest.bits or values.signed:
            continue
        ratio = brightest.brightness / values.brightness
        if ratio >= _MUCH_DARKER_BY and len(values.array) >= _ENOUGH_IMAGES:
            raise _differing(values, brightest)
        if ratio > _DARKER_BY:
            notes.append(f"{values.span}, {ratio:.2g} times darker than {brightest.what}")


def _differing(one: Values, other: Values) -> ArrayError:
    line = f"images * {max(other.high, 1) / max(one.high, 1e-9):.6g}"
    if other.signed:
        line = f"images / {one.white / 2:g} - 1"
    return ArrayError(
        f"{one.span}, but {other.span}: wanted one range for all splits; try `{line}` for the first"
    )


def _has_two_values(images: npt.NDArray[Any], top: float) -> bool:
    return bool(((images == 0) | (images == top)).all())
