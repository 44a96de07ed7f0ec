"""Run real workers, and wait for their events."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from tests.waiting import wait_for
from vae_engine.sessions.events import AnyEvent
from vae_engine.sessions.liveness import is_alive
from vae_engine.sessions.records import LIVE, WorkerRecord
from vae_engine.sessions.session import Session, worker_alive
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import Settings
from vae_engine.worker.launcher import start_worker

# A bound on a hang, not an expectation.
DEADLINE = 300.0


class Runner:
    """Creates sessions and runs their workers; none outlives the test."""

    def __init__(self, root: Path) -> None:
        self.store = SessionStore(root)

    def create(self, settings: Settings, parent: str | None = None) -> Session:
        return self.store.create(settings, command=["test"], parent=parent)

    def copy(self, session: Session) -> Session:
        """A copy of a session of another store, to go on with."""
        folder = self.store.root / session.id
        shutil.copytree(session.folder, folder)
        copy = Session(folder)
        copy.poll()
        return copy

    def start(self, session: Session, epochs: int | None = None) -> int:
        return start_worker(session, epochs=epochs)

    def complete(self, session: Session, epochs: int | None = None) -> Session:
        """Run a worker to its end."""
        run = session.log.run + 1
        self.start(session, epochs)
        events_until(session, lambda: session.log.run == run and session.log.phase == "ended")
        events_until(session, lambda: not session.alive())
        return session

    def kill_all(self) -> None:
        for listing in self.store.listings():
            if listing.status in LIVE and worker_alive(listing.folder):
                kill(Session(listing.folder))


def worker_record(session: Session) -> WorkerRecord:
    from vae_engine.sessions.atomic import read_record

    return read_record(session.folder / "worker.json", WorkerRecord)


def kill(session: Session) -> None:
    """SIGKILL the session's worker, and wait until it is gone."""
    record = worker_record(session)
    os.kill(record.pid, signal.SIGKILL)
    events_until(session, lambda: not is_alive(record, 0.0))


def events_until(session: Session, condition: Callable[[], bool]) -> list[AnyEvent]:
    """Read the session's events until the condition holds; returns them."""
    events: list[AnyEvent] = []

    def reached() -> bool:
        if condition():
            return True
        events.extend(session.poll())
        return False

    wait_for(reached, DEADLINE, lambda: f"{session.log.phase}: {session.log.stop_reason}")
    return events
