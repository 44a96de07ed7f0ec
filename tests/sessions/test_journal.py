"""The journal: the summary always equals the reduction of the log."""

import os
import threading
from pathlib import Path

import pytest

from tests.sessions.makers import epoch_ended, new_session, progress, run_started, whole_run
from vae_engine.sessions import atomic, layout
from vae_engine.sessions import events as ev
from vae_engine.sessions.event_log import EventReader, EventWriter
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.progress import SessionLog
from vae_engine.sessions.session import Session, read_summary
from vae_engine.sessions.summary import Summary


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return new_session(tmp_path)


def from_log(session: Session) -> Summary:
    log = SessionLog()
    log.apply(EventReader(session.folder / layout.EVENTS).read_all())
    return log.summary((session.folder / layout.EVENTS).stat().st_size)


def test_the_summary_equals_the_reduction_of_the_log_after_every_event(session: Session) -> None:
    journal = Journal(session.folder)
    for event in whole_run(4):
        journal.emit(event)
        if not isinstance(event, ev.Progress):
            written = atomic.read_record(session.folder / layout.SUMMARY, Summary)
            assert written == from_log(session) == read_summary(session.folder)
    journal.close()


def test_a_second_run_continues_with_what_the_first_left(session: Session) -> None:
    for run in (1, 2):
        journal = Journal(session.folder)
        assert journal.log.run == run - 1
        for event in (run_started(run), epoch_ended(run), progress(run + 1)):
            journal.emit(event)
        journal.close()
    journal = Journal(session.folder)
    journal.emit(run_started(3))
    journal.close()
    summary = read_summary(session.folder)
    assert (summary.run, summary.epoch) == (3, 2)
    assert summary == from_log(session)


def test_all_events_but_progress_are_on_the_disk_when_they_are_reported(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    journal = Journal(session.folder)
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    journal.emit(run_started())
    size = (session.folder / layout.EVENTS).stat().st_size
    journal.emit(progress())
    journal.close()
    assert synced == [size]


def test_progress_does_not_rewrite_the_summary(session: Session) -> None:
    journal = Journal(session.folder)
    journal.emit(run_started())
    before = (session.folder / layout.SUMMARY).stat().st_ino
    journal.emit(progress())
    journal.close()
    assert (session.folder / layout.SUMMARY).stat().st_ino == before


def test_the_summary_is_believed_only_as_far_as_the_log_went_then(session: Session) -> None:
    journal = Journal(session.folder)
    for event in whole_run(2):
        journal.emit(event)
    journal.close()
    path = session.folder / layout.SUMMARY
    last_but_one = atomic.read_record(path, Summary)
    writer = EventWriter(session.folder / layout.EVENTS)
    writer.append(progress(3))
    assert read_summary(session.folder) == last_but_one
    writer.append(run_started(2))  # And here the worker was killed.
    writer.close()
    assert read_summary(session.folder).phase == "starting"
    assert read_summary(session.folder) == from_log(session)


@pytest.mark.parametrize(
    "damage", [b"", b"{}", b'{"phase":"won"}', b'{"phase":"ended","epoch":-1}']
)
def test_without_a_readable_summary_the_log_is_added_up(session: Session, damage: bytes) -> None:
    journal = Journal(session.folder)
    for event in whole_run(2):
        journal.emit(event)
    journal.close()
    whole = read_summary(session.folder)
    (session.folder / layout.SUMMARY).write_bytes(damage)
    assert read_summary(session.folder) == whole
    (session.folder / layout.SUMMARY).unlink()
    assert read_summary(session.folder) == whole


def test_a_summary_without_its_log_is_not_believed(session: Session) -> None:
    journal = Journal(session.folder)
    for event in whole_run(2):
        journal.emit(event)
    journal.close()
    (session.folder / layout.EVENTS).unlink()
    assert read_summary(session.folder) == SessionLog().summary()


def test_two_threads_write_one_log(session: Session) -> None:
    journal = Journal(session.folder)

    def tell() -> None:
        for step in range(200):
            journal.emit(progress(step=step))

    threads = [threading.Thread(target=tell) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    events = EventReader(session.folder / layout.EVENTS).read_all()
    assert [event.seq for event in events] == list(range(1, 401))


def test_a_summary_that_cannot_be_written_costs_no_event(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(session.folder)
    journal.emit(run_started())
    (session.folder / layout.SUMMARY).unlink()
    (session.folder / layout.SUMMARY).mkdir()
    journal.emit(epoch_ended(1))
    journal.close()
    assert "summary.json cannot be written: Is a directory" in caplog.text
    assert Journal(session.folder).log.epoch == 1
    assert read_summary(session.folder).epoch == 1


def test_a_folder_that_took_the_name_of_the_session_s_gets_nothing(session: Session) -> None:
    journal = Journal(session.folder)
    aside = session.folder.with_name("aside")
    session.folder.rename(aside)
    session.folder.mkdir()
    journal.emit(run_started())
    journal.close()
    assert list(session.folder.iterdir()) == []
    batches = EventReader(aside / layout.EVENTS).batches(progress=False)
    assert [type(event) for batch in batches for event in batch] == [ev.RunStarted]
