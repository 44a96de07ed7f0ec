"""How far a run is, and how long it may still take."""

from __future__ import annotations

from collections.abc import Sequence

from vae_engine.sessions.progress import SessionLog
from vae_engine.sweeps.trials import Trial

# The speed of a machine that others use as well is best told by the latest epochs.
_EPOCHS_MEASURED = 3


def epochs_done(log: SessionLog) -> float:
    """Finished epochs, and the finished part of the one under way."""
    progress = log.latest_progress
    return log.epoch + (progress.step / progress.steps if progress and progress.steps else 0.0)


def remaining_seconds(log: SessionLog, batch_size: int) -> float | None:
    """Seconds until the last planned epoch; None before the speed is known.

    Training that converges ends sooner.
    """
    recent = log.history[-_EPOCHS_MEASURED:]
    progress = log.latest_progress
    if recent:
        epoch_seconds = sum(epoch.duration for epoch in recent) / len(recent)
    elif progress is not None and progress.images_per_second > 0:
        epoch_seconds = progress.steps * batch_size / progress.images_per_second
    else:
        return None
    return max(0.0, (log.epochs - epochs_done(log)) * epoch_seconds)


def remaining_sweep_seconds(trials: Sequence[Trial], parallel: int) -> float | None:
    """Seconds until a sweep has trained all its trials; None before the first has.

    The others are taken to last as long as those that are finished did on average.
    """
    durations = [trial.figures.duration for trial in trials if trial.figures is not None]
    if not durations:
        return None
    left = sum(
        1.0 - min(1.0, trial.epoch / trial.epochs)
        for trial in trials
        if trial.live or trial.task == "train"
    )
    return left * sum(durations) / len(durations) / parallel
