from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.rendering.dots import BRAILLE_DOTS, Area, Dots, band, cell_bits, curve
from tui.rendering.series import Doubles

# Unicode counts the dots of a cell from 1 so; what follows U+2800 has bit n - 1 set for dot n.
NUMBERS = ((1, 4), (2, 5), (3, 6), (7, 8))
points = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12)


def area(columns: int, rows: int, dots: tuple[int, int] = BRAILLE_DOTS) -> Area:
    return Area(0.0, 1.0, 0.0, 1.0, columns, rows, dots)


def pairs(dots: Dots) -> list[tuple[int, int]]:
    return list(zip(dots.column.tolist(), dots.row.tolist(), strict=True))


def expected(dot: tuple[int, int], one: Area) -> Doubles:
    """Where a dot stands, between 0 and 1."""
    return np.array(dot) / (one.across - 1, one.down - 1)


@given(points, st.integers(1, 9), st.integers(1, 5), st.data())
def test_a_curve_is_an_unbroken_line_through_its_points(
    heights: list[float], columns: int, rows: int, data: st.DataObject
) -> None:
    one = area(columns, rows)
    x = np.array(sorted(data.draw(st.lists(st.floats(0, 1), min_size=len(heights), max_size=12))))
    x = np.resize(x, len(heights))
    drawn = pairs(curve(x, np.array(heights), one))
    for before, after in pairwise(drawn):
        assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= 1
    half = 0.5 / np.array([one.across - 1, one.down - 1])
    for point in zip(x.tolist(), heights, strict=True):
        near = (np.abs(expected(dot, one) - point) <= half + 1e-6 for dot in drawn)
        assert any(found.all() for found in near)


def test_a_straight_line_takes_the_dots_beside_it() -> None:
    x = np.array([0.0, 1.0])
    one = area(8, 4)
    drawn = np.array(pairs(curve(x, x, one)))
    assert drawn[:, 0].tolist() == list(range(16))
    assert np.abs(drawn[:, 1] - drawn[:, 0]).max() == 0


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 11)), min_size=1))
def test_braille_has_every_dot_and_no_other(wanted: set[tuple[int, int]]) -> None:
    column, row = (np.array(axis) for axis in zip(*wanted, strict=True))
    bits = cell_bits(Dots(column, row), area(3, 3))
    found = {
        (2 * x + across, 4 * y + 3 - down)
        for x, y in zip(*(axis.tolist() for axis in np.nonzero(bits)), strict=True)
        for down, numbers in enumerate(NUMBERS)
        for across, number in enumerate(numbers)
        if bits[x, y] >> (number - 1) & 1
    }
    assert found == wanted


@pytest.mark.parametrize("dots", [BRAILLE_DOTS, (1, 1)])
def test_a_band_fills_what_is_between_its_edges_and_nothing_else(dots: tuple[int, int]) -> None:
    x = np.array([0.25, 0.75])
    one = area(20, 10, dots)
    drawn = pairs(band(x, np.array([0.2, 0.4]), np.array([0.6, 0.8]), one))
    share = 1 if dots == (1, 1) else 8
    assert len(drawn) == pytest.approx(one.across / 2 * one.down * 0.4 / share, rel=0.1)
    for dot in drawn:
        at, height = expected(dot, one)
        assert 0.25 <= at <= 0.75
        assert 0.4 * (at - 0.25) + 0.2 - 1e-9 <= height <= 0.4 * (at - 0.25) + 0.6 + 1e-9
