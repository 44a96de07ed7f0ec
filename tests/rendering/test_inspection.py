"""Cursor and zoom of charts, and the text of the values under the cursor."""

from __future__ import annotations

import numpy as np
import pytest

from tui.rendering.chart_head import ChartHead
from tui.rendering.inspection import LEAST_SPAN, Inspection, epochs_of
from tui.rendering.readout import fields, readout
from tui.rendering.series import Series
from tui.text import cells

EPOCHS = list(range(1, 51))


def series(label: str, first: int, values: list[float], tone: int = 0) -> Series:
    return Series(
        label, np.arange(first, first + len(values), dtype=np.float64), np.array(values), tone
    )


def test_the_cursor_moves_over_the_epochs_and_stays_at_their_ends() -> None:
    newest = Inspection()
    assert newest.stepped(EPOCHS, -1).epoch == 49
    assert newest.stepped(EPOCHS, 1).epoch == 50
    assert newest.stepped(EPOCHS, -100).epoch == 1
    assert Inspection(7).stepped([2, 5, 9], 1).epoch == 9  # From between two of them.
    assert newest.stepped([], 1) == newest


def test_zoom_halves_the_epochs_around_the_cursor_and_doubles_them_again() -> None:
    at = Inspection(41)
    assert at.zoomed(EPOCHS, closer=False).window is None
    one = at.zoomed(EPOCHS, closer=True)
    assert one.window == (26, 50)
    two = one.zoomed(EPOCHS, closer=True)
    assert two.window == (35, 47)
    for _ in range(9):
        two = two.zoomed(EPOCHS, closer=True)
    assert two.window == (39, 39 + LEAST_SPAN)
    for _ in range(9):
        two = two.zoomed(EPOCHS, closer=False)
    assert two == at


@pytest.mark.parametrize("count", [0, 1, 2, LEAST_SPAN, LEAST_SPAN + 1])
def test_few_epochs_are_never_enlarged(count: int) -> None:
    assert Inspection().zoomed(EPOCHS[:count], closer=True).window is None


def test_a_zoom_follows_the_cursor_and_ends_with_the_whole() -> None:
    zoomed = Inspection(41).zoomed(EPOCHS, closer=True)
    assert zoomed.stepped(EPOCHS, -20).window == (21, 45)
    assert zoomed.at(1).window == (1, 25)
    assert zoomed.at(30).window == (26, 50)
    assert zoomed.whole() == Inspection(41)


def test_the_epochs_of_all_curves_can_be_read() -> None:
    curves = [series("a", 3, [1.0, 2.0]), series("b", 1, [1.0, 2.0, 3.0]), series("c", 1, [])]
    assert epochs_of(curves) == [1, 2, 3, 4]


def test_each_curve_is_read_with_its_difference_to_the_base() -> None:
    curves = [series("train", 1, [300.0, 97.4123]), series("val", 1, [310.0, 97.9], 1)]
    texts = [field.text.split() for field in fields(curves, 2, base=0, plain=False)]
    assert texts == [["train", "97.412"], ["val", "97.900", "+0.488"]]
    (_, val) = fields(curves, 2, base=0, plain=True)
    assert val.text.split() == ["+", "val", "97.900", "+0.488"]


def test_a_value_far_from_all_others_does_not_take_their_decimals() -> None:
    values = [150.0, 140.25, 139.0, 1_248_023.9, 138.5, 137.75]
    texts = [
        fields([series("val", 1, values)], epoch, base=None, plain=False)[0].text.split()[1]
        for epoch in (2, 4, 6)
    ]
    assert texts == ["140.250", "1.248e+06", "137.750"]


def test_a_field_is_as_wide_at_every_epoch() -> None:
    curves = [
        series("a", 1, [100.0, 9.5, -3.25]),
        series("b", 1, [1e9, 2.0, np.nan], 1),
        series("c", 2, [np.inf, 0.1], 2),
    ]
    for base in (None, 0, 1, 2):
        for at in range(3):
            found = {
                field.text.split()[0]: cells(field.text)
                for field in fields(curves, at + 1, base=base, plain=False)
            }
            first = {
                field.text.split()[0]: cells(field.text)
                for field in fields(curves, 1, base=base, plain=False)
            }
            assert found == first, (base, at)


def test_curves_without_the_epoch_come_last_and_the_base_first() -> None:
    curves = [series("short", 1, [1.0]), series("b", 1, [1.0, 2.0]), series("c", 1, [3.0, 4.0])]
    labels = [field.text.split()[0] for field in fields(curves, 2, base=2, plain=False)]
    assert labels == ["c", "b", "short"]


@pytest.mark.parametrize("width", [20, 40, 79, 200])
@pytest.mark.parametrize("most", [1, 3])
def test_a_readout_keeps_to_its_room_and_counts_what_it_leaves_out(width: int, most: int) -> None:
    curves = [series(f"日本 {at}", 1, [100.0 + at, 90.0], at) for at in range(12)]
    found = fields(curves, 2, base=0, plain=False)
    lines = readout(found, width, most)
    assert 1 <= len(lines) <= most
    text = ["".join(part for part, _ in line) for line in lines]
    assert all(cells(line) <= width for line in text)
    shown = sum(line.count("日本") for line in text)
    if shown < len(curves) and width >= 40:
        assert f"{len(curves) - shown} more" in text[-1]


def test_the_head_of_a_read_chart_keeps_its_height_at_every_epoch() -> None:
    curves = [series("train", 1, [300.0 / at for at in range(1, 200)])]
    for width in range(20, 90):
        heights = {
            len(ChartHead("loss", curves, Inspection(at)).reading(width, 3)) for at in (1, 9, 150)
        }
        assert len(heights) == 1, width
