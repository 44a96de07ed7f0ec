"""Cells of a chart: its curves as braille dots or characters, bands, marks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tui.rendering.dots import BRAILLE, Area, Dots, band, cell_bits, curve, thick
from tui.rendering.series import DASHES, Doubles, Series, near_range
from tui.rendering.tones import HUES

# Without braille, curves differ in their characters.
PLAIN_MARKERS = "*+xo#@"
_PLAIN_BAND = "."
BEST, PLAIN_BEST = "◆", "B"
"""Character of the best epoch on a curve."""
CHANGE, PLAIN_CHANGE = "◇", "S"
"""Character of a change of the schedule on a curve."""
MARK, PLAIN_MARK = "┊", ":"
"""Character of the dotted line of a `Mark`."""
# Overlapping curves alternate, each for this many columns.
_TURN = 2
NO_TONE, AXIS_TONE = -1, -2
"""Tone of an empty cell, and of one in the colour of the axes."""
# Columns drawn per period: solid, dashed, short dashes, dotted.
_DASHED = ((1, 1), (4, 6), (2, 4), (1, 3))
# From this height on, a curve is two dots thick: single dots look disconnected.
_THICK_ROWS = 6
# With more curves than this, only the last one is.
_THICK_CURVES = 3


@dataclass(frozen=True)
class Mark:
    """An epoch at which the schedule changes, and the word for it.

    Attributes:
        epoch: the first with another course.
        word: what changes.
        told: whether a chart has room for the word, and not only the epoch's values.
    """

    epoch: int
    word: str
    told: bool = True


def column_of(epoch: float, first: float, last: float, columns: int) -> int:
    """Return the column of an epoch in an area, as plotext does: two braille dots per column."""
    share = (epoch - first) / (last - first)
    return math.floor(0.5 + (2 * columns - 1) * share) // 2


class CurveCanvas:
    """Characters of an area and their tones; `NO_TONE` for empty cells.

    Attributes:
        characters: code points, ``(rows, columns)`` from the bottom.
        tones: ``(rows, columns)``.
    """

    def __init__(
        self, drawn: Sequence[Series], area: Area, plain: bool, marks: Sequence[Mark] = ()
    ) -> None:
        self._area, self._plain = area, plain
        self.characters = np.full((area.rows, area.columns), ord(" "))
        self.tones = np.full((area.rows, area.columns), NO_TONE)
        for one in drawn:
            if one.band is not None:
                low, high = (self._heights(edge) for edge in one.band)
                self._put_band(band(one.epochs, low, high, area), one.tone)
        self._put_curves(drawn)
        for one in drawn:
            for epoch in one.changes:
                self._put_on_curve(one, epoch, PLAIN_CHANGE if plain else CHANGE)
        for one in drawn:
            if one.best is not None:
                self._put_on_curve(one, one.best, PLAIN_BEST if plain else BEST)
        self._put_marks([mark for mark in marks if area.first <= mark.epoch <= area.last])

    def _put_marks(self, marks: Sequence[Mark]) -> None:
        """Draw a dotted line per mark where no curve is, and then the words beside them."""
        area = self._area
        columns = [column_of(one.epoch, area.first, area.last, area.columns) for one in marks]
        for column in columns:
            free = self.tones[:, column] == NO_TONE
            self.characters[free, column] = ord(PLAIN_MARK if self._plain else MARK)
            self.tones[free, column] = AXIS_TONE
        for mark, column in zip(marks, columns, strict=True):
            if mark.told:
                self._put_word(mark.word, column)

    def _put_word(self, word: str, column: int) -> None:
        """Write a word right or left of a column, on the first line with room for it."""
        area, length = self._area, len(word)
        dotted = ord(PLAIN_MARK if self._plain else MARK)
        # The lines of other marks may be interrupted.
        free = (self.tones == NO_TONE) | (self.characters == dotted)
        for start in (column + 1, column - length):
            cells = slice(start, start + length)
            if start < 0 or start + length > area.columns:
                continue
            if len(rows := np.flatnonzero(free[:, cells].all(axis=1))):
                self.characters[rows[-1], cells] = [ord(character) for character in word]
                self.tones[rows[-1], cells] = AXIS_TONE
                return

    def _put_band(self, dots: Dots, tone: int) -> None:
        bits = cell_bits(dots, self._area).T
        inside = bits > 0
        drawn = ord(_PLAIN_BAND) if self._plain else BRAILLE + bits[inside]
        self.characters[inside], self.tones[inside] = drawn, tone

    def _put_curves(self, drawn: Sequence[Series]) -> None:
        lines = [
            self._curve(one, wide=one is drawn[-1] or len(drawn) <= _THICK_CURVES) for one in drawn
        ]
        bits = np.stack([cell_bits(line, self._area).T for line in lines])
        present = bits > 0
        count = present.sum(axis=0)
        inside = count > 0
        turn = np.arange(self._area.columns) // _TURN % np.maximum(count, 1)
        # The curve whose turn it is in this column.
        chosen = (np.cumsum(present, axis=0) > turn).argmax(axis=0)
        tones = np.array([one.tone for one in drawn])
        self.tones[inside] = tones[chosen][inside]
        if self._plain:
            markers = np.array([ord(PLAIN_MARKERS[t % len(PLAIN_MARKERS)]) for t in tones])
            self.characters[inside] = markers[chosen][inside]
        else:
            self.characters[inside] = BRAILLE + np.bitwise_or.reduce(bits, axis=0)[inside]

    def _put_on_curve(self, one: Series, epoch: float, character: str) -> None:
        if not len(one.epochs) or not one.epochs[0] <= epoch <= one.epochs[-1]:
            return
        # Between the points that are drawn: of many epochs not all are.
        value = np.interp([epoch], one.epochs, one.values)
        # The first tone, which is solid.
        spot = Series(one.label, np.array([epoch], np.float64), value)
        column, row = np.nonzero(cell_bits(self._curve(spot), self._area))
        self.characters[row, column] = ord(character)
        self.tones[row, column] = one.tone

    def _curve(self, one: Series, *, wide: bool = False) -> Dots:
        area = self._area
        heights = near_range(self._heights(one.values), area.low, area.high)
        line = curve(one.epochs, heights, area)
        if wide and not self._plain and area.rows >= _THICK_ROWS:
            line = thick(line, area)
        drawn, period = _DASHED[one.tone // HUES % DASHES]
        keep = line.column // area.dots[0] % period < drawn
        return Dots(line.column[keep], line.row[keep])

    def _heights(self, values: Doubles) -> Doubles:
        # Computed here, since plotext raises on limits that it has rounded below 0.
        return np.log10(values) if self._area.log else values
