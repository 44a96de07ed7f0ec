"""Draw paths and lettered points in a plane of two quantities, with lines of equal sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style

from tui.rendering.axes import LABEL_WIDTH, mark_texts, value_marks, widened
from tui.rendering.dots import BRAILLE, BRAILLE_DOTS, Area, Dots, cell_bits, curve, segments
from tui.rendering.runs import Line
from tui.rendering.series import points_in_sight, ticks

Doubles = NDArray[np.float64]

_AXIS: Final = LABEL_WIDTH + 2
_LEAST_COLUMNS, _LEAST_ROWS = 8, 3
_MARGIN: Final = 0.06
_COLUMNS_PER_MARK: Final = 12
_MOST_SUMS: Final = 6
# One in this number of the dots of a line of equal sum is drawn.
_SPARSE: Final = 4


@dataclass(frozen=True, eq=False)
class PlanePath:
    """A path through the plane.

    Attributes:
        x: (n,), n at least 1.
        y: (n,).
        marked: index of the point with the letter.
        letter: one character.
        tone: of its colour.
    """

    x: Doubles
    y: Doubles
    marked: int
    letter: str
    tone: int


@dataclass(frozen=True)
class PlaneStyles:
    """Styles of the axes, of lines of equal sum, and of paths by tone; or ASCII only."""

    axis: Style
    sums: Style
    tones: Sequence[Style]
    plain: bool = False


@dataclass(frozen=True)
class PlaneCursor:
    """A point that is read, and a zoom around it.

    Attributes:
        x: of the point.
        y: of the point.
        zoom: draw 1 / 2**zoom of the plane's width and height; 0 for all.
    """

    x: float
    y: float
    zoom: int = 0


class _Canvas:
    """Cells of characters and styles, from the top."""

    def __init__(self, columns: int, rows: int) -> None:
        self.text = [[" "] * columns for _ in range(rows)]
        self.style: list[list[Style | None]] = [[None] * columns for _ in range(rows)]

    def put(self, row: int, column: int, text: str, style: Style) -> None:
        """Write a text, as far as it fits."""
        if not 0 <= row < len(self.text):
            return
        for at, character in enumerate(text, column):
            if 0 <= at < len(self.text[row]):
                self.text[row][at], self.style[row][at] = character, style

    def put_free(self, row: int, column: int, character: str, style: Style) -> None:
        """Write a character where there is none."""
        if self.text[row][column] == " ":
            self.put(row, column, character, style)

    def lines(self) -> list[Line]:
        """The cells as runs of equal style."""
        lines = []
        for texts, styles in zip(self.text, self.style, strict=True):
            runs = groupby(zip(texts, styles, strict=True), key=lambda cell: cell[1])
            lines.append([Segment("".join(text for text, _ in run), style) for style, run in runs])
        return lines


def plane_lines(
    paths: Sequence[PlanePath],
    width: int,
    height: int,
    styles: PlaneStyles,
    *,
    whole: bool = True,
    current: str = "",
    cursor: PlaneCursor | None = None,
) -> list[Line]:
    """Draw paths with a letter each; the last line names the values below.

    Args:
        paths: what is drawn.
        width: in cells, labels included.
        height: in lines.
        styles: to use.
        whole: draw the paths, or only their letters.
        current: letter that is drawn in reverse, above the others.
        cursor: the point that is read.
    """
    area = plane_area(paths, width, height, whole=whole, plain=styles.plain, cursor=cursor)
    if area is None:
        return []
    canvas = _Canvas(width, height)
    _draw_axes(canvas, area, styles)
    _draw_sums(canvas, area, styles)
    last = sorted(paths, key=lambda path: path.letter == current)
    for path in last if whole else []:
        dots = segments(*_within(path, area), area)
        _draw_dots(canvas, area, dots, "·", _tone(styles, path), styles)
    _name_sums(canvas, area, styles)
    if cursor is not None:
        _draw_cross(canvas, area, cursor, styles)
    for path in last:
        x, y = float(path.x[path.marked]), float(path.y[path.marked])
        if not (area.first <= x <= area.last and area.low <= y <= area.high):
            continue
        column, row = _cell(area, x, y)
        bold = Style(bold=True, reverse=path.letter == current)
        canvas.put(row, _AXIS + column, path.letter, _tone(styles, path) + bold)
    return canvas.lines()


def plane_area(
    paths: Sequence[PlanePath],
    width: int,
    height: int,
    *,
    whole: bool,
    plain: bool,
    cursor: PlaneCursor | None = None,
) -> Area | None:
    """Return the part of the plane that `plane_lines` draws; None without a path or room.

    The arguments are those of `plane_lines`.
    """
    columns, rows = width - _AXIS, height - 1
    if columns < _LEAST_COLUMNS or rows < _LEAST_ROWS or not paths:
        return None

    def edges(values: Sequence[Doubles], read: float | None, zoom: int) -> tuple[float, float]:
        every = np.concatenate([*values, [] if read is None else [read]])
        low, high = float(every.min()), float(every.max())
        low, high = widened(low, high, log=False)
        room = _MARGIN * (high - low)
        low, high = low - room, high + room
        if read is None or not zoom:
            return low, high
        half = (high - low) / 2 ** (zoom + 1)
        return widened(read - half, read + half, log=False)

    x, y, zoom = (cursor.x, cursor.y, cursor.zoom) if cursor else (None, None, 0)
    kept = [_kept(path, whole=whole) for path in paths]
    first, last = edges([path.x[at] for path, at in zip(paths, kept, strict=True)], x, zoom)
    low, high = edges([path.y[at] for path, at in zip(paths, kept, strict=True)], y, zoom)
    return Area(first, last, low, high, columns, rows, (1, 1) if plain else BRAILLE_DOTS)


def cell_of(area: Area, x: float, y: float) -> tuple[int, int]:
    """Return column and line of a point in the lines of `plane_lines`."""
    column, row = _cell(area, x, y)
    return _AXIS + column, row


def _kept(path: PlanePath, *, whole: bool) -> NDArray[np.intp]:
    """The points that must be in sight: always the letter."""
    kept = points_in_sight(path.x, path.y)
    return np.append(kept if whole else kept[:0], path.marked)


def _within(path: PlanePath, area: Area) -> tuple[Doubles, Doubles]:
    """The lines of a path where they are in the area or beside it, (n, 2) each.

    Outside, a long way would take a dot per step. Liang & Barsky, "A new concept and method for
    line clipping", 1984.
    """
    points = np.stack([path.x, path.y])
    before, after = (points[:, :-1], points[:, 1:]) if len(path.x) > 1 else (points, points)
    low, high = np.array([[area.first, area.last], [area.low, area.high]]).T[..., np.newaxis]
    low, high = low - (high - low), high + (high - low)
    with np.errstate(all="ignore"):
        way = after - before
        shares = np.stack([low - before, high - before]) / way
        # Parallel to an edge, a line is inside all the way or nowhere.
        inside = (before >= low) & (before <= high)
        enters = np.where(way == 0, np.where(inside, 0, 2), shares.min(axis=0)).max(axis=0)
        leaves = np.where(way == 0, 1, shares.max(axis=0)).min(axis=0)
        share = np.stack([np.maximum(enters, 0), np.minimum(leaves, 1)], axis=1)
        x, y = before[..., np.newaxis] + share * way[..., np.newaxis]
    kept = (share[:, 0] <= share[:, 1]) & np.isfinite(x + y).all(axis=1)
    return x[kept], y[kept]


def _cell(area: Area, x: float, y: float) -> tuple[int, int]:
    """Column and row, from the top, of a point."""
    across = (x - area.first) / (area.last - area.first)
    up = (y - area.low) / (area.high - area.low)
    return round(across * (area.columns - 1)), round((1 - up) * (area.rows - 1))


def _draw_axes(canvas: _Canvas, area: Area, styles: PlaneStyles) -> None:
    bar, tick, corner, line = "|++-" if styles.plain else "│┤└─"
    for row in range(area.rows):
        canvas.put(row, _AXIS - 1, bar, styles.axis)
    marks = value_marks(area.low, area.high, area.rows, log=False)
    for mark, text in zip(marks, mark_texts(marks), strict=True):
        _, row = _cell(area, area.first, mark)
        canvas.put(row, 0, f"{text:>{LABEL_WIDTH}} {tick}", styles.axis)
    canvas.put(area.rows, _AXIS - 1, corner + line * area.columns, styles.axis)
    most = max(2, area.columns // _COLUMNS_PER_MARK)
    below = ticks(area.first, area.last, most)
    for mark, text in zip(below, mark_texts(below), strict=True):
        column, _ = _cell(area, mark, area.low)
        canvas.put(area.rows, _AXIS + column - len(text) // 2, text, styles.axis)


def _draw_sums(canvas: _Canvas, area: Area, styles: PlaneStyles) -> None:
    """Draw the lines on which x + y is a round number."""
    for total, x, _ in _sums(area):
        dots = curve(x, total - x, area)
        sparse = Dots(dots.column[::_SPARSE], dots.row[::_SPARSE])
        _draw_dots(canvas, area, sparse, ".", styles.sums, styles)


def _name_sums(canvas: _Canvas, area: Area, styles: PlaneStyles) -> None:
    """Write the number of each line at its lower end; over the paths, which would cut it."""
    for total, x, text in _sums(area):
        column, row = _cell(area, float(x[1]), total - float(x[1]))
        canvas.put(row, _AXIS + min(column, area.columns - len(text)), text, styles.sums)


def _sums(area: Area) -> Iterator[tuple[float, Doubles, str]]:
    """Round sums that are in sight, between which x each lies, and its text."""
    sums = ticks(area.first + area.low, area.last + area.high, _MOST_SUMS)
    for total, text in zip(sums, mark_texts(sums), strict=True):
        x = np.array([max(area.first, total - area.high), min(area.last, total - area.low)])
        if x[1] > x[0]:
            yield total, x, text


def _draw_cross(canvas: _Canvas, area: Area, cursor: PlaneCursor, styles: PlaneStyles) -> None:
    """Draw lines through the point that is read, where nothing else is, and the point."""
    column, row = _cell(area, cursor.x, cursor.y)
    down, across, point = "|-O" if styles.plain else "│─●"
    for at in range(area.rows):
        canvas.put_free(at, _AXIS + column, down, styles.axis)
    for at in range(area.columns):
        canvas.put_free(row, _AXIS + at, across, styles.axis)
    canvas.put(row, _AXIS + column, point, styles.axis + Style(bold=True))


def _draw_dots(
    canvas: _Canvas, area: Area, dots: Dots, plain: str, style: Style, styles: PlaneStyles
) -> None:
    bits = cell_bits(dots, area)
    for column, row in np.argwhere(bits).tolist():
        text = plain if styles.plain else chr(BRAILLE + int(bits[column, row]))
        canvas.put(area.rows - 1 - row, _AXIS + column, text, style)


def _tone(styles: PlaneStyles, path: PlanePath) -> Style:
    return styles.tones[path.tone % len(styles.tones)]
