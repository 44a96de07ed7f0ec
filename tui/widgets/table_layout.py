"""Layout of a table: the widths of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len

from tui.text import fitted

MARK = 3
"""Cells in front of each row, for the marks of cursor and selection."""
_LEAST_FLEXIBLE = 12
_GAPS = (3, 2, 1)
_COMFORTABLE_FLEXIBLE = 30


@dataclass(frozen=True)
class Head:
    """Header of a column; the `flexible` column takes the remaining width."""

    id: str
    title: str
    align: Literal["left", "right"] = "left"
    flexible: bool = False


@dataclass(frozen=True)
class Row:
    """One line of a table: printable text for each column, and the tone of the first."""

    key: str
    cells: tuple[str, ...]
    tone: str = ""


@dataclass(frozen=True)
class TableLayout:
    """Widths of the columns in cells, and the gap after each."""

    widths: tuple[int, ...] = ()
    gap: int = 1

    @property
    def width(self) -> int:
        """Width of a row in cells."""
        return MARK + sum(self.widths) + self.gap * max(0, len(self.widths) - 1)

    def fit(self, text: str, column: int, align: Literal["left", "right"]) -> str:
        """Fit a text to its column, with the gap after it."""
        last = column == len(self.widths) - 1
        return fitted(text, self.widths[column], align) + " " * (0 if last else self.gap)

    def column_at(self, x: int) -> int | None:
        """Return the column at a position in a row; None in front of the first."""
        left = MARK
        for column, width in enumerate(self.widths):
            if left <= x < left + width + self.gap:
                return column
            left += width + self.gap
        return None


def lay_out(heads: Sequence[Head], rows: Sequence[Row], room: int) -> TableLayout:
    """Make each column as wide as its longest text, and give the flexible one the rest.

    Every title has room for the arrow of the sorted column, so that sorting moves nothing. Where
    there is not room enough, the row is wider than the room.
    """
    texts = zip(*(row.cells for row in rows), strict=True) if rows else [()] * len(heads)
    natural = [
        max(cell_len(head.title) + 1, *map(cell_len, column), 0)
        for head, column in zip(heads, texts, strict=True)
    ]
    fixed = sum(w for w, head in zip(natural, heads, strict=True) if not head.flexible)
    for gap in _GAPS:
        left = room - MARK - fixed - gap * (len(heads) - 1)
        if left >= _COMFORTABLE_FLEXIBLE:
            break
    widths = [
        max(left, _LEAST_FLEXIBLE) if head.flexible else width
        for width, head in zip(natural, heads, strict=True)
    ]
    return TableLayout(tuple(widths), gap)
