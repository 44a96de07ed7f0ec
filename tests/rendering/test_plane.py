"""Paths and letters in a plane of two quantities."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from rich.style import Style

from tui.rendering.plane import (
    PlaneCursor,
    PlanePath,
    PlaneStyles,
    cell_of,
    plane_area,
    plane_lines,
)

STYLES = PlaneStyles(Style(), Style(color="red"), [Style(color="blue"), Style(color="green")])
PLAIN = PlaneStyles(Style(), Style(), [Style()], plain=True)
AXIS = 8


def path(letter: str, *points: tuple[float, float], marked: int = -1, tone: int = 0) -> PlanePath:
    x, y = np.array(points, np.float64).T
    return PlanePath(x, y, marked % len(points), letter, tone)


def texts(*paths: PlanePath, width: int = 60, height: int = 20, **options: object) -> list[str]:
    lines = plane_lines(paths, width, height, PLAIN, **options)  # type: ignore[arg-type]
    return ["".join(segment.text for segment in line) for line in lines]


def place(lines: list[str], letter: str) -> tuple[int, int]:
    ((row, column),) = [
        (row, line.index(letter)) for row, line in enumerate(lines) if letter in line
    ]
    return row, column


def test_more_rate_is_to_the_right_and_more_distortion_above() -> None:
    lines = texts(path("A", (1, 100)), path("B", (5, 80)), path("C", (3, 90)))
    assert {len(line) for line in lines} == {60}
    assert len(lines) == 20
    (top, left), (bottom, right), (middle, between) = (place(lines, one) for one in "ABC")
    assert top < middle < bottom
    assert left < between < right
    assert middle == pytest.approx((top + bottom) / 2, abs=1)
    assert between == pytest.approx((left + right) / 2, abs=1)


def test_axes_name_values_at_their_places() -> None:
    lines = texts(path("A", (0, 100)), path("B", (10, 200)), width=80, height=30)
    row, column = place(lines, "A")
    assert "100" in lines[row][:AXIS]
    assert "0" in lines[-1][column - 1 : column + 2]
    row, column = place(lines, "B")
    assert "200" in lines[row][:AXIS]
    assert "10" in lines[-1][column - 1 : column + 2]


def test_lines_of_equal_sum_fall_and_have_their_number() -> None:
    lines = texts(path("A", (0, 100)), path("B", (100, 0)), width=60, height=30)
    # Both have the sum 100, and so have all points between them.
    top, left = place(lines, "A")
    bottom, right = place(lines, "B")
    between = [
        lines[top + step][left + step * (right - left) // (bottom - top)]
        for step in range(bottom - top + 1)
    ]
    assert "." in between
    assert any(" 100" in line[AXIS:] or ".100" in line[AXIS:] for line in lines[:-1])


def test_a_path_is_drawn_over_the_epochs_or_only_its_letter() -> None:
    way = path("A", (0, 100), (5, 90), (10, 95), marked=1)
    whole = [segment for line in plane_lines([way], 60, 20, STYLES) for segment in line]
    letters = plane_lines([way], 60, 20, STYLES, whole=False)
    blue = [one.text for one in whole if one.style and one.style.color == Style(color="blue").color]
    assert len("".join(blue)) > 20
    only = [
        one.text
        for line in letters
        for one in line
        if one.style and one.style.color == Style(color="blue").color
    ]
    assert only == ["A"]


def test_early_epochs_far_away_do_not_press_the_others_into_a_corner() -> None:
    points = [(0.1, 500.0), *((5 + step / 10, 100.0 - step) for step in range(20))]
    lines = texts(path("A", *points, marked=1))
    row, _ = place(lines, "A")
    # Without the first epoch the path fills the height.
    assert row < 4


def test_the_letter_in_question_is_drawn_above_the_others() -> None:
    same = [path(letter, (1, 1)) for letter in "AB"]
    for current in "AB":
        lines = texts(*same, current=current)
        assert sum(current in line for line in lines) == 1


@pytest.mark.parametrize(("width", "height"), [(0, 0), (10, 20), (60, 3), (-5, -5)])
def test_without_room_or_points_there_is_nothing(width: int, height: int) -> None:
    assert texts(path("A", (1, 1)), width=width, height=height) == []
    assert texts() == []


@pytest.mark.parametrize("value", [0.0, 1e-12, -4028.87, 1e9])
def test_equal_and_extreme_values_are_drawn(value: float) -> None:
    lines = texts(path("A", (value, value)), path("B", (value, value)))
    assert any("B" in line for line in lines)


def test_the_cursor_stands_at_its_point_also_outside_of_what_is_drawn() -> None:
    points = [(0.1, 500.0), *((5 + step / 10, 100.0 - step) for step in range(20))]
    way = path("A", *points, marked=1)
    for x, y in points[2:5] + points[:1]:
        cursor = PlaneCursor(x, y)
        lines = texts(way, cursor=cursor)
        area = plane_area([way], 60, 20, whole=True, plain=True, cursor=cursor)
        assert area is not None
        column, row = cell_of(area, x, y)
        assert lines[row][column] == "O"


def test_a_zoom_halves_what_is_drawn_around_the_cursor() -> None:
    ways = [path("A", (0, 100), (8, 20)), path("B", (1, 90), (4, 60))]
    spans = []
    for zoom in range(4):
        cursor = PlaneCursor(4, 60, zoom)
        area = plane_area(ways, 60, 20, whole=True, plain=True, cursor=cursor)
        assert area is not None
        assert area.first < 4 < area.last
        spans.append((area.last - area.first, area.high - area.low))
    for wide, near in pairwise(spans):
        assert near == pytest.approx([half / 2 for half in wide])
    lines = texts(*ways, cursor=PlaneCursor(4, 60, 3))
    # The letter of a session that lies beyond the edge is not drawn at the edge.
    assert not any("A" in line for line in lines)
    assert any("B" in line for line in lines)


def test_a_zoomed_path_of_many_epochs_passes_through_the_cursor() -> None:
    steps = np.linspace(0, 50, 10_000)
    way = PlanePath(steps, 200 - steps, 0, "A", 0)
    lines = texts(*[way], cursor=PlaneCursor(25.0, 175.0, 6))
    assert sum("·" in line for line in lines) > 10


def test_a_point_far_from_all_others_does_not_press_them_into_a_corner() -> None:
    usual = [(7 + 0.05 * step, 130 - 0.2 * step) for step in range(40)]
    far = [*usual[:25], (1.2e6, 136.0), *usual[25:]]
    found, expected = (
        plane_area([path("A", *points)], 60, 20, whole=True, plain=True) for points in (far, usual)
    )
    assert found is not None
    assert expected is not None
    assert found.last - found.first < 2 * (expected.last - expected.first)


@pytest.mark.parametrize("far", [1e4, 1.2e6, 1e12, 1e90])
@pytest.mark.parametrize(("right", "up"), [(1, 0), (0, 1), (1, 1), (-1, 1)])
def test_a_path_leaves_the_plane_towards_a_point_far_away(far: float, right: int, up: int) -> None:
    usual = [(7 + 0.05 * step, 130 - 0.2 * step) for step in range(40)]
    points = [*usual[:25], (usual[25][0] + right * far, 125 + up * far), *usual[25:]]
    drawn, without = (texts(path("A", *some), width=80, height=24) for some in (points, usual))
    count, before = ("".join(lines).count("·") for lines in (drawn, without))
    # As much of the rest as before, and two lines to the edge.
    assert before < count < before + 200
    assert place(drawn, "A")
