"""Frames around images, half a cell thick, drawn in the gaps between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from tui.rendering.glyphs import PATTERNS

_UPPER_LEFT, _UPPER_RIGHT, _LOWER_LEFT, _LOWER_RIGHT = 1, 2, 4, 8
_WHOLE: Final = 15


@dataclass(frozen=True, slots=True)
class Frame:
    """Frame of an image: its colour, and the letter at its corner."""

    color: Color | None
    letter: str = ""


@dataclass(frozen=True, slots=True)
class FramePen:
    """Draws the gaps between images, horizontal, vertical and at crossings.

    Attributes:
        paper: the style of a gap without a frame.
        ascii_only: draw with characters instead of blocks.
    """

    paper: Style
    ascii_only: bool = False

    def side(self, left: Frame | None, right: Frame | None) -> Segment:
        """Draw the cell between two images of a row."""
        parts = ((left, _UPPER_LEFT | _LOWER_LEFT), (right, _UPPER_RIGHT | _LOWER_RIGHT))
        return self._cells(parts, 1, "|")

    def edge(self, above: Frame | None, below: Frame | None, width: int) -> list[Segment]:
        """Draw the cells between two images of a column, with the letter of the lower one."""
        parts = ((above, _UPPER_LEFT | _UPPER_RIGHT), (below, _LOWER_LEFT | _LOWER_RIGHT))
        if below is None or not below.letter:
            return [self._cells(parts, width, "-")]
        letter = Segment(below.letter, self.paper + Style(color=below.color, bold=True))
        return [letter, self._cells(parts, width - len(below.letter), "-")]

    def corner(
        self,
        upper_left: Frame | None,
        upper_right: Frame | None,
        lower_left: Frame | None,
        lower_right: Frame | None,
    ) -> Segment:
        """Draw the cell where the gaps between four images cross."""
        parts = (
            (upper_left, _UPPER_LEFT),
            (upper_right, _UPPER_RIGHT),
            (lower_left, _LOWER_LEFT),
            (lower_right, _LOWER_RIGHT),
        )
        return self._cells(parts, 1, "+")

    def _cells(
        self, parts: Iterable[tuple[Frame | None, int]], width: int, character: str
    ) -> Segment:
        """Draw a repeated cell; each frame fills its quadrants."""
        inked = [(frame, bits) for frame, bits in parts if frame is not None]
        if not inked:
            return Segment(" " * width, self.paper)
        frame, bits = inked[0]
        style = self.paper + Style(color=frame.color)
        if self.ascii_only:
            return Segment(character * width, style)
        for other, more in inked[1:]:
            if other.color != frame.color and bits | more == _WHOLE:
                style += Style(bgcolor=other.color)
            else:
                bits |= more
        return Segment(chr(PATTERNS[2, 2][bits]) * width, style)
