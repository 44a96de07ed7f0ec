from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from rich.style import Style

from tui.rendering.axes import (
    AXIS_WIDTH,
    LABEL_WIDTH,
    axis_lines,
    mark_texts,
    marked_range,
    value_marks,
    widened,
)
from tui.rendering.canvas import BEST, CHANGE
from tui.rendering.curves import Colors, Curves, Scale, draw_curves
from tui.rendering.dots import Area
from tui.rendering.series import DASHES, Series
from tui.rendering.tones import HUES

AXIS, TRAIN, VALIDATION = Style(dim=True), Style(color="blue"), Style(color="yellow")
COLORS = Colors(AXIS, [TRAIN, VALIDATION])
LINEAR = Scale()
BRAILLE = range(0x2801, 0x2900)


def series(values: list[float], tone: int = 0) -> Series:
    return Series("loss", np.arange(1.0, len(values) + 1), np.array(values), tone)


def draw(*curves: Series, width: int = 40, height: int = 8, scale: Scale = LINEAR) -> Curves:
    return draw_curves(curves, width, height, scale, COLORS, axis=True)


def texts(curves: Curves) -> list[str]:
    return ["".join(segment.text for segment in line) for line in curves.lines]


def drawn_cells(curves: Curves) -> list[tuple[int, int]]:
    return [
        (column, row)
        for row, text in enumerate(texts(curves))
        for column, character in enumerate(text)
        if ord(character) in BRAILLE
    ]


@pytest.mark.parametrize("width", [12, 40, 133])
@pytest.mark.parametrize("height", [3, 8, 30])
@pytest.mark.parametrize("count", [1, 2, 50, 3000])
def test_every_line_is_as_wide_as_asked(width: int, height: int, count: int) -> None:
    curves = draw(series([100 + 300 / (i + 1) for i in range(count)]), width=width, height=height)
    assert [len(text) for text in texts(curves)] == [width] * height


def test_a_falling_curve_runs_from_the_upper_left_to_the_lower_right() -> None:
    cells = drawn_cells(draw(series([float(value) for value in range(20, 0, -1)])))
    assert min(cells) == (AXIS_WIDTH, 0)
    assert max(cells) == (39, 6)


def test_each_curve_has_the_colour_of_its_tone() -> None:
    curves = draw(series([1.0, 1.0]), series([5.0, 5.0], tone=1))
    styles = {
        segment.style
        for line in curves.lines
        for segment in line
        if any(ord(character) in BRAILLE for character in segment.text)
    }
    assert styles == {TRAIN, VALIDATION}


def test_the_axis_names_the_first_and_the_last_epoch() -> None:
    last_line = texts(draw(series([float(value) for value in range(1, 36)])))[-1]
    assert last_line.split()[0] == "1"
    assert last_line.split()[-1] == "35"


@pytest.mark.parametrize("log", [False, True])
def test_values_that_cannot_be_drawn_do_not_stop_the_chart(log: bool) -> None:
    values = [math.nan, math.inf, -math.inf, 0.0, -5.0, 1e308, -1e308, 1e99, 1e-300, 3.0]
    curves = draw(series(values), scale=Scale(log=log))
    assert drawn_cells(curves)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("value", [4.5, 1e-12, 1e12])
def test_a_curve_that_is_constant_but_for_rounding_is_drawn(value: float, log: bool) -> None:
    values = [value, float(np.nextafter(value, 0)), float(np.nextafter(value, 2 * value)), value]
    assert drawn_cells(draw(series(values), scale=Scale(log=log)))


def test_nothing_is_drawn_without_a_value_or_without_room() -> None:
    assert not draw().lines
    assert not draw(series([])).lines
    assert not draw(series([math.nan])).lines
    assert not draw(series([-1.0]), scale=Scale(log=True)).lines
    assert not draw(series([1.0, 2.0]), width=8).lines
    assert not draw(series([1.0, 2.0]), height=2).lines


def test_recent_shows_only_the_newest_epochs() -> None:
    curves = draw(series([1.0] * 100), scale=Scale(recent=True))
    assert (curves.first, curves.last) == (76, 100)


def test_the_column_of_an_epoch_is_where_its_point_is_drawn() -> None:
    values = [1.0] * 30
    values[16] = 9.0
    curves = draw(series(values), width=70)
    peak = min(drawn_cells(curves), key=lambda cell: cell[1])
    assert curves.column_of(17) == peak[0]


def test_the_epoch_of_a_column_is_found_again() -> None:
    curves = draw(series([1.0] * 20), width=70)
    for epoch in range(1, 21):
        column = curves.column_of(epoch)
        assert column is not None
        assert curves.epoch_at(column) == epoch


def test_there_is_no_epoch_outside_the_curves() -> None:
    curves = draw(series([1.0] * 20))
    assert curves.epoch_at(2) is None
    assert curves.epoch_at(40) is None
    assert curves.column_of(21) is None


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [(136.0, 160.0, {"140", "150", "160"}), (0.001, 0.0031, {"0.001", "0.002", "0.003"})],
)
def test_the_value_axis_has_round_labels(low: float, high: float, labels: set[str]) -> None:
    found = {text[:AXIS_WIDTH].strip(" │┤") for text in texts(draw(series([low, high])))[:-1]}
    assert labels <= found


def test_a_log_axis_is_labelled_with_values_not_with_logarithms() -> None:
    found = {
        text[:AXIS_WIDTH].strip(" │┤")
        for text in texts(draw(series([1.0, 1e4]), scale=Scale(log=True), height=16))
    }
    assert {"1", "10", "100", "1000", "10000"} <= found


@pytest.mark.parametrize("height", [6, 9, 14, 30])
@pytest.mark.parametrize(
    ("low", "high"),
    [
        (100.0, 200.0),
        (149.0, 251.0),
        (98.4, 99.3),
        (168.21, 168.23),
        (0.0431, 0.0437),
        (1234.5, 1236.0),
        (-12.0, 3.0),
        (9.9e5, 1.2e6),
        (1e-7, 3e-7),
        (5.0, 5.0),
    ],
)
def test_three_values_at_least_can_be_read_on_the_axis(
    low: float, high: float, height: int
) -> None:
    lines = texts(draw(series([high, low, high, low]), height=height))[:-1]
    marked = [text[:AXIS_WIDTH].rstrip("┤") for text in lines if "┤" in text[:AXIS_WIDTH]]
    assert len({float(text) for text in marked}) >= 3
    assert sorted(marked, key=float, reverse=True) == marked


@pytest.mark.parametrize("rows", [4, 5, 6, 7, 9, 16])
@pytest.mark.parametrize("log", [False, True], ids=["linear", "log"])
def test_no_label_hides_another(rows: int, log: bool) -> None:
    """Labels of one line would show only the last: equal steps would look unequal."""
    rng = np.random.default_rng(rows)
    for _ in range(25):
        size = 10 ** rng.uniform(-3, 4)
        start = size if log else rng.choice([-1, 1]) * size
        span = size * 10 ** rng.uniform(-2.5, 3 if log else 0.5)
        (low, high), marks = marked_range(*widened(start, start + span, log=log), rows, log=log)
        assert low <= start
        assert high >= start + span
        ends = (np.log10(low), np.log10(high)) if log else (low, high)
        area = Area(0.0, 9.0, ends[0], ends[1], 10, rows, (2, 4), log=log)
        lines = axis_lines(area, [], marks)
        shown = [float(text[:LABEL_WIDTH]) for text in lines if text[:LABEL_WIDTH].strip()]
        assert shown == pytest.approx(marks[::-1], rel=1e-3)
        assert log or rows < 5 or len(shown) >= 3


def test_a_large_panel_has_a_label_every_other_line_or_third() -> None:
    """A loss of 131 to 146 on 16 lines had three."""
    assert len(value_marks(131.2, 146.4, 16, log=False)) >= 6


def test_marks_are_written_with_no_more_digits_than_they_need() -> None:
    assert mark_texts([100.0, 150.0, 200.0]) == ["100", "150", "200"]
    assert mark_texts([0.25, 0.5, 0.75]) == ["0.25", "0.50", "0.75"]
    assert mark_texts([1e6, 1.25e6, 1.5e6]) == ["1.00e6", "1.25e6", "1.50e6"]
    assert mark_texts([1e-7, 2e-7, 3e-7]) == ["1e-7", "2e-7", "3e-7"]


FALLING = [550.0, 300.0, *(200 - epoch for epoch in range(3, 31))]


def test_the_first_epochs_do_not_flatten_the_rest() -> None:
    curves = draw(series(FALLING), height=20)
    late = {row for column, row in drawn_cells(curves) if column > 20}
    assert len(late) >= 6
    assert (curves.above, curves.below) == (550.0, None)


def test_the_whole_range_is_shown_when_it_is_asked_for() -> None:
    curves = draw(series(FALLING), height=20, scale=Scale(whole=True))
    late = {row for column, row in drawn_cells(curves) if column > 20}
    assert len(late) <= 3
    assert (curves.above, curves.below) == (None, None)


def test_a_rise_from_far_below_is_cut_as_well() -> None:
    curves = draw(series([0.1, 9.0, *(24 + epoch / 10 for epoch in range(20))]))
    assert (curves.above, curves.below) == (None, 0.1)


@pytest.mark.parametrize(
    "values",
    [
        [5.0, 4.0, 3.0, 2.0, 1.0] * 4,
        [100.0, 1.0],
        [100.0, 1.0, 1.0, 1.0],
        [1.0] * 20,
        [*[1.0] * 19, 1e6],
        [*[1.0] * 10, 50.0, *[1.0] * 10],
    ],
)
def test_nothing_that_is_not_the_beginning_is_cut(values: list[float]) -> None:
    curves = draw(series(values))
    assert (curves.above, curves.below) == (None, None)


def settled(*, far: float, at: int, count: int = 60) -> list[float]:
    values = [140 + 8 * math.sin(epoch) - 6 * epoch / count for epoch in range(count)]
    values[at] = far
    return values


FAR_SCALES = [
    Scale(),
    Scale(smoothing=0.6),
    Scale(smoothing=0.95),
    Scale(log=True),
    Scale(window=(20, 60)),
    Scale(recent=True, smoothing=0.6),
]


@pytest.mark.parametrize("scale", FAR_SCALES, ids=str)
@pytest.mark.parametrize(("far", "at"), [(1.2e6, 46), (2000.0, 58), (1e13, 50)])
def test_a_value_far_from_all_others_does_not_flatten_them(
    far: float, at: int, scale: Scale
) -> None:
    curves = draw(series(settled(far=far, at=at)), height=20, scale=scale)
    usual = draw(series(settled(far=140.0, at=at)), height=20, scale=scale)
    assert curves.above == far
    rows, usual_rows = ({row for _, row in drawn_cells(drawn)} for drawn in (curves, usual))
    assert len(rows) >= 0.7 * len(usual_rows) > 2
    whole = draw(series(settled(far=far, at=at)), scale=replace(scale, whole=True))
    assert (whole.above, whole.below) == (None, None)


@pytest.mark.parametrize("count", [5, 6, 20, 60, 500, 3_000, 10_000])
@pytest.mark.parametrize("far", [1.2e6, -900.0])
def test_a_far_value_is_found_among_any_number_of_epochs(count: int, far: float) -> None:
    curves = draw(series(settled(far=far, at=count * 3 // 4, count=count)), height=20)
    assert (curves.above, curves.below) == ((far, None) if far > 0 else (None, far))
    assert len({row for _, row in drawn_cells(curves)}) >= 6


@pytest.mark.parametrize(
    "values",
    [
        settled(far=1.2e6, at=59),
        settled(far=200.0, at=40),
        # A lasting rise after a long rest, and a short one.
        [100 + 0.05 * math.sin(epoch) + max(0, epoch - 85) for epoch in range(100)],
        [100 + 0.05 * math.sin(epoch) + 3 * (epoch == 70) for epoch in range(100)],
    ],
    ids=["the newest", "near", "a lasting rise", "a short rise"],
)
def test_the_newest_value_and_near_ones_are_in_sight(values: list[float]) -> None:
    curves = draw(series(values))
    assert (curves.above, curves.below) == (None, None)


def test_a_curve_that_has_just_begun_is_seen_beside_one_that_has_long_ended() -> None:
    young = series([500.0, 480.0], tone=1)
    curves = draw(series([101 + 1 / epoch for epoch in range(1, 60)]), young)
    styles = {segment.style for line in curves.lines for segment in line}
    assert {TRAIN, VALIDATION} <= styles


def test_curves_that_lie_together_take_turns() -> None:
    falling = [200.0 - epoch for epoch in range(30)]
    curves = draw(series(falling), series(falling, tone=1), width=80, height=12)
    widths: dict[Style | None, int] = {}
    for line in curves.lines:
        for segment in line:
            drawn = sum(ord(character) in BRAILLE for character in segment.text)
            widths[segment.style] = widths.get(segment.style, 0) + drawn
    assert 0.6 < widths[TRAIN] / widths[VALIDATION] < 1.7


def test_the_best_epoch_is_marked_on_its_curve() -> None:
    values = [9.0, 7.0, 4.0, 5.0, 6.0]
    one = Series("val", np.arange(1.0, 6.0), np.array(values), 1, best=3.0)
    curves = draw(series(values), one, height=12)
    (row,) = (row for row, text in enumerate(texts(curves)) if BEST in text)
    assert texts(curves)[row].index(BEST) == curves.column_of(3)
    assert VALIDATION in {s.style for s in curves.lines[row] if BEST in s.text}


@pytest.mark.parametrize("count", [60, 10_000])
def test_changes_of_the_schedule_are_marked_on_their_curve(count: int) -> None:
    """Also where the epoch is not among the points that are drawn."""
    epochs = np.arange(1.0, count + 1)
    at = count // 2 + 1
    curves = draw(
        Series("a", epochs, 200.0 + 50 / epochs, 0, changes=(at,)),
        Series("b", epochs, 100.0 + 50 / epochs, 1, changes=(at,)),
        height=14,
    )
    rows = [row for row, text in enumerate(texts(curves)) if CHANGE in text]
    assert [texts(curves)[row].index(CHANGE) for row in rows] == 2 * [curves.column_of(at)]
    styles = [{s.style for s in curves.lines[row] if CHANGE in s.text} for row in rows]
    assert styles == [{TRAIN}, {VALIDATION}]


def test_curves_of_one_colour_are_distinguished_by_their_dashes() -> None:
    flat = [5.0] * 20
    drawn = [
        tuple(cell[0] for cell in drawn_cells(draw(series(flat, tone=dash * HUES), width=80)))
        for dash in range(DASHES)
    ]
    assert len(set(drawn)) == DASHES
    assert len(drawn[0]) == 80 - AXIS_WIDTH
    assert sorted(map(len, drawn), reverse=True) == [len(columns) for columns in drawn]
    assert len(drawn[-1]) >= len(drawn[0]) // 4
    styles = {s.style for line in draw(series(flat, tone=HUES)).lines for s in line}
    assert TRAIN in styles


def test_far_values_outside_the_range_cost_nothing() -> None:
    curves = draw(series([1e90, -1e90, *[float(value) for value in range(20)]]))
    assert curves.above == 1e90
    assert drawn_cells(curves)
