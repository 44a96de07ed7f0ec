from __future__ import annotations

import math

import numpy as np
import pytest

from tui.rendering.series import (
    Doubles,
    Series,
    decimated,
    drawable,
    log_ticks,
    number_text,
    recent_start,
    smoothed,
    ticks,
)


def series(values: list[float]) -> Series:
    return Series("loss", np.arange(1.0, len(values) + 1), np.array(values))


def test_smoothing_a_constant_changes_nothing() -> None:
    assert smoothed(np.full(20, 7.0), 0.9) == pytest.approx(np.full(20, 7.0))


def test_smoothing_weighs_the_past_as_asked() -> None:
    # Two values: (0.5 * 0.5 * 4 + 0.5 * 8) / (1 - 0.5 ** 2).
    assert smoothed(np.array([4.0, 8.0]), 0.5) == pytest.approx([4.0, 20 / 3])


def test_smoothing_passes_over_values_that_are_not_finite() -> None:
    averages = smoothed(np.array([4.0, math.nan, math.inf, 8.0]), 0.5)
    assert averages[[0, 3]] == pytest.approx([4.0, 20 / 3])
    assert math.isnan(averages[1])
    assert math.isinf(averages[2])


def test_no_smoothing_returns_the_values_themselves() -> None:
    values = np.array([1.0, 5.0])
    assert smoothed(values, 0.0) is values


def test_only_finite_values_are_drawn() -> None:
    drawn = drawable(
        series([1.0, math.nan, math.inf, -math.inf, 2.0]), log=False, smoothing=0.0, start=None
    )
    assert drawn.epochs.tolist() == [1.0, 5.0]
    assert drawn.values.tolist() == [1.0, 2.0]


def test_a_log_scale_leaves_out_what_has_no_logarithm() -> None:
    drawn = drawable(series([0.0, -1.0, 3.0]), log=True, smoothing=0.0, start=None)
    assert drawn.values.tolist() == [3.0]


def test_the_recent_epochs_are_the_newest_quarter_but_at_least_ten() -> None:
    assert recent_start(100) == 76
    assert recent_start(12) == 3
    drawn = drawable(series([1.0] * 100), log=False, smoothing=0.0, start=recent_start(100))
    assert drawn.epochs[0] == 76


def test_smoothing_counts_the_epochs_before_the_recent_ones() -> None:
    values = [100.0] * 50 + [0.0] * 10
    drawn = drawable(series(values), log=False, smoothing=0.9, start=51)
    assert drawn.values[0] == pytest.approx(90, abs=1)


def test_decimation_keeps_the_extremes_of_every_column() -> None:
    values = np.sin(np.arange(10_000) / 7.0)
    values[4321] = 9.0
    values[8765] = -9.0
    few = decimated(series(values.tolist()), 50)
    assert len(few.epochs) <= 100
    assert few.values.max() == 9.0
    assert few.values.min() == -9.0
    assert np.all(np.diff(few.epochs) > 0)


def test_few_points_are_not_decimated() -> None:
    whole = series([3.0, 2.0, 1.0])
    assert decimated(whole, 2) is whole


@pytest.mark.parametrize(
    ("low", "high", "most", "wanted"),
    [
        (0.0, 10.0, 5, [0, 2, 4, 6, 8, 10]),
        (136.2, 151.9, 3, [140, 145, 150]),
        (150.0, 250.0, 2, [150, 200, 250]),
        (8.151, 8.157, 3, [8.152, 8.154, 8.156]),
        (0.004, 0.021, 4, [0.005, 0.01, 0.015, 0.02]),
        (5.0, 5.0, 3, [5.0]),
    ],
)
def test_ticks_are_round(low: float, high: float, most: int, wanted: list[float]) -> None:
    assert ticks(low, high, most) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("low", "high", "most", "wanted"),
    [
        (1.0, 1000.0, 4, [1, 10, 100, 1000]),
        (90.0, 3000.0, 9, [100, 200, 500, 1000, 2000]),
        (100.0, 500.0, 4, [100, 200, 300, 400, 500]),
        (1e-12, 1e12, 3, [1e-12, 1e-3, 1e6]),
    ],
)
def test_log_ticks_are_round(low: float, high: float, most: int, wanted: list[float]) -> None:
    assert log_ticks(low, high, most) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (142.345, "142.3"),
        (9.99949, "9.999"),
        (9.9999, "10.00"),
        (0.0123, "0.012"),
        (12345.6, "12346"),
        (1234567.0, "1.2e6"),
        (-3.4e-7, "-3.4e-7"),
        (0.0, "0.000"),
        (math.nan, "nan"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number_text(value) == text


def test_a_value_is_read_only_at_an_epoch_that_has_one() -> None:
    one = Series("loss", np.array([2.0, 4.0]), np.array([20.0, 40.0]))
    assert one.value_at(4) == 40.0
    assert one.value_at(3) is None
    assert one.value_at(9) is None


def test_an_empty_series_can_be_prepared() -> None:
    empty: Doubles = np.zeros(0)
    drawn = drawable(Series("loss", empty, empty), log=True, smoothing=0.9, start=3)
    assert len(decimated(drawn, 10).epochs) == 0
