"""Rasterize curves and bands as dots, and dots as braille characters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui.rendering.series import Doubles

Integers = NDArray[np.int64]

BRAILLE = 0x2800
"""The character of a cell without dots; the bits of `cell_bits` are added to it."""
# Unicode numbers the dots down the left, then the right column; the lowest two come last.
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
BRAILLE_DOTS = (_BITS.shape[1], _BITS.shape[0])
"""Columns and rows of dots in a braille cell."""

# Tolerance that turns quotients back into whole numbers.
_DECIMALS = 8


@dataclass(frozen=True)
class Area:
    """Maps values to dots, counted from the lower left.

    Attributes:
        first: the horizontal value of the leftmost dots.
        last: of the rightmost.
        low: the vertical value of the lowest dots.
        high: of the highest.
        columns: of cells.
        rows: of cells.
        dots: columns and rows of dots in a cell.
        log: whether the vertical values are decimal logarithms.
    """

    first: float
    last: float
    low: float
    high: float
    columns: int
    rows: int
    dots: tuple[int, int]
    log: bool = False

    @property
    def across(self) -> int:
        """Number of columns of dots."""
        return self.columns * self.dots[0]

    @property
    def down(self) -> int:
        """Number of rows of dots."""
        return self.rows * self.dots[1]


@dataclass(frozen=True)
class Dots:
    """Dots of an area: their columns and rows, ``(n,)``; duplicates are allowed."""

    column: Integers
    row: Integers


def curve(x: Doubles, y: Doubles, area: Area) -> Dots:
    """Rasterize lines from each point ``(n,)`` to the next, or a single point."""
    column, row = _places(x, y, area)
    # Each line omits its last dot, which the next line draws; the end is added.
    lines = _joined(column[:-1], row[:-1], column[1:], row[1:])
    return Dots(np.append(lines.column, column[-1]), np.append(lines.row, row[-1]))


def segments(x: Doubles, y: Doubles, area: Area) -> Dots:
    """Rasterize lines, each from one point to another, of ``(n, 2)``."""
    column, row = _places(x, y, area)
    lines = _joined(column[:, 0], row[:, 0], column[:, 1], row[:, 1])
    return Dots(np.append(lines.column, column[:, 1]), np.append(lines.row, row[:, 1]))


def thick(line: Dots, area: Area) -> Dots:
    """Make a curve two dots thick: with the dots above, at the upper edge with those below."""
    beside = np.where(line.row == area.down - 1, line.row - 1, line.row + 1)
    return Dots(np.concatenate([line.column] * 2), np.concatenate([line.row, beside]))


def band(x: Doubles, low: Doubles, high: Doubles, area: Area) -> Dots:
    """Stipple a band: one dot of eight between its edges, which needs no colour of its own.

    Where a cell has one dot only, every cell between them.

    Args:
        x: rising, ``(n,)``.
        low: its lower edge there, ``(n,)``.
        high: its upper edge, ``(n,)``.
        area: in which it lies.
    """
    at = np.linspace(area.first, area.last, area.across)
    height = np.linspace(area.low, area.high, area.down)
    bottom, top = (np.interp(at, x, edge, np.nan, np.nan) for edge in (low, high))
    inside = (height[None, :] >= bottom[:, None]) & (height[None, :] <= top[:, None])
    if area.dots == BRAILLE_DOTS:
        column, row = np.indices(inside.shape)
        inside &= (column % 2 == 0) & (row % 4 == column % 4)
    return Dots(*np.nonzero(inside))


def cell_bits(dots: Dots, area: Area) -> Integers:
    """Collect the dots of each cell as braille bits, ``(columns, rows)``.

    Those outside are left out. Where a cell has one dot only, that is 1.
    """
    across, down = area.dots
    inside = (dots.column >= 0) & (dots.column < area.across)
    inside &= (dots.row >= 0) & (dots.row < area.down)
    column, row = dots.column[inside], dots.row[inside]
    cells = np.zeros((area.columns, area.rows), np.int64)
    bits = _BITS[down - 1 - row % down, column % across] if area.dots == BRAILLE_DOTS else 1
    np.bitwise_or.at(cells, (column // across, row // down), bits)
    return cells


def _nearest(values: Doubles, first: float, last: float, count: int) -> Integers:
    """Return the nearest of `count` dots from `first` to `last`."""
    place = 0.5 + (count - 1) * (values - first) / (last - first)
    return np.floor(np.round(place, _DECIMALS)).astype(np.int64)


def _places(x: Doubles, y: Doubles, area: Area) -> tuple[Integers, Integers]:
    return (
        _nearest(x, area.first, area.last, area.across),
        _nearest(y, area.low, area.high, area.down),
    )


def _joined(left: Integers, bottom: Integers, right: Integers, top: Integers) -> Dots:
    """Return the dots of lines, ``(n,)`` each, without the last dot of each."""
    across, up = right - left, top - bottom
    steps = np.maximum(np.abs(across), np.abs(up))
    line = np.repeat(np.arange(len(steps)), steps)
    share = (np.arange(len(line)) - (np.cumsum(steps) - steps)[line]) / steps[line]

    def between(start: Integers, way: Integers) -> Integers:
        at: Doubles = start[line] + share * way[line]
        return np.trunc(np.round(at, _DECIMALS)).astype(np.int64)

    return Dots(between(left, across), between(bottom, up))
