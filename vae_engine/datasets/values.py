"""The value range of an array of images: black, white, and whether they are plausible.

A wrong scale trains without an error to a useless model, so an implausible range is refused with a
remedy, and a guess is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.preparation import Range
from vae_engine.errors import ArrayError

WHITE = 255
# The highest grey of whole datasets: real ones reach further, and 4 to 7 bits do not.
DARKEST_GREYS = 128
_CHUNK = 1024


@dataclass(frozen=True)
class Values:
    """An array of images (n, h, w) or (n, h, w, 3) with the range of its values.

    Attributes:
        what: name of the array, for messages.
        array: unscaled values.
        low, high: minimum and maximum.
        white: the value that stands for white: 255, or 1.
        whole: all values are whole numbers, and not floats from 0 to 1.
        signed: floats from -1 to 1, of which -1 is black.
        deep: values above 255, of which none is negative: more than 8 bits, or counts.
    """

    what: str
    array: npt.NDArray[Any]
    low: float
    high: float
    white: int
    whole: bool
    signed: bool
    deep: bool = False

    @property
    def span(self) -> str:
        """Type and range, for messages."""
        name = self.array.dtype.name
        return f"{self.what} holds {name} values from {self.low:.6g} to {self.high:.6g}"

    @property
    def bits(self) -> bool:
        """Whether the values are the integers or booleans 0 and 1."""
        return self.whole and self.white == 1

    @property
    def brightness(self) -> float:
        """The maximum on a scale from 0 (black) to 1 (white)."""
        return (self.high + 1) / 2 if self.signed else self.high / self.white

    def alone(self) -> npt.NDArray[np.uint8] | npt.NDArray[np.float32]:
        """The images scaled on their own, without other splits as a hint.

        Raises:
            ArrayError: their range is ambiguous.
        """
        if self.deep:
            raise ArrayError(
                f"{self.span}: wanted floats from 0 to 1, or integers from 0 to 255; "
                f"try {rescaled(self.low, self.high)}"
            )
        if self.signed:
            raise ArrayError(
                f"{self.span}: wanted floats from 0 to 1; where -1 is black, try `(images + 1) / 2`"
            )
        if self.bits and self.high and self.array.dtype != np.bool_:
            raise ArrayError(
                f"{self.span}: wanted bool for a mask, or greys from 0 to 255; "
                "for a mask try `images.astype(bool)`, for nearly black images `images / 255`"
            )
        if self.white == WHITE and not self.whole and self.high < DARKEST_GREYS:
            raise ArrayError(
                f"{self.span}: wanted floats from 0 to 1, or greys from 0 to 255; "
                f"try `images / {self.high:.6g}`"
            )
        return self.scaled()

    def scaled(
        self, white: float = 0, black: float = 0
    ) -> npt.NDArray[np.uint8] | npt.NDArray[np.float32]:
        """As uint8, or float32 in [0, 1]; on their own, or with these values as white and black."""
        if self.deep or white not in (0, WHITE):
            return self.between(black, white or self.high, to_bytes=self.whole and not self.deep)
        white = white or self.white
        if self.signed:
            return _clipped((self.array.astype(np.float32) + 1) / 2)
        if not self.whole:
            floats = self.array if white == 1 else self.array / white
            if self.low < 0 or self.high > white:
                floats = _clipped(floats)
            return np.ascontiguousarray(floats, dtype=np.float32)
        if white == WHITE:
            return np.ascontiguousarray(self.array, dtype=np.uint8)
        return np.where(self.array != 0, np.uint8(WHITE), np.uint8(0))

    def between(
        self, black: float, white: float, *, to_bytes: bool = False
    ) -> npt.NDArray[np.uint8] | npt.NDArray[np.float32]:
        """The images with these values as black and white, and what lies outside clipped.

        Bytes stay bytes, as do, with `to_bytes`, whole numbers from 0 to 255.
        """
        span = white - black
        if to_bytes or self.array.dtype == np.uint8:
            shares = np.clip((np.arange(WHITE + 1) - black) / span, 0, 1)
            levels: npt.NDArray[np.uint8] = np.rint(shares * WHITE).astype(np.uint8)
            return np.asarray(levels[self.array.astype(np.uint8)], np.uint8)
        result = np.empty(self.array.shape, np.float32)
        for start in range(0, len(result), _CHUNK):
            part = slice(start, start + _CHUNK)
            result[part] = np.clip((self.array[part].astype(np.float64) - black) / span, 0, 1)
        return result


def measure(what: str, images: npt.NDArray[Any], asked: Range = "auto") -> Values:
    """The range of the images' values.

    Args:
        what: name of the images, for messages.
        images: (n, h, w) or (n, h, w, 3), n above 0, numbers or booleans.
        asked: the setting `range`; with any value but auto, all finite values are accepted.

    Raises:
        ArrayError: NaN, infinities, or values that are in no range of images.
    """
    low, high = float(images.min()), float(images.max())
    if np.isnan(low):
        raise ArrayError(
            f"{what} holds NaN: wanted floats from 0 to 1; try `np.nan_to_num(images)`"
        )

    def values(*, white: int, whole: bool, signed: bool = False, deep: bool = False) -> Values:
        return Values(what, images, low, high, white, whole, signed, deep)

    if asked != "auto" and np.isfinite(low) and np.isfinite(high):
        return values(white=1, whole=images.dtype.kind != "f", deep=high > WHITE)

    if images.dtype.kind == "b":
        return values(white=1, whole=True)
    found = f"{what} holds {images.dtype.name} values from {low:.6g} to {high:.6g}"
    if images.dtype.kind != "f":
        if low < 0:
            raise ArrayError(
                f"{found}: wanted integers from 0 to 255, or floats from 0 to 1; "
                f"try {rescaled(low, high)}, or `range=minmax`"
            )
        if high > WHITE:
            return values(white=WHITE, whole=True, deep=True)
        return values(white=1 if high <= 1 else WHITE, whole=True)
    slack = max(1e-5, 2 * float(np.finfo(images.dtype).eps))
    if -slack <= low and high <= 1 + slack:
        return values(white=1, whole=False)
    if -1 - slack <= low < 0 and high <= 1 + slack:
        return values(white=1, whole=False, signed=True)
    if low >= 0 and high <= WHITE * (1 + slack):
        return values(white=WHITE, whole=high <= WHITE and _are_whole(images))
    if np.isinf(high) or np.isinf(low):
        raise ArrayError(
            f"{found}: wanted floats from 0 to 1; try `np.nan_to_num(images, posinf=1, neginf=0)`"
        )
    if low >= 0:
        return values(white=WHITE, whole=_are_whole(images), deep=True)
    raise ArrayError(
        f"{found}: wanted floats from 0 to 1, or integers from 0 to 255; "
        f"try {rescaled(low, high)}, or `range=minmax`"
    )


def rescaled(low: float, high: float) -> str:
    """The expression that scales a range to 0 to 1."""
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
