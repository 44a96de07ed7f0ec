"""Texts on sweeps: varied settings, progress of the trials, results."""

from __future__ import annotations

from collections.abc import Sequence

from tui.text import REASONS, attempt_text, duration_text
from vae_engine.sweeps.results import Statistic, are_comparable, best_trial
from vae_engine.sweeps.trials import Trial, values_text

INCOMPARABLE = "no best trial: losses of other images, sizes or likelihoods do not compare"
_SHARES = ("knn_accuracy", "linear_accuracy")
# Names for the states of unfinished trials.
_COUNTED = {
    "live": "training",
    "waiting": "waiting",
    "stopped": "stopped",
    "interrupted": "interrupted",
    "failed": "failed",
    "diverged": "diverged",
    "deleted": "deleted",
    "damaged": "damaged",
}


def counts_text(trials: Sequence[Trial]) -> str:
    """Count the trials by state: `3 of 9 trials finished, 2 training, 4 waiting`."""
    finished = sum(trial.finished for trial in trials)
    text = f"{finished} of {len(trials)} trials finished"
    kinds = ["live" if trial.live else trial.status for trial in trials if not trial.finished]
    counts = [f"{kinds.count(kind)} {word}" for kind, word in _COUNTED.items() if kind in kinds]
    return ", ".join([text, *counts])


def best_line(trials: Sequence[Trial]) -> str | None:
    """Return a line about the best trial, or why there is none; None if nothing is finished."""
    best = best_trial(trials)
    if not are_comparable(trials) and any(trial.figures is not None for trial in trials):
        return INCOMPARABLE
    if best is None or best.figures is None:
        return None
    values = f" ({values_text(best.values)})" if best.values else ""
    return (
        f"best by validation ELBO: trial {best.number}{values}, "
        f"test -ELBO {best.figures.negative_elbo:.2f}, session {best.session}"
    )


def trial_line(trial: Trial) -> str:
    """Describe in one line what a trial is doing, or how it ended."""
    values = f" ({values_text(trial.values)})" if trial.values else ""
    text = f"trial {trial.number}{values} {trial.status}"
    if trial.problem:
        return f"{text}: session {trial.session}: {trial.problem}"
    if trial.figures is not None:
        epochs = "1 epoch" if trial.epoch == 1 else f"{trial.epoch} epochs"
        text += (
            f" after {epochs} in {duration_text(trial.figures.duration)}: "
            f"test -ELBO {trial.figures.negative_elbo:.2f}"
        )
    elif trial.live:
        text += f" in epoch {epoch_under_way(trial)}" if trial.status != "starting" else ""
    else:
        text += f" after epoch {trial.epoch}/{trial.epochs}" if trial.epoch else ""
        if reason := trial.stop_reason:
            text += f": {REASONS.get(reason, reason)}"
    if trial.attempt is not None:
        text += f"; {attempt_text(trial.attempt)}"
    return f"{text}; session {trial.session}"


def epoch_under_way(trial: Trial) -> str:
    """Format the current epoch of a training trial: `3/50`; while it is finishing, the last one."""
    return f"{min(trial.epoch + 1, trial.epochs)}/{trial.epochs}"


def metric_text(name: str, figure: Statistic | None) -> str:
    """Format a metric over seeds: `104.23±0.45`, a dash if missing."""
    if figure is None:
        return "-"
    if name == "duration":
        return duration_text(figure.mean)
    scale, digits = (100.0, 1) if name in _SHARES else (1.0, 1 if name == "active_units" else 2)
    text = f"{figure.mean * scale:.{digits}f}"
    if name == "active_units" and figure.mean == round(figure.mean) and not figure.deviation:
        return f"{figure.mean:.0f}"
    return text if figure.deviation is None else f"{text}±{figure.deviation * scale:.{digits}f}"
