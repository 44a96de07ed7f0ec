"""Runners: the coordinator's interface to the place where trials run."""

from __future__ import annotations

import os
import subprocess
from typing import Protocol

from vae_engine.errors import WorkerError
from vae_engine.machine import module_command
from vae_engine.sessions import inbox
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings
from vae_engine.sweeps.trials import Task
from vae_engine.worker.launcher import start_worker


class Runner(Protocol):
    """Runs trials. Their results arrive in their session folders."""

    def start(self, session: Session, task: Task) -> None:
        """Start to train a session from its present state, or to evaluate it.

        Raises:
            SessionBusyError: another worker trains it. EngineError: it cannot be started.
        """

    def running(self, session: Session) -> bool:
        """Whether one of its tasks is running, including one started by an earlier coordinator."""

    def stop(self, session: Session) -> None:
        """Stop its task: training after a checkpoint, an evaluation without a result.

        Raises:
            OSError: the session's inbox cannot be written.
        """

    def has_room(self, settings: Settings) -> bool:
        """Whether one more trial with these settings can start now."""

    def close(self) -> None:
        """Release the runner: nothing is left to start or stop."""


class LocalRunner:
    """Trains in detached workers on this machine, and evaluates in child processes."""

    def __init__(self) -> None:
        self._evaluations: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, session: Session, task: Task) -> None:
        """Start the session's worker, or its evaluation; see `Runner`."""
        if task == "train":
            start_worker(session)
            return
        # Linear algebra libraries would use all processors.
        threads = str(session.settings.threads)
        environment = {
            **os.environ,
            **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads),
        }
        try:
            self._evaluations[session.id] = subprocess.Popen(
                module_command("vae_engine.evaluation", str(session.folder)),
                stdin=subprocess.DEVNULL,
                env=environment,
            )
        except OSError as error:
            raise WorkerError(
                f"cannot start an evaluation of {session.id}: {error.strerror}"
            ) from None

    def running(self, session: Session) -> bool:
        """Whether its worker lives or its evaluation is running."""
        process = self._evaluations.get(session.id)
        if process is not None and process.poll() is None:
            return True
        self._evaluations.pop(session.id, None)
        return session.alive()

    def stop(self, session: Session) -> None:
        """Ask its worker to stop now, or end its evaluation; see `Runner`."""
        if (process := self._evaluations.get(session.id)) is not None:
            process.terminate()
        elif session.alive():
            inbox.send(session.folder, "stop_now")

    def has_room(self, settings: Settings) -> bool:  # noqa: ARG002 - others look at it.
        """Here, only the sweep limits how many run at once."""
        return True

    def close(self) -> None:
        """Do nothing: workers outlive the coordinator."""
