from __future__ import annotations

import math

import numpy as np
import pytest
from rich.style import Style

from tui.rendering.curves import AXIS_WIDTH, Colors, Curves, Scale, draw_curves
from tui.rendering.series import Series

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
