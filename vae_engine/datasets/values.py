"""The range of an array of images: what is black, what is white, and whether that is plausible.

A wrong scale trains without an error and gives nothing, so a range that cannot be right is refused
with a remedy, and one that has a single sensible reading is read so and reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_engine.errors import ArrayError

_WHITE = 255
# The highest grey of whole datasets: real ones reach further, and 4 to 7 bits do not.
_DARKEST_GREYS = 128
# Scaled twice by 255, the brightest pixel is 1/255.
_BLACK_FLOATS = 1.5 / 255
_DIM_FLOATS = 0.25
_DARKER_BY, _MUCH_DARKER_BY, _ENOUGH_IMAGES = 2, 8, 8
_SIGNED_SPAN = 0.98


@dataclass(frozen=True)
class Values:
    """An array of images (n, 28, 28) with the range of its values, which is a possible one.

    Attributes:
        what: it is, for messages.
        array: its values, as they came.
        low, high: its least and greatest value.
        white: the value that stands for white: 255, or 1.
        whole: all values are whole numbers, and not floats from 0 to 1.
        signed: floats from -1 to 1, of which -1 is black.
    """

    what: str
    array: npt.NDArray[Any]
    low: float
    high: float
    white: int
    whole: bool
    signed: bool

    @property
    def span(self) -> str:
        """What it holds, in words."""
        name = self.array.dtype.name
        return f"{self.what} holds {name} values from {self.low:.6g} to {self.high:.6g}"

    @property
    def bits(self) -> bool:
        """The values are 0 and 1 of a type that counts."""
        return self.whole and self.white == 1

    @property
    def brightness(self) -> float:
        """The greatest value, black being 0 and white 1."""
        return (self.high + 1) / 2 if self.signed else self.high / self.white

    def alone(self) -> npt.NDArray[np.uint8] | npt.NDArray[np.float32]:
        """The images by themselves, with no others to tell what they mean.

        Raises:
            ArrayError: they can be read in two ways.
        """
        if self.signed:
            raise ArrayError(
                f"{self.span}: wanted floats from 0 to 1; where -1 is black, try `(images + 1) / 2`"
            )
        if self.bits and self.high and self.array.dtype != np.bool_:
            raise ArrayError(
                f"{self.span}: wanted bool for a mask, or greys from 0 to 255; "
                "for a mask try `images.astype(bool)`, for nearly black images `images / 255`"
            )
        if self.white == _WHITE and not self.whole and self.high < _DARKEST_GREYS:
            raise ArrayError(
                f"{self.span}: wanted floats from 0 to 1, or greys from 0 to 255; "
                f"try `images / {self.high:.6g}`"
            )
        return self.scaled()

    def scaled(self, white: float = 0) -> npt.NDArray[np.uint8] | npt.NDArray[np.float32]:
        """(n, 28, 28) uint8, or float32 in [0, 1]; `white` says which value is, if not `white`."""
        white = white or self.white
        if self.signed:
            return _clipped((self.array.astype(np.float32) + 1) / 2)
        if not self.whole:
            floats = self.array if white == 1 else self.array / white
            if self.low < 0 or self.high > white:
                floats = _clipped(floats)
            return np.ascontiguousarray(floats, dtype=np.float32)
        if white == _WHITE:
            return np.ascontiguousarray(self.array, dtype=np.uint8)
        return np.where(self.array != 0, np.uint8(_WHITE), np.uint8(0))


def measure(what: str, images: npt.NDArray[Any]) -> Values:
    """The range of the images' values.

    Args:
        what: the images are, for messages.
        images: (n, 28, 28), n above 0, of a type that counts.

    Raises:
        ArrayError: NaN, infinities, or values that are in no range of images.
    """
    low, high = float(images.min()), float(images.max())
    if np.isnan(low):
        raise ArrayError(
            f"{what} holds NaN: wanted floats from 0 to 1; try `np.nan_to_num(images)`"
        )

    def values(*, white: int, whole: bool, signed: bool = False) -> Values:
        return Values(what, images, low, high, white, whole, signed)

    if images.dtype.kind == "b":
        return values(white=1, whole=True)
    found = f"{what} holds {images.dtype.name} values from {low:.6g} to {high:.6g}"
    if images.dtype.kind != "f":
        if low < 0 or high > _WHITE:
            raise ArrayError(
                f"{found}: wanted integers from 0 to 255, or floats from 0 to 1; "
                f"try {_rescaled(low, high)}"
            )
        return values(white=1 if high <= 1 else _WHITE, whole=True)
    slack = max(1e-5, 2 * float(np.finfo(images.dtype).eps))
    if -slack <= low and high <= 1 + slack:
        return values(white=1, whole=False)
    if -1 - slack <= low < 0 and high <= 1 + slack:
        return values(white=1, whole=False, signed=True)
    if low >= 0 and high <= _WHITE * (1 + slack):
        return values(white=_WHITE, whole=high <= _WHITE and _are_whole(images))
    if np.isinf(high) or np.isinf(low):
        raise ArrayError(
            f"{found}: wanted floats from 0 to 1; try `np.nan_to_num(images, posinf=1, neginf=0)`"
        )
    raise ArrayError(
        f"{found}: wanted floats from 0 to 1, or integers from 0 to 255; try {_rescaled(low, high)}"
    )


def to_one_scale(
    splits: Sequence[Values],
) -> tuple[list[npt.NDArray[np.uint8] | npt.NDArray[np.float32]], list[str]]:
    """Bring the splits of a dataset to one type and range.

    Args:
        splits: of one dataset, the training split first.

    Returns:
        The images of each split, all (n, 28, 28) uint8 or all float32 in [0, 1], and what is to
        be said about how their values were read.

    Raises:
        ArrayError: ranges that are implausible, or that contradict each other.
    """
    lit = [values for values in splits if values.high > 0 or values.signed]
    if not lit or len({level for values in splits for level in (values.low, values.high)}) == 1:
        raise ArrayError(
            f"{splits[0].what} holds nothing but the value {splits[0].high:g}: wanted images; "
            "try a look at it with `print(images.min(), images.max())`"
        )
    white, notes = _common_white(lit)
    _compare(lit, notes)
    scaled = [values.scaled(white if values.white == _WHITE else 0) for values in splits]
    if len({images.dtype for images in scaled}) > 1:
        notes.append("splits of bytes and of floats: all are taken as floats from 0 to 1")
        scaled = [
            images if images.dtype == np.float32 else images.astype(np.float32) / np.float32(255)
            for images in scaled
        ]
    _tell_dark(scaled[0], notes)
    return scaled, notes


def _tell_dark(images: npt.NDArray[np.uint8] | npt.NDArray[np.float32], notes: list[str]) -> None:
    """Say that most training images are dark where a few bright ones hide it."""
    brightest = images.reshape(len(images), -1).max(axis=1)
    white = _WHITE if images.dtype == np.uint8 else 1
    typical = float(np.median(brightest)) / white
    if typical < _DIM_FLOATS <= float(brightest.max()) / white:
        notes.append(
            f"most images are dark: half of the training images have no value above {typical:.2g} "
            "of 1, and a few are brighter"
        )


def _common_white(lit: Sequence[Values]) -> tuple[float, list[str]]:
    """The value that is white where it is not 1, and what is to be said."""
    notes: list[str] = []
    greys = [values for values in lit if values.white == _WHITE]
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
    return (_white_of_greys(greys, notes) if greys else _WHITE), notes


def _white_of_greys(greys: Sequence[Values], notes: list[str]) -> float:
    brightest = max(greys, key=lambda values: values.high)
    top = brightest.high
    if top >= _DARKEST_GREYS:
        if any(values.array.dtype.kind == "f" for values in greys):
            notes.append(f"floats from 0 to {top:.6g} are taken as greys, with 255 as white")
        return _WHITE
    if all(values.whole and _has_two_values(values.array, top) for values in greys):
        notes.append(f"values 0 and {top:g} are taken as black and white")
        return top
    low = min(values.low for values in greys)
    line = f"(images - {low:g}) / {top - low:g}" if 0 < low < top else f"images / {top:g}"
    raise ArrayError(
        f"{brightest.span}, nearly black where white is 255: wanted integers from 0 to 255, or "
        f"floats from 0 to 1; try `{line}`, or to keep them dark `images / 255`"
    )


def _check_signed(lit: Sequence[Values], notes: list[str]) -> None:
    signed = [values for values in lit if values.signed]
    if not signed:
        return
    low = min(values.low for values in signed)
    high = max(values.high for values in lit)
    if low > -_SIGNED_SPAN or high < _SIGNED_SPAN or high > 1 + 1e-2:
        raise ArrayError(
            f"{signed[0].span}: wanted floats from 0 to 1; "
            f"try {_rescaled(signed[0].low, signed[0].high)}"
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


def _rescaled(low: float, high: float) -> str:
    """The line that brings a range to 0 to 1."""
    if -0.5 <= low < 0 and high <= 0.5:
        return "`images + 0.5` where -0.5 is black"
    if -1 <= low < 0 and high <= 0:
        return "`images + 1` where -1 is black, or `-images` where it is white"
    if -1 <= low < 0 and high <= 1:
        return "`(images + 1) / 2` where -1 is black"
    if low < 0:
        return f"`(images + {-low:.6g}) / {high - low:.6g}`"
    for bits in (10, 12, 14, 16):
        if high < 2**bits and high == int(high):
            return f"`images / {2**bits - 1}` for {bits} bits"
    return f"`images / {high:.6g}`"


def _clipped(floats: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return np.clip(floats.astype(np.float32), 0, 1).astype(np.float32, copy=False)


def _are_whole(images: npt.NDArray[Any]) -> bool:
    return bool((images == np.rint(images)).all())


def _has_two_values(images: npt.NDArray[Any], top: float) -> bool:
    return bool(((images == 0) | (images == top)).all())
