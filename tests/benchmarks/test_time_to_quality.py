"""Time budgets, and which session reached a metric first."""

import pytest

from benchmarks.time_to_quality import Point, budget_settings, first_reaching

IMAGES = 55_000


@pytest.mark.parametrize("budget", [0.25, 0.5, 1.0, 1.75, 2.5, 3.0])
def test_a_budget_is_kept_whatever_number_of_epochs_it_makes(budget: float) -> None:
    settings = budget_settings(budget, IMAGES)
    assert settings.epochs * settings.limit == pytest.approx(budget * IMAGES, abs=settings.epochs)
    assert settings.limit <= IMAGES


def test_the_quickest_that_is_good_enough_counts() -> None:
    points = [Point(1, 5.0, 160.0), Point(2, 10.0, 151.0), Point(3, 9.0, 150.0)]
    assert first_reaching(points, 152.0) == points[2]
    assert first_reaching(points, 151.0) == points[2]
    assert first_reaching(points, 160.0) == points[0]
    assert first_reaching(points, 149.9) is None
