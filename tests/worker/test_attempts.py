"""Real workers that end before they train, for sessions that ended well before."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import pytest

from tests.faults.faulty_worker import Fault
from tests.faults.storm import start_faulty
from tests.worker.conftest import DEADLINE, Runner, events_until, kill, worker_record
from vae_engine.control.training import resume_session
from vae_engine.errors import WorkerError
from vae_engine.sessions import inbox, layout
from vae_engine.sessions.listing import read_listing
from vae_engine.sessions.session import Session


def state(session: Session) -> tuple[object, ...]:
    fresh = Session(session.folder)
    fresh.poll()
    log = fresh.log
    listing = read_listing(session.folder)
    return (
        fresh.status(),
        listing.status,
        log.stop_reason,
        log.epoch,
        log.epochs,
        log.duration,
        fresh.result(),
    )


@pytest.mark.parametrize("way", ["SIGKILL", "SIGTERM", "SIGUSR1", "stop_now"])
def test_a_completed_session_stays_so_whatever_ends_the_start_up_of_the_next_run(
    runner: Runner, undisturbed: Session, way: str
) -> None:
    session = runner.copy(undisturbed)
    before = state(session)
    resume_session(session, more=2)
    events_until(session, lambda: session.log.run == 2)
    if way == "SIGKILL":
        kill(session)
    elif way == "stop_now":
        inbox.send(session.folder, "stop_now")
    else:
        os.kill(worker_record(session).pid, getattr(signal, way))
    events_until(session, lambda: not session.alive())
    session.poll()
    session.status()
    assert state(session) == before
    attempt = session.log.attempt
    assert attempt is not None
    words = {"SIGKILL": "", "SIGTERM": "SIGTERM", "SIGUSR1": "SIGUSR1", "stop_now": "stop_now"}
    assert (attempt.run, attempt.reason) == (2, words[way])


@pytest.mark.parametrize(
    "fault",
    [
        Fault("open", layout.SUMMARY, error="ENOSPC", stays=True),
        Fault("write", layout.EVENTS, error="ENOSPC", count=1, stays=True),
        Fault("rename", layout.WORKER, error="EIO"),
    ],
    ids=["full", "full-log", "broken"],
)
def test_a_disk_that_fails_in_the_start_up_changes_nothing(
    runner: Runner, undisturbed: Session, fault: Fault
) -> None:
    session = runner.copy(undisturbed)
    before = state(session)
    worker = start_faulty(session, fault)
    if fault.operation == "open":
        # Its summary is no more than a cache: it goes on, and is asked to go.
        events_until(session, lambda: session.log.run == 2)
        inbox.send(session.folder, "stop_now")
    assert worker.wait(timeout=DEADLINE) is not None
    assert state(session) == before


def test_without_memory_for_tensorflow_the_reason_is_reported(
    runner: Runner, undisturbed: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An import that fails, as under `ulimit -v`."""
    (tmp_path / "tensorflow.py").write_text("raise MemoryError('no room for TensorFlow')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    session = runner.copy(undisturbed)
    before = state(session)
    # On a busy machine it is gone before it is seen, which is an error of the start.
    with contextlib.suppress(WorkerError):
        resume_session(session, more=2)
    events_until(session, lambda: not session.alive())
    session.poll()
    assert state(session) == before
    assert session.log.attempt is not None
    assert session.log.attempt.reason == "MemoryError: no room for TensorFlow"


def test_a_run_that_has_begun_counts(runner: Runner, undisturbed: Session) -> None:
    session = runner.copy(undisturbed)
    resume_session(session, more=20)
    events_until(session, lambda: session.log.run == 2 and session.log.latest_progress is not None)
    kill(session)
    assert session.status() == read_listing(session.folder).status == "interrupted"
    assert session.log.attempt is None
