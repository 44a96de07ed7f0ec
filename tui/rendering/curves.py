"""Curves as lines of the screen: cells of braille between axes that plotext draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise

import numpy as np
from plotext._matrix import matrix_class
from rich.segment import Segment
from rich.style import Style
from textual_plotext.plot import Plot

from tui.rendering.dots import BRAILLE_DOTS, Area, Dots, band, braille, curve
from tui.rendering.runs import Line
from tui.rendering.series import Floats, Series, decimated, drawable, log_ticks, recent_start, ticks

LABEL_WIDTH = 6
AXIS_WIDTH = LABEL_WIDTH + 1
_LEAST_COLUMNS, _LEAST_ROWS = 4, 2
_ROWS_A_TICK = 2.5
_LEAST_SPAN = 1e-9
_COLUMNS_A_TICK = 10
# plotext writes a tone as this palette entry, which is replaced by the theme's colour afterwards.
_AXIS_CODE = 250
# Where there is no braille, curves differ by their characters.
PLAIN_MARKERS = "*+xo#@"
_PLAIN_BAND = "."
_PLAIN_AXES = str.maketrans("│┤", "|+")


@dataclass(frozen=True)
class Scale:
    """How curves are shown: on a log axis, smoothed, only the recent epochs."""

    log: bool = False
    smoothing: float = 0.0
    recent: bool = False


@dataclass(frozen=True)
class Colors:
    """The styles of a chart: of its axes, and of the curves by tone, taken in turn.

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
    """

    lines: list[Line]
    first: float
    last: float
    columns: int

    def column_of(self, epoch: float) -> int | None:
        """The column, axis included, in which an epoch is drawn; None outside."""
        if not self.lines or not self.first <= epoch <= self.last:
            return None
        # Where plotext puts it: two dots of braille a column.
        share = (epoch - self.first) / (self.last - self.first)
        return AXIS_WIDTH + math.floor(0.5 + (2 * self.columns - 1) * share) // 2

    def epoch_at(self, column: int) -> float | None:
        """The epoch that is drawn in a column, axis included; None outside."""
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
        series: the curves; later ones lie above earlier ones.
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
    ends = [float(one.epochs[-1]) for one in series if len(one.epochs)]
    start = recent_start(max(ends)) if scale.recent and ends else None
    drawn = [
        decimated(one, columns)
        for whole in series
        if len(
            (one := drawable(whole, log=scale.log, smoothing=scale.smoothing, start=start)).epochs
        )
    ]
    if not drawn:
        return NOTHING
    first = min(float(one.epochs[0]) for one in drawn)
    last = max(float(one.epochs[-1]) for one in drawn)
    marks = _epoch_marks(first, last, columns) if axis else []
    if first == last:
        first, last = first - 1, last + 1
    low, high = _limits(drawn, scale.log)
    bottom, top = (math.log10(bound) if scale.log else bound for bound in (low, high))
    dots = (1, 1) if colors.plain else BRAILLE_DOTS
    area = Area(first, last, bottom, top, columns, rows, dots)
    matrix = _axes(area, marks, (low, high), log=scale.log)
    for one in drawn:
        if one.band is not None:
            low_edge, high_edge = (_heights(edge, scale) for edge in one.band)
            between = band(one.epochs, low_edge, high_edge, area)
            _put(matrix, between, area, _PLAIN_BAND, one.tone)
    for one in drawn:
        marker = PLAIN_MARKERS[one.tone % len(PLAIN_MARKERS)]
        _put(matrix, curve(one.epochs, _heights(one.values, scale), area), area, marker, one.tone)
    return Curves(_lines(matrix, colors), first, last, columns)


@cache
def _plot() -> Plot:
    """The one that all charts are drawn with: to make one takes as long as to draw two axes."""
    plot = Plot()
    for setting in (plot.canvas_color, plot.axes_color):
        setting("default")
    plot.ticks_color(_AXIS_CODE)
    plot.frame(False)
    plot.yaxes(True, False)
    return plot


def _axes(
    area: Area, marks: Sequence[float], limits: tuple[float, float], *, log: bool
) -> matrix_class:
    """Have plotext draw the axes around an area; without marks of epochs no line for them."""
    plot = _plot()
    plot.clear_data()
    # It draws no axis without a point.
    plot.scatter([area.first], [area.low], marker=" ")
    plot.xlim(area.first, area.last)
    plot.ylim(area.low, area.high)
    plot.xticks(marks, [f"{mark:.0f}" for mark in marks])
    _mark_values(plot, *limits, area.rows, log)
    size = area.columns + AXIS_WIDTH, area.rows + bool(marks)
    plot.plotsize(*size)
    plot._set_size(*size)
    plot._set_sizes()
    plot._build_matrix()
    return plot.monitor.matrix


def _heights(values: Floats, scale: Scale) -> Floats:
    # A logarithm of our own: plotext's raises on limits that it has rounded below 0.
    return np.log10(values) if scale.log else values


def _put(matrix: matrix_class, dots: Dots, area: Area, marker: str, tone: int) -> None:
    """Put the cells of these dots between the axes: plotext would join the dots one by one.

    Args:
        matrix: of plotext, whose last lines are the area's.
        dots: of a curve or a band.
        area: in which they lie.
        marker: the character of a dot, where a cell has one only.
        tone: of the curve.
    """
    single = area.dots != BRAILLE_DOTS
    cells, markers = (dots, marker * len(dots.row)) if single else braille(dots, area)
    below = matrix.rows - area.rows
    for column, row, character in zip(
        cells.column.tolist(), cells.row.tolist(), markers, strict=True
    ):
        matrix.insert_element(AXIS_WIDTH + column, below + row, character, tone % 200 + 16)


def _limits(drawn: Sequence[Series], log: bool) -> tuple[float, float]:
    """The lowest and the highest value, apart by something."""
    edges = [one.values for one in drawn]
    edges += [edge for one in drawn if one.band is not None for edge in one.band]
    low = min(float(edge.min()) for edge in edges)
    high = max(float(edge.max()) for edge in edges)
    # Plotext divides by the span, of which rounding may leave nothing.
    if high - low <= _LEAST_SPAN * max(abs(low), abs(high)):
        margin = abs(low) / 100 or 1.0
        low, high = (low / 1.01, high * 1.01) if log else (low - margin, high + margin)
    return low, high


def _epoch_marks(first: float, last: float, columns: int) -> list[float]:
    """The ends, and round numbers between them; plotext leaves out those without room."""
    most = max(2, columns // _COLUMNS_A_TICK)
    between = [mark for mark in ticks(first, last, most) if mark == round(mark)]
    return list(dict.fromkeys([first, last, *between]))


def _mark_values(plot: Plot, low: float, high: float, rows: int, log: bool) -> None:
    most = max(2, round(rows / _ROWS_A_TICK))
    marks = log_ticks(low, high, most) if log else ticks(low, high, most)
    texts = [f"{tick_text(mark, marks):>{LABEL_WIDTH}}" for mark in marks]
    if log:
        marks, low = [math.log10(mark) for mark in marks], math.log10(low)
    plot.yticks(marks or [low], texts or [" " * LABEL_WIDTH])


def tick_text(mark: float, marks: Sequence[float]) -> str:
    """A mark with as many digits as tell it from its neighbours, in at most six characters."""
    step = min((abs(right - left) for left, right in pairwise(marks)), default=1)
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    text = f"{mark:.{digits}f}"
    if len(text) <= LABEL_WIDTH - 1:
        return text
    return f"{mark:.0e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")


def _lines(matrix: matrix_class, colors: Colors) -> list[Line]:
    """What is drawn, from the top, each run of a line in the theme's style."""
    return [
        _line("".join(markers), codes, colors)
        for markers, codes in zip(reversed(matrix.marker), reversed(matrix.fullground), strict=True)
    ]


def _line(text: str, codes: Sequence[int | str], colors: Colors) -> Line:
    if colors.plain:
        text = text.translate(_PLAIN_AXES)
    line: Line = []
    at = 0
    for code, run in groupby(codes):
        end = at + len(list(run))
        line.append(Segment(text[at:end], _themed(code, colors)))
        at = end
    return line


def _themed(code: int | str, colors: Colors) -> Style | None:
    """The style of one of plotext's colours; a word is for what has none."""
    if isinstance(code, str):
        return None
    if code == _AXIS_CODE:
        return colors.axis
    return colors.tones[(code - 16) % len(colors.tones)]
