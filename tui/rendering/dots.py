"""Curves and bands as dots, and dots as the characters of cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui.rendering.series import Floats

Integers = NDArray[np.int64]

BRAILLE = 0x2800
"""The character of a cell without dots; the bits of `cell_bits` are added to it."""
# Unicode numbers the dots of a cell down its left and its right side, the lowest two last.
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
BRAILLE_DOTS = (_BITS.shape[1], _BITS.shape[0])
"""Columns and rows of dots in a cell of braille."""

# What was divided should be a whole number again where it was one.
_DECIMALS = 8


@dataclass(frozen=True)
class Area:
    """Where values lie among dots; dots count from the lower left.

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
        """Columns of dots."""
        return self.columns * self.dots[0]

    @property
    def down(self) -> int:
        """Rows of dots."""
        return self.rows * self.dots[1]


@dataclass(frozen=True)
class Dots:
    """Dots of an area: the column and the row of each, ``(n,)``; doubles are allowed."""

    column: Integers
    row: Integers


def curve(x: Floats, y: Floats, area: Area) -> Dots:
    """The dots of a line from each point ``(n,)`` to the next, or of a single point."""
    column = _nearest(x, area.first, area.last, area.across)
    row = _nearest(y, area.low, area.high, area.down)
    steps = np.maximum(np.abs(np.diff(column)), np.abs(np.diff(row)))
    # Each line brings its dots but the last, which the next one brings, and the end its own.
    line = np.repeat(np.arange(len(steps)), steps)
    share = (np.arange(len(line)) - (np.cumsum(steps) - steps)[line]) / steps[line]
    return Dots(
        np.append(_between(column, line, share), column[-1]),
        np.append(_between(row, line, share), row[-1]),
    )


def thick(line: Dots, area: Area) -> Dots:
    """A curve with the dots above it; at the upper edge with those below."""
    beside = np.where(line.row == area.down - 1, line.row - 1, line.row + 1)
    return Dots(np.concatenate([line.column] * 2), np.concatenate([line.row, beside]))


def band(x: Floats, low: Floats, high: Floats, area: Area) -> Dots:
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
    """The dots in each cell as the bits of braille, ``(columns, rows)``.

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


def _nearest(values: Floats, first: float, last: float, count: int) -> Integers:
    """The nearest of `count` dots from `first` to `last`."""
    place = 0.5 + (count - 1) * (values - first) / (last - first)
    return np.floor(np.round(place, _DECIMALS)).astype(np.int64)


def _between(ends: Integers, line: Integers, share: Floats) -> Integers:
    """The dots at a share of the way from one end of each line to its other."""
    start = ends[line]
    return np.trunc(np.round(start + share * (ends[line + 1] - start), _DECIMALS)).astype(np.int64)
