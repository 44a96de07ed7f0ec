"""Remaining time of a run or sweep."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tui.catalogue import Entry
from tui.text import duration_text
from vae_engine.sessions.events import Progress
from vae_engine.sessions.progress import SessionLog
from vae_engine.sweeps.trials import Trial

FINISH_SECONDS = 2.5
"""Seconds from the last epoch to the end of a run: test split, model files, exports."""
BETWEEN_SECONDS = 1.5
"""Seconds from a worker's last event to the next task of a sweep."""
# A very slow first step, due to compilation, allows no estimate yet.
_LONGEST_SECONDS = 1e9


@dataclass(frozen=True)
class Remaining:
    """Seconds until a run ends.

    Attributes:
        least: with the earliest convergence still possible.
        most: up to the last epoch.
    """

    least: float
    most: float


def remaining(log: SessionLog) -> Remaining | None:
    """Estimate the remaining time of a session's latest run, without pauses.

    Args:
        log: with the progress of the current epoch.

    Returns:
        None if no worker is training it, or its speed is not known yet.
    """
    seconds = log.epoch_seconds or _seconds_of_first(log)
    if seconds is None or log.phase in ("created", "ended"):
        return None
    done = epochs_done(log)
    least, most = max(log.earliest_end, log.epoch), max(log.epochs, log.epoch)
    if log.phase == "stopping":
        least = most = log.epoch + (not log.stopping_now)
    if log.finishing:
        least = most = log.epoch
    return _remaining(least - done, most - done, seconds)


def remaining_of(entry: Entry, now: float) -> Remaining | None:
    """Estimate the same for an entry of the list, which counts whole epochs only.

    Args:
        entry: of the list.
        now: in seconds since 1970.
    """
    if not entry.live or entry.epoch_seconds is None:
        return None
    passed = 0.0 if entry.status == "paused" else max(0.0, now - entry.updated)
    done = entry.epoch + min(1.0, passed / entry.epoch_seconds) if entry.epoch_seconds else 0.0
    if entry.status == "stopping":
        return _remaining(entry.epoch + 1 - done, entry.epoch + 1 - done, entry.epoch_seconds)
    least, most = max(entry.earliest_end, entry.epoch), max(entry.epochs, entry.epoch)
    return _remaining(least - done, most - done, entry.epoch_seconds)


def remaining_text(left: Remaining) -> str:
    """Format the remaining time: `9m40s`, or `4m10s to 9m40s` if it depends on convergence."""
    least, most = duration_text(left.least), duration_text(left.most)
    return most if least == most else f"{least} to {most}"


def remaining_sweep_seconds(trials: Sequence[Trial], parallel: int) -> float | None:
    """Estimate the seconds until a sweep has finished all trials; None before the first has.

    The others are assumed to take as long as the finished ones on average.
    """
    finished = [trial.figures for trial in trials if trial.figures is not None]
    if not finished:
        return None
    training = statistics.fmean(figures.duration for figures in finished) + BETWEEN_SECONDS
    measured = [
        figures.evaluation_duration
        for figures in finished
        if figures.evaluation_duration is not None
    ]
    evaluation = statistics.fmean(measured) if measured else 0.0
    to_train = [trial for trial in trials if trial.live or trial.task == "train"]
    epochs = sum(1.0 - min(1.0, trial.epoch / trial.epochs) for trial in to_train)
    to_evaluate = len(to_train) + sum(trial.task == "evaluate" for trial in trials)
    return (epochs * training + to_evaluate * evaluation) / parallel


def epochs_done(log: SessionLog) -> float:
    """Return the number of finished epochs, including the finished part of the current one."""
    progress = log.latest_progress
    return log.epoch + (progress.step / progress.steps if progress and progress.steps else 0.0)


def _remaining(least: float, most: float, epoch_seconds: float) -> Remaining | None:
    seconds = max(0.0, most) * epoch_seconds + FINISH_SECONDS
    if seconds > _LONGEST_SECONDS:
        return None
    least_seconds = max(0.0, min(least, most)) * epoch_seconds + FINISH_SECONDS
    return Remaining(least_seconds, seconds)


def _seconds_of_first(log: SessionLog) -> float | None:
    """Estimate the first epoch from its steps after compilation."""
    first, latest = log.first_progress, log.latest_progress
    if first is None or latest is None or latest.step <= first.step:
        return None
    return _seconds_a_step(first, latest) * latest.steps


def _seconds_a_step(first: Progress, latest: Progress) -> float:
    return max(0.0, latest.time - first.time) / (latest.step - first.step)
