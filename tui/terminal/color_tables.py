"""Colours of terminals, and which of them are legible on which.

No NumPy here: the first frame of the app needs this.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import product
from typing import Final

Rgb = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

LEAST_CONTRAST: Final = 4.5
"""Minimum contrast of text: level AA of the Web Content Accessibility Guidelines 2."""

CUBE_STEPS: Final = (0, 95, 135, 175, 215, 255)
GREY_STEPS: Final = tuple(range(8, 239, 10))
XTERM_256: Final[tuple[Rgb, ...]] = (
    *((red, green, blue) for red, green, blue in product(CUBE_STEPS, repeat=3)),
    *((grey, grey, grey) for grey in GREY_STEPS),
)
"""Entries 16 to 255 of xterm's palette, which no terminal theme changes."""


def _table(text: str) -> tuple[Rgb, ...]:
    return tuple((int(one[:2], 16), int(one[2:4], 16), int(one[4:], 16)) for one in text.split())


XTERM_16: Final = _table(
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5"
    " 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
)
KITTY_16: Final = _table(
    "000000 cc0403 19cb00 cecb00 0d73cc cb1ed1 0dcdcd dddddd"
    " 767676 f2201f 23fd00 fffd00 1a8fff fd28ff 14ffff ffffff"
)
VGA_16: Final = _table(
    "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa"
    " 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff"
)
"""Colours of the Linux console, which has only the first eight as backgrounds."""


@lru_cache(maxsize=4096)
def luminance(color: Rgb) -> float:
    """Compute the relative luminance, 0 (black) to 1 (white), by WCAG 2."""
    red, green, blue = (
        share / 12.92 if (share := channel / 255) <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for channel in color
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """Compute the contrast of two colours, 1 to 21, by WCAG 2."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=4096)
def nearest_of_256(color: Rgb) -> int:
    """Return the number, 16 to 255, of the entry nearest to a colour.

    Rich's own rule takes some greys for their neighbours, and a dark blue for navy.
    """
    cube = tuple(min(CUBE_STEPS, key=lambda step: abs(step - channel)) for channel in color)
    mean = sum(color) / 3
    grey = min(GREY_STEPS, key=lambda step: abs(step - mean))
    in_cube = XTERM_256.index((cube[0], cube[1], cube[2]))
    as_grey = XTERM_256.index((grey, grey, grey), 216)
    return 16 + min(in_cube, as_grey, key=lambda entry: _difference(XTERM_256[entry], color))


@lru_cache(maxsize=4096)
def nearest_of_16(color: Rgb, among: Sequence[int] = range(16)) -> int:
    """Return the nearest of xterm's sixteen colours."""
    return min(among, key=lambda entry: _difference(XTERM_16[entry], color))


@cache
def readable_on_16(surface: int, *, linux: bool) -> tuple[int, ...]:
    """Return the colours in which text is legible on one of the sixteen.

    Args:
        surface: number of the colour behind the text.
        linux: on the Linux console; else on xterm, on kitty and with the colours of the VGA.
    """
    tables = (VGA_16,) if linux else (XTERM_16, KITTY_16, VGA_16)
    behind = surface % 8 if linux else surface
    return tuple(
        ink
        for ink in range(16)
        if all(contrast(table[ink], table[behind]) >= LEAST_CONTRAST for table in tables)
    )


@cache
def surfaces_of_16(*, linux: bool) -> tuple[int, ...]:
    """Return those of the sixteen colours on which text can be legible; not grey."""
    return tuple(entry for entry in range(16) if readable_on_16(entry, linux=linux))


def strengthened(ink: Rgb, surface: Rgb, share: float) -> Rgb:
    """Move a colour towards black or white, whichever is more legible."""
    end = max(((0, 0, 0), (255, 255, 255)), key=lambda one: contrast(one, surface))
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(ink, end, strict=True))
    return red, green, blue


def readable(ink: Rgb, surface: Rgb) -> Rgb:
    """Return the 24-bit colour nearest to `ink` that is legible on a surface."""
    return next(
        found
        for step in range(21)
        if contrast(found := strengthened(ink, surface, step / 20), surface) >= LEAST_CONTRAST
    )


def readable_of_256(ink: Rgb, surface: Rgb) -> int:
    """Do the same among the 240 fixed entries; returns the number of one.

    Args:
        ink: the colour of the text.
        surface: an entry of the 240, or any colour.
    """
    return next(
        number
        for step in range(21)
        if contrast(
            XTERM_256[(number := nearest_of_256(strengthened(ink, surface, step / 20))) - 16],
            surface,
        )
        >= LEAST_CONTRAST
    )


def _difference(one: Rgb, other: Rgb) -> float:
    """Estimate how different two colours look (https://www.compuphase.com/cmetric.htm)."""
    mean = (one[0] + other[0]) / 2
    red, green, blue = (a - b for a, b in zip(one, other, strict=True))
    return (2 + mean / 256) * red**2 + 4 * green**2 + (2 + (255 - mean) / 256) * blue**2
