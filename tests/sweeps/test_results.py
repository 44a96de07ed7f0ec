"""The table by setting and the best trial, as pure functions of trials."""

from __future__ import annotations

import math
from typing import Any

import pytest

from vae_engine.settings import SETTINGS, make_settings
from vae_engine.sweeps.results import Statistic, best_trial, by_setting, statistic
from vae_engine.sweeps.trials import Trial, TrialMetrics, TrialStatus, sweep_status


def figures(negative_elbo: float, **changes: Any) -> TrialMetrics:
    values: dict[str, Any] = {
        "negative_elbo": negative_elbo,
        "reconstruction_loss": negative_elbo - 5.0,
        "kl_loss": 5.0,
        "active_units": 2,
        "knn_accuracy": 0.8,
        "linear_accuracy": 0.7,
        "duration": 60.0,
        "evaluation_duration": 4.0,
        "val_negative_elbo": negative_elbo + 1.0,
    }
    return TrialMetrics(**{**values, **changes})


def trial(
    number: int,
    values: dict[str, Any],
    found: TrialMetrics | None = None,
    status: TrialStatus | None = None,
    stop_reason: str = "",
) -> Trial:
    return Trial(
        number=number,
        session=f"s-{number}",
        settings=make_settings(values),
        values=values,
        status=status or ("completed" if found else "waiting"),
        stop_reason=stop_reason,
        figures=found,
        evaluated=found is not None,
    )


def test_mean_and_sample_deviation() -> None:
    assert statistic([1.0, 2.0, 6.0]) == Statistic(mean=3.0, deviation=math.sqrt(7.0), count=3)
    assert statistic([4.0]) == Statistic(mean=4.0, deviation=None, count=1)
    assert statistic([]) is None


def test_trials_that_differ_in_their_seed_alone_share_a_row() -> None:
    trials = [
        trial(1, {"latent_dim": 2, "seed": 0}, figures(140.0)),
        trial(2, {"latent_dim": 8, "seed": 0}, figures(104.0)),
        trial(3, {"latent_dim": 2, "seed": 1}, figures(142.0)),
        trial(4, {"latent_dim": 8, "seed": 1}),
        trial(5, {"latent_dim": 2, "seed": 2}, status="diverged"),
        trial(6, {"latent_dim": 8, "seed": 2}, status="failed"),
    ]
    two, eight = by_setting(trials)
    assert (two.values, two.trials, two.finished, two.failed) == ({"latent_dim": 2}, 3, 2, 1)
    assert two.figures["negative_elbo"] == Statistic(mean=141.0, deviation=math.sqrt(2.0), count=2)
    assert two.figures["kl_loss"] == Statistic(mean=5.0, deviation=0.0, count=2)
    assert (eight.trials, eight.finished, eight.failed) == (3, 1, 1)
    assert eight.figures["negative_elbo"] == Statistic(mean=104.0, deviation=None, count=1)


def test_figures_that_wait_for_an_evaluation_do_not_count() -> None:
    pending = figures(141.0, active_units=None, knn_accuracy=None, linear_accuracy=None)
    (row,) = by_setting([trial(1, {"seed": 0}, figures(139.0)), trial(2, {"seed": 1}, pending)])
    assert row.values == {}
    assert row.figures["negative_elbo"] == Statistic(mean=140.0, deviation=math.sqrt(2.0), count=2)
    assert row.figures["knn_accuracy"] == Statistic(mean=0.8, deviation=None, count=1)
    (none,) = by_setting([trial(1, {})])
    assert set(none.figures.values()) == {None}


def test_the_best_is_chosen_on_the_validation_split() -> None:
    trials = [
        trial(1, {"beta": 1.0}, figures(100.0, val_negative_elbo=103.0)),
        trial(2, {"beta": 2.0}, figures(101.0, val_negative_elbo=102.0)),
        trial(3, {"beta": 4.0}),
    ]
    assert best_trial(trials) is trials[1]
    assert best_trial(trials[2:]) is None


@pytest.mark.parametrize(
    ("name", "values"), [("dataset", ("mnist", "fashion_mnist")), ("binarize", ("none", "dynamic"))]
)
def test_losses_on_other_images_have_no_best(name: str, values: tuple[str, str]) -> None:
    trials = [trial(n, {name: value}, figures(100.0 + n)) for n, value in enumerate(values, 1)]
    assert best_trial(trials) is None


@pytest.mark.parametrize(
    ("statuses", "alive", "status"),
    [
        (["completed", "training", "waiting"], True, "running"),
        (["completed", "completed"], False, "completed"),
        (["completed", "failed", "diverged", "deleted"], False, "completed"),
        (["completed", "waiting"], False, "stopped"),
        (["completed", "stop_now"], False, "stopped"),
        (["completed", "stop"], False, "completed"),
        (["training", "waiting"], False, "interrupted"),
        (["completed", "interrupted"], False, "interrupted"),
    ],
)
def test_what_a_sweep_is(statuses: list[str], alive: bool, status: str) -> None:
    trials = [
        trial(number, {}, status="stopped", stop_reason=one)
        if one.startswith("stop")
        else trial(number, {}, status=one)  # type: ignore[arg-type]
        for number, one in enumerate(statuses, 1)
    ]
    assert sweep_status(trials, alive=alive) == status


@pytest.mark.parametrize("name", ["likelihood", "image_size", "fit", "color", "range"])
def test_losses_of_other_likelihoods_or_images_have_no_best(name: str) -> None:
    values = {"image_size": ("32", "64")}.get(name, SETTINGS[name].choices[-2:])
    trials = [
        trial(number, {name: value}, figures(-100.0 * number))
        for number, value in enumerate(values, 1)
    ]
    assert best_trial(trials) is None


def test_trials_that_came_to_other_likelihoods_have_no_best() -> None:
    grey = figures(140.0, measured_on="bernoulli, 64x64 grey")
    colour = figures(-9000.0, measured_on="gaussian, 64x64 colour")
    one, other = trial(1, {"latent_dim": 2}, grey), trial(2, {"latent_dim": 8}, colour)
    assert best_trial([one, other]) is None
    assert best_trial([one, trial(2, {"latent_dim": 8}, grey)]) is one
