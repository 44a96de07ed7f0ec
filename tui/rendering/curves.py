"""Draw curves in braille cells, between axes that plotext draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.segment import Segment
from rich.style import Style

from tui.rendering.axes import (
    AXIS_WIDTH,
    axis_lines,
    epoch_marks,
    marked_range,
    robust_range,
    usual_range,
    whole_range,
    widened,
)
from tui.rendering.canvas import AXIS_TONE, CurveCanvas, Mark, column_of
from tui.rendering.dots import BRAILLE_DOTS, Area
from tui.rendering.runs import Line
from tui.rendering.series import (
    Series,
    decimated,
    drawable,
    recent_start,
)

_LEAST_COLUMNS, _LEAST_ROWS = 4, 2
_PLAIN_AXES = str.maketrans("│┤", "|+")


@dataclass(frozen=True)
class Scale:
    """Options of a chart: log axis, smoothing, only recent epochs, full range, zoom.

    Attributes:
        log: logarithmic axis of values.
        smoothing: weight of the past, 0 for none.
        recent: draw only the recent epochs.
        whole: draw all values, also those of the first epochs and those far from all others.
        window: first and last epoch to draw, instead of `recent`; None for no zoom.
    """

    log: bool = False
    smoothing: float = 0.0
    recent: bool = False
    whole: bool = False
    window: tuple[int, int] | None = None


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
        return AXIS_WIDTH + column_of(epoch, self.first, self.last, self.columns)

    def epoch_at(self, column: int) -> float | None:
        """Return the epoch of a column, including the axis; None outside."""
        if not self.lines or not AXIS_WIDTH <= column < AXIS_WIDTH + self.columns:
            return None
        share = (column - AXIS_WIDTH) / max(1, self.columns - 1)
        return round(self.first + share * (self.last - self.first))


NOTHING = Curves([], 0.0, 0.0, 0)


def draw_curves(
    series: Sequence[Series],
    width: int,
    height: int,
    scale: Scale,
    colors: Colors,
    *,
    axis: bool,
    marks: Sequence[Mark] = (),
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
        marks: epochs to mark by a dotted line, with a word where there is room.

    Returns:
        The chart, or one without lines where there is no room or no value to draw.
    """
    columns, rows = width - AXIS_WIDTH, height - axis
    if columns < _LEAST_COLUMNS or rows < _LEAST_ROWS:
        return NOTHING
    shown = _drawable(series, scale)
    if not shown:
        return NOTHING
    drawn = [decimated(one, columns) for one in shown]
    if scale.window is not None:
        first, last = map(float, scale.window)
    else:
        first = min(float(one.epochs[0]) for one in drawn)
        last = max(float(one.epochs[-1]) for one in drawn)
    below = epoch_marks(first, last, columns) if axis else []
    if first == last:
        first, last = first - 1, last + 1
    lowest, highest = whole_range(shown)
    inner = _range_of(shown, scale)
    (low, high), values = marked_range(*widened(*inner, log=scale.log), rows, log=scale.log)
    bottom, top = (math.log10(bound) if scale.log else bound for bound in (low, high))
    dots = (1, 1) if colors.plain else BRAILLE_DOTS
    area = Area(first, last, bottom, top, columns, rows, dots, log=scale.log)
    axes = axis_lines(area, below, values)
    lines = _lines(axes, CurveCanvas(drawn, area, colors.plain, marks), colors)
    return Curves(
        lines,
        first,
        last,
        columns,
        above=highest if highest > high else None,
        below=lowest if lowest < low else None,
    )


def _range_of(shown: Sequence[Series], scale: Scale) -> tuple[float, float]:
    if scale.whole:
        return whole_range(shown)
    if scale.log or scale.window is not None:
        return usual_range(shown)
    return robust_range(shown)


def _drawable(series: Sequence[Series], scale: Scale) -> list[Series]:
    ends = [float(one.epochs[-1]) for one in series if len(one.epochs)]
    start = recent_start(max(ends)) if scale.recent and ends else None
    first, last = scale.window or (start, None)
    cleaned = (
        drawable(one, log=scale.log, smoothing=scale.smoothing, start=first, end=last)
        for one in series
    )
    return [one for one in cleaned if len(one.epochs)]


def _lines(axes: Sequence[str], canvas: CurveCanvas, colors: Colors) -> list[Line]:
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
        style = colors.tones[tone % len(colors.tones)] if tone >= 0 else None
        if tone == AXIS_TONE:
            style = colors.axis
        line.append(Segment(text[at:end], style))
        at = end
    return line
