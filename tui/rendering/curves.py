"""Draw curves in braille cells, between axes that plotext draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from rich.segment import Segment
from rich.style import Style

from tui.rendering.axes import (
    AXIS_WIDTH,
    axis_lines,
    epoch_marks,
    robust_range,
    value_marks,
    whole_range,
    widened,
)
from tui.rendering.dots import BRAILLE, BRAILLE_DOTS, Area, Dots, band, cell_bits, curve, thick
from tui.rendering.runs import Line
from tui.rendering.series import (
    DASHES,
    HUES,
    Floats,
    Series,
    decimated,
    drawable,
    recent_start,
)

_LEAST_COLUMNS, _LEAST_ROWS = 4, 2
# Without braille, curves differ in their characters.
PLAIN_MARKERS = "*+xo#@"
_PLAIN_BAND = "."
_PLAIN_AXES = str.maketrans("│┤", "|+")
BEST, PLAIN_BEST = "◆", "B"
"""Character of a mark on a curve."""
# Overlapping curves alternate, each for this many columns.
_TURN = 2
_NO_TONE = -1
# Columns drawn per period: solid, dashed, short dashes, dotted.
_DASHED = ((1, 1), (4, 6), (2, 4), (1, 3))
# From this height on, a curve is two dots thick: single dots look disconnected.
_THICK_ROWS = 6
# With more curves than this, only the last one is.
_THICK_CURVES = 3
# How far outside of the range curves are drawn, in multiples of the range.
_OUTSIDE = 3


@dataclass(frozen=True)
class Scale:
    """Options of a chart: log axis, smoothing, only recent epochs, full range."""

    log: bool = False
    smoothing: float = 0.0
    recent: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Colors:
    """Styles of a chart: of its axes, and of curves by tone.

    Attributes:
        axis: of the axes and their marks.
        tones: of the curves.
        plain: whether curves and axes are drawn in ASCII.
    """

    axis: Style
    tones: Sequence[Style]
    plain: bool = False


@dataclass(frozen=True)
class Curves:
    """A drawn chart.

    Attributes:
        lines: from top to bottom, each as wide as was asked for; none where nothing can be drawn.
        first: the epoch at the left edge.
        last: the epoch at the right edge.
        columns: width of the area in which the curves are.
        above: the highest value, where it lies above the range that is shown.
        below: the lowest value, where it lies below.
    """

    lines: list[Line]
    first: float
    last: float
    columns: int
    above: float | None = None
    below: float | None = None

    def column_of(self, epoch: float) -> int | None:
        """Return the column of an epoch, including the axis; None outside."""
        if not self.lines or not self.first <= epoch <= self.last:
            return None
        # As plotext does: two braille dots per column.
        share = (epoch - self.first) / (self.last - self.first)
        return AXIS_WIDTH + math.floor(0.5 + (2 * self.columns - 1) * share) // 2

    def epoch_at(self, column: int) -> float | None:
        """Return the epoch of a column, including the axis; None outside."""
        if not self.lines or not AXIS_WIDTH <= column < AXIS_WIDTH + self.columns:
            return None
        share = (column - AXIS_WIDTH) / max(1, self.columns - 1)
        return round(self.first + share * (self.last - self.first))


NOTHING = Curves([], 0.0, 0.0, 0)


def draw_curves(
    series: Sequence[Series], width: int, height: int, scale: Scale, colors: Colors, *, axis: bool
) -> Curves:
    """Draw curves over one axis of epochs.

    Args:
        series: the curves; where some lie in the same cells they take turns. Of many the last
            one is the thickest.
        width: in cells, labels included.
        height: in lines.
        scale: how to show them.
        colors: the styles to use.
        axis: whether the last line names the epochs.

    Returns:
        The chart, or one without lines where there is no room or no value to draw.
    """
    columns, rows = width - AXIS_WIDTH, height - axis
    if columns < _LEAST_COLUMNS or rows < _LEAST_ROWS:
        return NOTHING
    drawn = _drawable(series, columns, scale)
    if not drawn:
        return NOTHING
    first = min(float(one.epochs[0]) for one in drawn)
    last = max(float(one.epochs[-1]) for one in drawn)
    marks = epoch_marks(first, last, columns) if axis else []
    if first == last:
        first, last = first - 1, last + 1
    lowest, highest = whole_range(drawn)
    inner = (lowest, highest) if scale.whole or scale.log else robust_range(drawn)
    low, high = widened(*inner, log=scale.log)
    bottom, top = (math.log10(bound) if scale.log else bound for bound in (low, high))
    dots = (1, 1) if colors.plain else BRAILLE_DOTS
    area = Area(first, last, bottom, top, columns, rows, dots, log=scale.log)
    axes = axis_lines(area, marks, value_marks(low, high, rows, log=scale.log))
    lines = _lines(axes, _Canvas(drawn, area, colors.plain), colors)
    return Curves(
        lines,
        first,
        last,
        columns,
        above=highest if highest > high else None,
        below=lowest if lowest < low else None,
    )


class _Canvas:
    """Characters of an area and their tones; `_NO_TONE` for empty cells.

    Attributes:
        characters: code points, ``(rows, columns)`` from the bottom.
        tones: ``(rows, columns)``.
    """

    def __init__(self, drawn: Sequence[Series], area: Area, plain: bool) -> None:
        self._area, self._plain = area, plain
        self.characters = np.full((area.rows, area.columns), ord(" "))
        self.tones = np.full((area.rows, area.columns), _NO_TONE)
        for one in drawn:
            if one.band is not None:
                low, high = (self._heights(edge) for edge in one.band)
                self._put_band(band(one.epochs, low, high, area), one.tone)
        self._put_curves(drawn)
        for one in drawn:
            if one.best is not None:
                self._put_best(one, one.best)

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

    def _put_best(self, one: Series, epoch: float) -> None:
        at = np.flatnonzero(one.epochs == epoch)
        if not len(at):
            return
        # The first tone, which is solid.
        spot = Series(one.label, one.epochs[at[:1]], one.values[at[:1]])
        column, row = np.nonzero(cell_bits(self._curve(spot), self._area))
        self.characters[row, column] = ord(PLAIN_BEST if self._plain else BEST)
        self.tones[row, column] = one.tone

    def _curve(self, one: Series, *, wide: bool = False) -> Dots:
        area = self._area
        span = _OUTSIDE * (area.high - area.low)
        heights = np.clip(self._heights(one.values), area.low - span, area.high + span)
        line = curve(one.epochs, heights, area)
        if wide and not self._plain and area.rows >= _THICK_ROWS:
            line = thick(line, area)
        drawn, period = _DASHED[one.tone // HUES % DASHES]
        keep = line.column // area.dots[0] % period < drawn
        return Dots(line.column[keep], line.row[keep])

    def _heights(self, values: Floats) -> Floats:
        # Computed here, since plotext raises on limits that it has rounded below 0.
        return np.log10(values) if self._area.log else values


def _drawable(series: Sequence[Series], columns: int, scale: Scale) -> list[Series]:
    ends = [float(one.epochs[-1]) for one in series if len(one.epochs)]
    start = recent_start(max(ends)) if scale.recent and ends else None
    cleaned = (
        drawable(one, log=scale.log, smoothing=scale.smoothing, start=start) for one in series
    )
    return [decimated(one, columns) for one in cleaned if len(one.epochs)]


def _lines(axes: Sequence[str], canvas: _Canvas, colors: Colors) -> list[Line]:
    """Join axes and curves to lines, from the top, in runs of equal style."""
    rows = zip(canvas.characters[::-1].tolist(), canvas.tones[::-1].tolist(), strict=True)
    lines = [
        [_axis(axes[at][:AXIS_WIDTH], colors), *_runs(characters, tones, colors)]
        for at, (characters, tones) in enumerate(rows)
    ]
    return [*lines, *([_axis(text, colors)] for text in axes[len(lines) :])]


def _axis(text: str, colors: Colors) -> Segment:
    return Segment(text.translate(_PLAIN_AXES) if colors.plain else text, colors.axis)


def _runs(characters: Sequence[int], tones: Sequence[int], colors: Colors) -> Line:
    text = "".join(map(chr, characters))
    line: Line = []
    at = 0
    for tone, run in groupby(tones):
        end = at + len(list(run))
        style = None if tone == _NO_TONE else colors.tones[tone % len(colors.tones)]
        line.append(Segment(text[at:end], style))
        at = end
    return line
