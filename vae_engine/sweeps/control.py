"""Starting and stopping a sweep from outside."""

from __future__ import annotations

import contextlib

from vae_engine.errors import SessionBusyError, SessionError
from vae_engine.launcher import start_detached
from vae_engine.sessions import inbox
from vae_engine.sweeps.store import Sweep
from vae_engine.sweeps.trials import Trial

# Importing Ray, joining a cluster and sending it the code takes a while.
_RAY_SECONDS = 300.0


def start_coordinator(sweep: Sweep, *, ray: str = "") -> int:
    """Start a detached coordinator for the sweep and wait until it holds it.

    Args:
        sweep: one without a coordinator.
        ray: `HOST:PORT` of the head node of the cluster that trains it; empty for this machine.

    Returns:
        Its process id.

    Raises:
        SessionBusyError: another one has the sweep.
        WorkerError: it could not be started, or died at once.
    """
    busy = f"sweep {sweep.id} runs already: `vae sweep show {sweep.id}` shows it"
    if sweep.alive():
        raise SessionBusyError(busy)
    called = f"coordinator of {sweep.id}"
    if not ray:
        return start_detached(sweep.folder, "vae_engine.sweeps", called=called, busy=busy)
    return start_detached(
        sweep.folder,
        "vae_engine.sweeps",
        ["--ray", ray],
        called=called,
        busy=busy,
        seconds=_RAY_SECONDS,
    )


def check_resumable(sweep: Sweep, trials: list[Trial]) -> None:
    """Check that there is something to go on with.

    Raises:
        SessionBusyError: it runs.
        SessionError: every trial is done, or past help.
    """
    if sweep.alive():
        raise SessionBusyError(
            f"sweep {sweep.id} runs already: `vae sweep show {sweep.id}` shows it"
        )
    if not any(trial.live or trial.task for trial in trials):
        raise SessionError(f"sweep {sweep.id} has no trial left to train or evaluate")


def ask_to_stop(sweep: Sweep, trials: list[Trial]) -> None:
    """Ask the coordinator to stop, and where there is none its trials, which stop at once.

    Raises:
        OSError: an inbox cannot be written.
    """
    if sweep.alive():
        inbox.send(sweep.folder, "stop")
        return
    root = sweep.sessions.root
    for trial in trials:
        if trial.live:
            with contextlib.suppress(FileNotFoundError):  # Deleted meanwhile.
                inbox.send(root / trial.session, "stop_now")
