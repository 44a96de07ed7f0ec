"""Axes of a chart: range, ticks, and the lines that plotext draws."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache, lru_cache

import numpy as np
import plotext
from numpy.typing import NDArray

from tui.rendering.dots import Area
from tui.rendering.series import (
    Series,
    after_beginning,
    far_values,
    log_ticks,
    multiples,
    ticks,
)

LABEL_WIDTH = 6
AXIS_WIDTH = LABEL_WIDTH + 1
LEAST_MARKS = 3
"""Number of labels beside an axis, if it has enough lines."""

_ROWS_PER_MARK = 2
_COLUMNS_PER_MARK = 10
_LEAST_SPAN = 1e-9
# What would take more room than the rest gets half as much.
_MARGIN = 0.5

_COMMON_STEPS = (1, 2, 5)
_STEPS = (1, 2, 2.5, 4, 5)
_DECADE = 10

Range = tuple[float, float]


def whole_range(drawn: Sequence[Series]) -> Range:
    """Return the lowest and the highest value of curves and bands."""
    edges = [edge for one in drawn for edge in (one.values, *(one.band or ()))]
    return min(float(edge.min()) for edge in edges), max(float(edge.max()) for edge in edges)


def usual_range(drawn: Sequence[Series]) -> Range:
    """Return the range of curves and bands without values far from all others.

    It always contains the newest value of every curve.
    """
    return whole_range([_without_far_values(one) for one in drawn])


def robust_range(drawn: Sequence[Series]) -> Range:
    """Return the range in which curves are distinguishable.

    It leaves out the first fifth of every curve, where that takes more room than the rest, and
    values far from all others. It always contains the newest value.
    """
    low, high = usual_range([_selected(one, after_beginning(one.epochs)) for one in drawn])
    lowest, highest = whole_range(drawn)
    span = high - low
    if span <= _LEAST_SPAN * max(abs(low), abs(high)):
        return lowest, highest
    return (
        lowest if low - lowest <= span else low - _MARGIN * span,
        highest if highest - high <= span else high + _MARGIN * span,
    )


def widened(low: float, high: float, *, log: bool) -> Range:
    """Widen a range until it is not empty and its ticks have different labels."""
    size = max(abs(low), abs(high))
    if high - low <= _LEAST_SPAN * size:
        margin = abs(low) / 100 or 1.0
        return (low / 1.01, high * 1.01) if log else (low - margin, high + margin)
    # As many decimals as a label has room for beside sign and point.
    room = LABEL_WIDTH - 1 - len(f"{size:.0f}") - (low < 0)
    least = (LEAST_MARKS + 1) * 10.0 ** -max(0, room)
    if high - low >= least or not 1e-3 < size < 10 ** (LABEL_WIDTH - (low < 0)):
        return low, high
    middle = (low + high) / 2
    return middle - least / 2, middle + least / 2


def epoch_marks(first: float, last: float, columns: int) -> list[float]:
    """Return both ends and round numbers between them; plotext omits those without room."""
    most = max(2, columns // _COLUMNS_PER_MARK)
    between = [mark for mark in ticks(first, last, most) if mark == round(mark)]
    return list(dict.fromkeys([first, last, *between]))


def value_marks(low: float, high: float, rows: int, *, log: bool) -> list[float]:
    """Return round labels for an axis of this many lines, each on a line of its own.

    Three at least if possible, and fewer than fit if more would have equal labels.
    """
    if not high > low:
        return [low]
    most = max(LEAST_MARKS, round(rows / _ROWS_PER_MARK))
    decades = log and high / low >= _DECADE
    candidates = _decades(low, high, most, rows) if decades else _multiples(low, high, most, rows)
    for marks in candidates:
        if _readable(marks, low, high, rows, log=log):
            return marks
    return [(low + high) / 2]


def marked_range(low: float, high: float, rows: int, *, log: bool) -> tuple[Range, list[float]]:
    """Widen a range as far as it takes to give three labels lines of their own.

    Args:
        low: the lowest value.
        high: the highest value.
        rows: lines of the axis.
        log: whether the axis is logarithmic; over a decade and more it stays as it is.

    Returns:
        The range, and its labels.
    """
    marks = value_marks(low, high, rows, log=log)
    if len(marks) >= LEAST_MARKS or (log and high / low >= _DECADE):
        return (low, high), marks
    for step in sorted(_steps(low, high, _STEPS)):
        under, over = math.floor(low / step) * step, math.ceil(high / step) * step
        for wider in ((under, high), (low, over), (under, over)):
            more = multiples(step, *wider) if wider[0] > 0 or not log else []
            if LEAST_MARKS <= len(more) <= rows and _readable(more, *wider, rows, log=log):
                return wider, more
    return (low, high), marks


def _decades(low: float, high: float, most: int, rows: int) -> Iterator[list[float]]:
    """Yield three marks or more; then as many of them as have lines of their own."""
    counts = (*range(most, 0, -1), *range(most + 1, rows + 1))
    found = [log_ticks(low, high, count) for count in counts]
    yield from (marks for marks in found if len(marks) >= LEAST_MARKS)
    thinned = []
    for marks in found:
        lines = _lines_of(marks, low, high, rows, log=True)
        thinned.append([mark for at, mark in enumerate(marks) if lines[at] not in lines[:at]])
    yield from sorted(thinned, key=len, reverse=True)


def _multiples(low: float, high: float, most: int, rows: int) -> Iterator[list[float]]:
    """Yield multiples of common steps, then of others; at last fewer than three, or many."""
    crowded = max(most, rows * 2 // 3)
    limits = (
        (_COMMON_STEPS, LEAST_MARKS, most, 1),
        # From here on the fewest first.
        (_COMMON_STEPS, LEAST_MARKS, crowded, -1),
        (_STEPS, LEAST_MARKS, rows, -1),
        (_STEPS, 1, LEAST_MARKS, 1),
    )
    for parts, fewest, highest, order in limits:
        for step in _steps(low, high, parts)[::order]:
            # Before they are listed: there may be hundreds.
            if (high - low) / step <= highest:
                marks = multiples(step, low, high)
                if fewest <= len(marks) <= highest:
                    yield marks


def _steps(low: float, high: float, parts: Sequence[float]) -> list[float]:
    """Return the steps to try for a range, rising."""
    power = math.floor(math.log10(high - low))
    return [part * 10.0**exponent for exponent in range(power - 2, power + 2) for part in parts]


def _readable(marks: Sequence[float], low: float, high: float, rows: int, *, log: bool) -> bool:
    """Return whether marks have lines of their own, and labels that are exact."""
    lines = _lines_of(marks, low, high, rows, log=log)
    return len(set(lines)) == len(marks) and _exact(marks) is not None


def _lines_of(
    marks: Sequence[float], low: float, high: float, rows: int, *, log: bool
) -> list[int]:
    """Return the line of each mark from the bottom, as plotext places it."""
    bottom, top, *heights = map(math.log10, (low, high, *marks)) if log else (low, high, *marks)
    return [math.floor(0.5 + (rows - 1) * (at - bottom) / (top - bottom)) for at in heights]


def mark_texts(marks: Sequence[float]) -> list[str]:
    """Format ticks with as few digits as necessary, in at most six characters."""
    return _exact(marks) or [_scientific(mark, 0)[:LABEL_WIDTH] for mark in marks]


def _exact(marks: Sequence[float]) -> list[str] | None:
    """Format ticks exactly, with equal numbers of digits; None if six characters are too few."""
    for write in (_fixed, _scientific):
        for digits in range(LABEL_WIDTH):
            texts = [write(mark, digits) for mark in marks]
            if all(
                len(text) <= LABEL_WIDTH
                and math.isclose(float(text), mark, rel_tol=1e-6, abs_tol=1e-12)
                for text, mark in zip(texts, marks, strict=True)
            ):
                return texts
    return None


def _fixed(mark: float, digits: int) -> str:
    # Adding 0 turns -0 into 0.
    return f"{mark + 0.0:.{digits}f}"


def _scientific(mark: float, digits: int) -> str:
    return f"{mark:.{digits}e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")


def axis_lines(area: Area, epochs: Sequence[float], values: Sequence[float]) -> list[str]:
    """Let plotext draw empty axes around an area, through its public interface.

    Args:
        area: the area inside the axes.
        epochs: the marks below; without any there is no line for them.
        values: the marks at the left; on a log axis not their logarithms.

    Returns:
        From top to bottom, `AXIS_WIDTH` wider than the area.
    """
    texts = mark_texts(values)
    heights = [math.log10(value) for value in values] if area.log else values
    marks = tuple(zip(heights, texts, strict=True))
    beside = _drawn(0.0, 1.0, area.low, area.high, 1, area.rows, (), marks)
    lines = [text[:AXIS_WIDTH] + " " * area.columns for text in beside]
    if epochs:
        # Only its last line: plotext takes less time for fewer lines.
        below = _drawn(area.first, area.last, 0.0, 1.0, area.columns, 1, tuple(epochs), ())
        lines.append(below[-1])
    return lines


@lru_cache(maxsize=64)
def _drawn(
    first: float,
    last: float,
    low: float,
    high: float,
    columns: int,
    rows: int,
    epochs: tuple[float, ...],
    values: tuple[tuple[float, str], ...],
) -> list[str]:
    """Draw empty axes around an area of cells, with ticks below and at the left."""
    _prepare()
    plotext.clear_data()
    # plotext draws no axis without a point.
    plotext.scatter([first], [low], marker=" ")
    plotext.xlim(first, last)
    plotext.ylim(low, high)
    plotext.xticks(epochs, [f"{mark:.0f}" for mark in epochs])
    heights = [height for height, _ in values] or [low]
    texts = [text for _, text in values] or [""]
    plotext.yticks(heights, [f"{text:>{LABEL_WIDTH}}" for text in texts])
    plotext.plotsize(columns + AXIS_WIDTH, rows + bool(epochs))
    drawn: str = plotext.uncolorize(plotext.build())
    return drawn.splitlines()


@cache
def _prepare() -> None:
    """Configure plotext's figure for axes only, of any size."""
    for setting in (plotext.canvas_color, plotext.axes_color, plotext.ticks_color):
        setting("default")
    # Otherwise plotext limits it to the size of the terminal, or to 80 columns.
    plotext.limit_size(False, False)
    plotext.frame(False)
    plotext.yaxes(True, False)


def _without_far_values(one: Series) -> Series:
    keep = ~far_values(one.values)
    keep[-1] = True
    return _selected(one, keep)


def _selected(one: Series, keep: NDArray[np.bool_]) -> Series:
    band = (one.band[0][keep], one.band[1][keep]) if one.band is not None else None
    return replace(one, epochs=one.epochs[keep], values=one.values[keep], band=band)
