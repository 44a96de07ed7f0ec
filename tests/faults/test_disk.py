"""A disk that fills up, is write-protected or removed: one clear line, nothing lost."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.faults.disks import disk
from tests.faults.faulty_worker import Fault
from tests.faults.storm import check_checkpoints, check_same_end, start_faulty
from tests.faults.views import head, vae
from tests.sessions.makers import new_session, run_ended
from tests.waiting import wait_for
from tests.worker.conftest import Runner, events_until
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.session import Session, read_summary
from vae_engine.settings import Settings
from vae_engine.worker.launcher import EXIT_NO_ROOM


@pytest.mark.usefixtures("forked")
def test_a_full_disk_fails_the_training_and_room_lets_it_continue(
    tmp_path: Path, longer: Settings, longer_undisturbed: Session
) -> None:
    with disk(tmp_path / "disk") as full:
        runner = Runner(full.path / "sessions")
        session = runner.create(longer)
        runner.start(session)
        events_until(session, lambda: session.log.epoch >= 1)
        full.fill()
        events_until(session, lambda: session.log.phase == "ended")
        events_until(session, lambda: not session.alive())
        assert session.status() == "failed"
        told = "the disk is full: free some space, then resume"
        assert session.log.stop_reason.startswith(told)
        assert told in vae(session, "attach").error(1)
        shown = vae(session, "show")
        assert shown.code == 0
        assert "failed (the disk is full" in shown.out
        check_checkpoints(session)
        assert told in head(session)
        # The worker's last word took no more than the room that it had kept for it.
        full.fill()
        assert "the disk is full, free some space first" in vae(
            session, "resume", "--detach"
        ).error(1)
        full.make_room()
        full.protect()
        assert "Read-only file system" in vae(session, "resume", "--detach").error(1)
        full.protect(read_only=False)
        check_checkpoints(session)
        runner.complete(session)
        check_same_end(session, longer_undisturbed)


@contextlib.contextmanager
def immutable(folder: Path) -> Iterator[None]:
    """Nobody, root included, may change what lies in the folder."""
    if shutil.which("chattr") is None:
        pytest.skip("there is no chattr")
    done = subprocess.run(["chattr", "+i", folder], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be made immutable here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", folder], check=True)


def test_the_last_event_has_room_on_a_disk_that_is_full(tmp_path: Path) -> None:
    with disk(tmp_path / "disk", 1) as full:
        session = new_session(full.path)
        journal = Journal(session.folder)
        full.fill()
        with pytest.raises(OSError, match="No space left"):
            journal.emit(ev.CommandIgnored(command="pause", why="?" * 8192))
        journal.end(run_ended("failed"))
        assert read_summary(session.folder).end_status == "failed"
        assert [path.name for path in session.folder.rglob(".tmp-*")] == []


SITES = {
    "event": Fault("write", layout.EVENTS, 4, "ENOSPC"),
    "event-reaches-no-disk": Fault("fsync", layout.EVENTS, 4, "EIO"),
    "summary": Fault("rename", layout.SUMMARY, 3, "EDQUOT"),
    "preview": Fault("open", "previews/epoch-*.npz", 1, "EDQUOT", stays=True),
    "checkpoint": Fault("open", "checkpoints/*.npz", 2, "ENOSPC"),
    "checkpoint-reaches-no-disk": Fault("fsync", "checkpoints/*.npz", 2, "EIO"),
    "checkpoint-index": Fault("rename", "checkpoints/index.json", 2, "EDQUOT"),
    "export": Fault("open", "exports/decoder-*", 1, "ENOSPC"),
    "export-index": Fault("rename", "exports/index.json", 1, "EACCES"),
    "embeddings": Fault("open", layout.EMBEDDINGS, 1, "EROFS", stays=True),
    "model": Fault("rename", layout.KERAS_MODEL, 1, "EDQUOT"),
    "result": Fault("open", layout.RESULT, 1, "ENOSPC", stays=True),
}


def meet(session: Session, fault: Fault) -> None:
    """Run a worker into a fault; a disk error ends it in order, with a reason if there is room."""
    process = start_faulty(session, fault)
    code = process.wait(timeout=600)
    session.poll()
    log = (session.folder / layout.LOG).read_text()
    if fault.stays:
        # Not even the last word found room, or only its log tells.
        assert code in (1, EXIT_NO_ROOM), log
    else:
        assert code == (0 if fault.file == layout.SUMMARY else 1), log
    if fault.file == layout.SUMMARY:
        assert session.status() == "completed"
    elif session.log.phase == "ended":
        assert session.status() == "failed"
        assert session.log.stop_reason.endswith(")")
        assert ", then resume (" in session.log.stop_reason
    else:
        assert session.status() == "interrupted"
        assert fault.stays
        assert "cannot be used" in log
    check_checkpoints(session)


@pytest.mark.slow
@pytest.mark.parametrize("site", SITES)
def test_a_disk_that_fails_in_the_middle_of_a_write(
    runner: Runner, small: Settings, undisturbed: Session, site: str
) -> None:
    session = runner.create(small)
    meet(session, SITES[site])
    if session.status() != "completed":
        runner.complete(session)
    check_same_end(session, undisturbed)


@pytest.mark.slow
def test_a_folder_that_may_no_longer_be_written(
    runner: Runner, longer: Settings, longer_undisturbed: Session
) -> None:
    session = runner.create(longer)
    runner.start(session)
    events_until(session, lambda: session.log.epoch >= 1)
    with immutable(session.folder / layout.CHECKPOINTS):
        events_until(session, lambda: session.log.phase == "ended")
        assert session.status() == "failed"
        assert "the session's folder may not be written" in session.log.stop_reason
        events_until(session, lambda: not session.alive())
    check_checkpoints(session)
    runner.complete(session)
    check_same_end(session, longer_undisturbed)


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_a_folder_that_is_taken_away_takes_its_worker_along(
    runner: Runner, small: Settings, replaced: bool
) -> None:
    session = runner.create(small)
    process = psutil.Process(runner.start(session))
    wait_for(lambda: (session.folder / layout.HEARTBEAT).exists())
    aside = session.folder.with_name("aside")
    session.folder.rename(aside)
    if replaced:
        session.folder.mkdir()
    wait_for(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
    assert not replaced or not list(session.folder.iterdir())
    assert "the session's folder was deleted" in (aside / layout.LOG).read_text()
