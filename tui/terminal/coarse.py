"""Reduce the colours of images, for frames that would take long over a slow link.

A change of colour is what an image costs: with few colours, neighbours share theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tui.terminal.color_tables import XTERM_256, Rgb, nearest_of_256
from tui.terminal.wire_frames import Rendition, rendition

LEVELS: Final = (16, 12, 8, 6, 5, 4, 3, 2)
"""Levels per channel to try, finest first."""

MOSAICS: Final = (-1, -2, -4, -8)
"""Then these, in place of levels: this number of neighbours in one colour, as seen from afar."""

DIALOG_CELLS: Final = 1440
"""More than a dialog covers where the link is slow."""

FALLBACK: Final = 4
"""Levels for a frame that is too large with any, as that of a whole screen of images is."""

_PLEASANT: Final = 6
_MOSAIC_LEVELS: Final = 3
# The share of a cell that a glyph inks, in quarters.
_QUARTERS: Final = {
    **dict.fromkeys("▘▝▖▗▂▁▎▏", 1),
    **dict.fromkeys("▀▄▌▐▞▚▃▅▍", 2),
    **dict.fromkeys("▛▜▙▟▆▇▊▋▉", 3),
    "█": 4,
}
# Quadrants are what images are drawn with, and hardly anything else with two colours of its own.
_QUADRANTS: Final = frozenset("▀▄▌▐▘▟▝▙▖▜▗▛▞▚")
_BLOCKS: Final = _QUADRANTS | frozenset(" ▁▂▃▅▆▇█▏▎▍▋▊▉")
# Tinted greys, as themes give them, count as greys.
_GREY_SPREAD: Final = 48
_SIXTEEN: Final = 16
# Longer runs are a panel's.
_LONGEST: Final = 4


@dataclass(frozen=True, slots=True)
class Budget:
    """Size limit of a frame.

    Attributes:
        wanted: bytes, if images then have six levels or more.
        most: bytes otherwise, with as many levels as they allow.
        idle: bytes otherwise, in fewer levels, where no more cells change than a dialog covers:
            this is always possible.
    """

    wanted: int
    most: int
    idle: int = 0

    def allows(self, size: int, levels: int) -> bool:
        """Return whether a frame of this size may be sent with images of this many levels."""
        return size <= (self.wanted if levels >= _PLEASANT else self.most)


def is_image(text: str, drawn: Rendition) -> bool:
    """Whether a run is part of an image whose colours can be told in fewer."""
    return bool(drawn.foreground) and _is_of_blocks(text, drawn) and not _QUADRANTS.isdisjoint(text)


def may_be_image(text: str, drawn: Rendition) -> bool:
    """Whether a run is part of an image if it lies within one: of one colour, or like a bar."""
    return 0 < len(text) <= _LONGEST and _is_of_blocks(text, drawn)


def coarse(text: str, drawn: Rendition, levels: int) -> tuple[str, Rendition]:
    """A run of an image in colours of `levels` levels."""
    if levels in MOSAICS:
        quarters = sum(_QUARTERS.get(glyph, 0) for glyph in text)
        mixed = _mixed(drawn, round(quarters / len(text)))
        return (text if mixed is drawn else " " * len(text)), mixed
    found = _coarse(drawn, levels)
    return (" " * len(text) if found.foreground is None else text), found


def _is_of_blocks(text: str, drawn: Rendition) -> bool:
    return bool(drawn.background) and not drawn.effects and _BLOCKS.issuperset(text)


@lru_cache(maxsize=16384)
def _coarse(drawn: Rendition, levels: int) -> Rendition:
    paper = _rgb(drawn.background)
    ink = paper if drawn.foreground is None else _rgb(drawn.foreground)
    if ink is None or paper is None:
        return drawn
    front, back = _entry(ink, levels), _entry(paper, levels)
    return rendition(None if front == back else f"38;5;{front}", f"48;5;{back}", ())


@lru_cache(maxsize=16384)
def _mixed(drawn: Rendition, quarters: int) -> Rendition:
    """The colour of a cell with this number of quarters inked."""
    paper = _rgb(drawn.background)
    ink = paper if drawn.foreground is None else _rgb(drawn.foreground)
    if ink is None or paper is None:
        return drawn
    red, green, blue = (
        round((quarters * front + (4 - quarters) * back) / 4)
        for front, back in zip(ink, paper, strict=True)
    )
    return rendition(None, f"48;5;{_entry((red, green, blue), _MOSAIC_LEVELS)}", ())


def _rgb(color: str) -> Rgb | None:
    """The colour that a code names; None for one of the sixteen, which are few already."""
    _, _, code = color.partition(";")
    kind, *numbers = map(int, code.split(";")) if code else (0,)
    if kind == 5 and numbers[0] >= _SIXTEEN:
        return XTERM_256[numbers[0] - _SIXTEEN]
    return (numbers[0], numbers[1], numbers[2]) if kind == 2 else None


@lru_cache(maxsize=8192)
def _entry(rgb: Rgb, levels: int) -> int:
    """The entry of the 256 colours that stands for a colour."""
    last = levels - 1
    if max(rgb) - min(rgb) < _GREY_SPREAD:
        rgb = (round(sum(rgb) / 3),) * 3
    red, green, blue = (round(round(channel * last / 255) * 255 / last) for channel in rgb)
    return nearest_of_256((red, green, blue))
