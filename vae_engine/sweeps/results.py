"""Results of a sweep: metrics per setting over the seeds, and the best trial."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import msgspec

from vae_engine.sessions.comparability import MEASURE_SETTINGS
from vae_engine.sweeps.trials import Trial

METRICS = (
    "negative_elbo",
    "reconstruction_loss",
    "kl_loss",
    "active_units",
    "knn_accuracy",
    "linear_accuracy",
    "duration",
)
"""Metrics of the table, in order."""


class Statistic(msgspec.Struct, frozen=True, kw_only=True):
    """A metric over seeds: mean, and sample deviation if there are at least two."""

    mean: float
    deviation: float | None
    count: int


class SettingResult(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table: trials that differ only in their seed.

    Attributes:
        values: of the settings that the sweep varies, without the seed.
        trials: how many there are.
        finished: number of trials with metrics.
        failed: how many of them failed or diverged.
        figures: metrics by name, over the finished trials that have them; None if none has.
    """

    values: dict[str, int | float | str | tuple[int, ...]]
    trials: int
    finished: int
    failed: int
    figures: dict[str, Statistic | None]


def by_setting(trials: Sequence[Trial]) -> list[SettingResult]:
    """Compute the table, with rows in the order of the trials."""
    rows: dict[tuple[tuple[str, object], ...], list[Trial]] = {}
    for trial in trials:
        values = {name: value for name, value in trial.values.items() if name != "seed"}
        rows.setdefault(tuple(values.items()), []).append(trial)
    return [_setting_result(row) for row in rows.values()]


def best_trial(trials: Sequence[Trial]) -> Trial | None:
    """Find the finished trial with the lowest negative ELBO on the validation split.

    The test split is there to tell, not to choose by. None where nothing is finished, or where the
    trials differ in what their losses are measured on.
    """
    if not are_comparable(trials):
        return None
    finished = [trial for trial in trials if trial.figures is not None]
    return min(finished, key=_val_negative_elbo, default=None)


def are_comparable(trials: Sequence[Trial]) -> bool:
    """Return whether the losses of trials are of the same images, size and likelihood."""
    return len(comparable_groups(trials)) <= 1


def comparable_groups(trials: Sequence[Trial]) -> list[list[Trial]]:
    """Group trials whose losses compare, in the order of their first trials.

    Those that are not finished belong to finished ones of the same images, size and likelihood.
    """
    known = {_measure(trial): trial.figures.measured_on for trial in trials if trial.figures}
    groups: dict[tuple[object, str], list[Trial]] = {}
    for trial in trials:
        measure = _measure(trial)
        words = trial.figures.measured_on if trial.figures else known.get(measure, "")
        groups.setdefault((measure, words), []).append(trial)
    return list(groups.values())


def statistic(values: Sequence[float]) -> Statistic | None:
    """Compute mean and sample deviation; None without values."""
    if not values:
        return None
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return Statistic(mean=statistics.fmean(values), deviation=deviation, count=len(values))


def _setting_result(row: Sequence[Trial]) -> SettingResult:
    found = [trial.figures for trial in row if trial.figures is not None]
    return SettingResult(
        values={name: value for name, value in row[0].values.items() if name != "seed"},
        trials=len(row),
        finished=len(found),
        failed=sum(trial.status in ("failed", "diverged") for trial in row),
        figures={
            name: statistic([value for one in found if (value := getattr(one, name)) is not None])
            for name in METRICS
        },
    )


def _measure(trial: Trial) -> tuple[object, ...]:
    """The values, of those that the sweep varies, that say what losses are measured on."""
    return tuple(trial.values.get(name) for name in MEASURE_SETTINGS)


def _val_negative_elbo(trial: Trial) -> float:
    return trial.figures.val_negative_elbo if trial.figures else float("inf")
