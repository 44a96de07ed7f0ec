"""How a source's images are brought to one size, one number of channels and one range of values.

The default takes images as they are where that is possible, so datasets of before these settings
read as they did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from vae_engine.image_shape import LARGEST_SIDE, SMALLEST_SIDE
from vae_engine.settings import Settings

Size: TypeAlias = tuple[int, int]
"""Height and width."""

Fit: TypeAlias = Literal["crop", "pad", "stretch"]
Color: TypeAlias = Literal["auto", "grey", "rgb"]
Range: TypeAlias = Literal["auto", "0-1", "minmax", "percentile"]

SMALLEST_TAKEN = 4
"""Sides below this hold no picture: such images are left out."""

_SIDES = (64, 32, 16, 8)
_SAME_ASPECT = 1.05
_FIT_WORDS: dict[Fit, str] = {"crop": "cropped", "pad": "padded", "stretch": "stretched"}


class Preparation(NamedTuple):
    """What the settings ask for.

    Attributes:
        size: height and width; None for the images' own, or a sensible one.
        fit: how images of another aspect ratio are fitted.
        color: grey, rgb, or auto: grey where all images are.
        range: which values become black and white.
    """

    size: Size | None = None
    fit: Fit = "crop"
    color: Color = "auto"
    range: Range = "auto"

    @classmethod
    def of(cls, settings: Settings) -> Preparation:
        """That of a session's settings."""
        size = None if settings.image_size == "auto" else read_size(settings.image_size)
        return cls(size, settings.fit, settings.color, settings.range)


AUTO = Preparation()


def read_size(text: str) -> Size:
    """`64` or `48x80` as height and width."""
    sides = [int(side) for side in text.split("x")]
    return sides[0], sides[-1]


def sides_text(size: Size) -> str:
    """`48x80`, height first."""
    return f"{size[0]}x{size[1]}"


def target_size(sizes: Mapping[Size, int], preparation: Preparation) -> tuple[Size, list[str]]:
    """Choose the size for images of these sizes; also returns notes.

    Args:
        sizes: how many images there are of each size.
        preparation: what is asked for.
    """
    [(common, _)] = Counter(sizes).most_common(1)
    alone = len(sizes) == 1
    if preparation.size is not None:
        size = preparation.size
        if alone and common == size:
            return size, []
        return size, [_size_note(sizes, size, preparation.fit)]
    if alone and all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in common):
        return common, []
    size = _sensible(sizes)
    return size, [
        f"{_size_note(sizes, size, preparation.fit)}; `image_size=HEIGHTxWIDTH` changes it"
    ]


def _sensible(sizes: Mapping[Size, int]) -> Size:
    """A square, or the images' own aspect ratio where it is one."""
    ratios = [width / height for height, width in sizes]
    narrow, wide = min(ratios), max(ratios)
    if wide > narrow * _SAME_ASPECT or 1 / _SAME_ASPECT < narrow <= wide < _SAME_ASPECT:
        side = _usual([min(size) for size in Counter(sizes).elements()])
        return side, side
    side = _usual([max(size) for size in Counter(sizes).elements()])
    if wide > 1:
        return max(SMALLEST_SIDE, round(side / wide)), side
    return side, max(SMALLEST_SIDE, round(side * narrow))


def _usual(lengths: list[int]) -> int:
    """The largest usual side that half of the images have."""
    median = sorted(lengths)[(len(lengths) - 1) // 2]
    return next((side for side in _SIDES if side <= median), SMALLEST_SIDE)


def _size_note(sizes: Mapping[Size, int], size: Size, fit: Fit) -> str:
    if len(sizes) == 1:
        found = sides_text(next(iter(sizes)))
    else:
        # Of equal areas, as of turned photographs, the flatter one is named first.
        smallest = min(sizes, key=lambda each: (each[0] * each[1], each))
        largest = max(sizes, key=lambda each: (each[0] * each[1], each))
        found = f"{len(sizes):,} sizes from {sides_text(smallest)} to {sides_text(largest)}"
    ratio = size[1] / size[0]
    same = all(abs(width / height / ratio - 1) < 0.02 for height, width in sizes)
    fitted = "" if same else f", {_FIT_WORDS[fit]}"
    return f"images of {found} are resized to {sides_text(size)}{fitted}"
