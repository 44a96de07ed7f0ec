"""Run a command of the user's when a sweep has ended: `vae_engine.worker.notifier` for sweeps."""

from __future__ import annotations

import sys
from pathlib import Path

from vae_engine.sweeps.record import read_sweep
from vae_engine.sweeps.store import Sweep
from vae_engine.sweeps.trials import read_trials, sweep_status
from vae_engine.worker.notifier import Ending, wait_and_notify


def sweep_ending(folder: Path) -> Ending:
    """Describe how a sweep ended; its coordinator is gone.

    Raises:
        SessionDamagedError: the sweep cannot be read.
    """
    sweep = Sweep(folder, read_sweep(folder))
    trials = read_trials(sweep, figures=False)
    finished = sum(trial.finished for trial in trials)
    failed = sum(trial.status in ("failed", "diverged") for trial in trials)
    reason = f"{finished} of {len(trials)} trials finished"
    if failed:
        reason += f", {failed} failed"
    status = sweep_status(trials, alive=False)
    return Ending(sweep.id, sweep.record.name, status, reason, folder)


if __name__ == "__main__":
    sys.exit(wait_and_notify(sweep_ending))
