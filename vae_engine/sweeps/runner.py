"""How trials are started and watched: what a coordinator asks of where they run."""

from __future__ import annotations

import os
import subprocess
from typing import Protocol

from vae_engine.errors import WorkerError
from vae_engine.modules import module_command
from vae_engine.sessions import inbox
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings
from vae_engine.sweeps.trials import Task
from vae_engine.worker.launcher import start_worker


class Runner(Protocol):
    """Where trials run. What they do there arrives in their session folders."""

    def start(self, session: Session, task: Task) -> None:
        """Begin to train a session, which goes on where it stands, or to evaluate it.

        Raises:
            SessionBusyError: somebody else trains it.
            EngineError: it cannot be begun.
        """

    def running(self, session: Session) -> bool:
        """Whether a task of it is under way, also one that an earlier coordinator began."""

    def stop(self, session: Session) -> None:
        """Ask its task to end: training after a checkpoint, an evaluation with nothing.

        Raises:
            OSError: the session's inbox cannot be written.
        """

    def has_room(self, settings: Settings) -> bool:
        """Whether one more trial of these settings can be begun now."""

    def close(self) -> None:
        """Nothing is left to start or stop."""


class LocalRunner:
    """Trains in detached workers on this machine, and evaluates in child processes."""

    def __init__(self) -> None:
        self._evaluations: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, session: Session, task: Task) -> None:
        """Start the session's worker, or its evaluation; see `Runner`."""
        if task == "train":
            start_worker(session)
            return
        # The libraries of linear algebra would take all processors.
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
                f"no evaluation of {session.id} can be started: {error.strerror}"
            ) from None

    def running(self, session: Session) -> bool:
        """Whether its worker lives or its evaluation is under way."""
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
        """How many run at once is the sweep's own choice here."""
        return True

    def close(self) -> None:
        """Workers stay, whoever started them."""
