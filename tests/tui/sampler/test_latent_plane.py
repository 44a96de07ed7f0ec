"""The frame of the map: axes, cross hair, and no wasted space."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from tui.sampler.plane_canvas import LABELS, Canvas, fit_canvas, lower_axis, side_label, value_text

PLAIN, HERE = Style(), Style(bold=True)


def axis_text(canvas: Canvas, x: int) -> str:
    share = (x + 0.5) / canvas.width
    return "".join(segment.text for segment in lower_axis(canvas, x, share, PLAIN, HERE))


@given(width=st.integers(40, 240), height=st.integers(10, 80))
def test_a_canvas_leaves_fewer_rows_empty_than_an_image_has(width: int, height: int) -> None:
    canvas = fit_canvas(width, height)
    left = height - 1 - canvas.height
    assert 0 <= left < canvas.tile[1]
    assert canvas.width <= width - LABELS
    # Where some size of images leaves no row empty, and still gives an overview, one such is taken.
    if (height - 1) % 4 == 0 and height >= 21 and width - LABELS >= 56:
        assert left <= 1


@pytest.mark.parametrize("width", [40, 79, 120])
def test_ticks_stand_at_even_places(width: int) -> None:
    canvas = Canvas((1, 1), width, 20)
    text = axis_text(canvas, 0)[LABELS:]
    places = [
        text.index(label) + len(label) // 2 for label in ("-0.5", "+0.5", "+1.3") if label in text
    ]
    assert places[0] == pytest.approx(0.3 * width, abs=1)
    assert places[1] == pytest.approx(0.7 * width, abs=1)
    assert places[2] == pytest.approx(0.9 * width, abs=2)
    rows = [y for y in range(20) if side_label(canvas, y)]
    assert {lower - upper for upper, lower in pairwise(rows)} == {4}


@given(width=st.integers(8, 40), x=st.integers(0, 39))
def test_ticks_of_a_narrow_plane_never_touch(width: int, x: int) -> None:
    known = {"-1.3", "-0.5", "0", "+0.5", "+1.3", value_text((min(x, width - 1) + 0.5) / width)}
    assert set(axis_text(Canvas((1, 1), width, 10), min(x, width - 1)).split()) <= known


@given(width=st.integers(40, 200), share=st.floats(0.0, 0.999))
def test_the_value_of_the_cursor_stands_whole_below_it(width: int, share: float) -> None:
    canvas = Canvas((1, 1), width, 10)
    x = int(share * width)
    segments = lower_axis(canvas, x, (x + 0.5) / width, PLAIN, HERE)
    text = "".join(segment.text for segment in segments)
    assert cell_len(text) == LABELS + width
    (value,) = [segment.text for segment in segments if segment.style == HERE]
    assert value == value_text((x + 0.5) / width)
    start = len(segments[0].text)
    assert start <= max(LABELS, LABELS + x) <= start + len(value) + 2
    # No tick is cut by it: what is left are whole values.
    known = {"-1.3", "-0.5", "0", "+0.5", "+1.3"}
    assert set((segments[0].text + " " + segments[2].text).split()) <= known


def test_no_mark_of_the_cursor_looks_like_debris() -> None:
    canvas = Canvas((8, 4), 9, 6)
    for x in range(canvas.width):
        assert not set(axis_text(canvas, x)) & set("^>")
    assert value_text(0.5) == "0"
