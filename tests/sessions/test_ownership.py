"""A worker whose session another machine takes over ends, and writes nothing more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.sessions.makers import contents, epoch_ended, new_session, run_started
from tests.waiting import DEADLINE, wait_for
from vae_engine.errors import SessionLostError
from vae_engine.sessions import atomic, layout, liveness
from vae_engine.sessions.events import RunEnded
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.liveness import hold_lock, is_alive, this_process
from vae_engine.sessions.ownership import Ownership
from vae_engine.sessions.records import WorkerRecord
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.worker.launcher import EXIT_BUSY

OTHER = WorkerRecord(host="far\x1b[31m", boot_id="b", pid=7, process_created=1.0, run=2)

WORKER = """
import sys, time
from pathlib import Path
from tests.sessions.makers import progress, run_started
from vae_engine.worker.launcher import leave_terminal
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.liveness import this_process
from vae_engine.training.controls import Controls
from vae_engine.worker.supervisor import Supervisor
folder = Path(sys.argv[1])
journal = Journal(folder)
supervisor = Supervisor(folder, journal, Controls())
leave_terminal(folder / "worker.log")
supervisor.claim(this_process(1))
journal.emit(run_started())
supervisor.training_begins()
supervisor.start([])
while sys.argv[2] == "silent":
    time.sleep(1)
while True:
    journal.emit(progress())
"""


def test_a_record_of_ones_own_is_kept_and_one_of_another_is_noticed(store: SessionStore) -> None:
    session = new_session(store.root)
    ownership = Ownership(session.folder, this_process(1))
    ownership.check()
    path = session.folder / layout.WORKER
    atomic.write_record(path, this_process(1))  # As a copy of the folder brings it back.
    ownership.check()
    path.write_text("{")
    ownership.check()
    path.unlink()
    ownership.check()
    atomic.write_record(path, OTHER)
    for _ in range(2):
        with pytest.raises(SessionLostError, match=r"far\?\[31m \(pid 7\) has taken"):
            ownership.check()


def test_no_event_is_written_into_a_log_that_is_anothers(store: SessionStore) -> None:
    session = new_session(store.root)
    journal = Journal(session.folder)
    journal.check_before_writing(Ownership(session.folder, this_process(1)).check)
    journal.emit(run_started())
    atomic.write_record(session.folder / layout.WORKER, OTHER)
    before = contents(session.folder)
    with pytest.raises(SessionLostError):
        journal.emit(epoch_ended(1))
    assert contents(session.folder) == before
    journal.close()


@pytest.mark.parametrize("kind", ["silent", "writing"])
def test_a_worker_that_is_replaced_ends_with_the_reason(store: SessionStore, kind: str) -> None:
    session = new_session(store.root)
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(session.folder), kind], cwd=Path(__file__).parents[2]
    ) as process:
        try:
            wait_for(lambda: (session.folder / layout.HEARTBEAT).exists())
            atomic.write_record(session.folder / layout.WORKER, OTHER)
            code = process.wait(timeout=DEADLINE)
        finally:
            process.kill()
    log = (session.folder / layout.LOG).read_text()
    assert "has taken" in log
    assert "writes nothing more" in log
    assert code == EXIT_BUSY or (kind == "writing" and "SessionLostError" in log)
    told = Session(session.folder).poll()
    assert not any(isinstance(event, RunEnded) for event in told)
    assert atomic.read_record(session.folder / layout.WORKER, WorkerRecord) == OTHER


def test_a_worker_in_another_container_lives_by_heartbeat_and_lock(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = new_session(store.root)
    elsewhere = msgspec.structs.replace(this_process(1), pid=2**22 + 1, pid_namespace=1)
    lock = session.folder / layout.LOCK
    assert is_alive(elsewhere, 0.0)
    assert not is_alive(elsewhere, liveness.STALE_SECONDS + 1)
    held = hold_lock(session.folder)
    assert is_alive(elsewhere, 0.0, lock)
    held.release()
    assert not is_alive(elsewhere, 0.0, lock)
    hold_lock(session.folder).release()


def test_a_process_that_is_hidden_lives_by_its_heartbeat(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    hidden = msgspec.structs.replace(this_process(1), pid=2**22 + 1)
    assert is_alive(hidden, 0.0)
    assert not is_alive(hidden, liveness.STALE_SECONDS + 1)
