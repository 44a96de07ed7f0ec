from __future__ import annotations

import os
import shutil
import threading

import msgspec
import pytest

from tests.tui.recorder import Recorder, epoch_ended, progress
from tests.waiting import DEADLINE, wait_for
from tui.dashboard.feed import SessionFeed
from tui.dashboard.snapshot import Snapshot
from vae_engine.sessions import atomic, inbox, layout
from vae_engine.sessions import events as ev
from vae_engine.sessions.machine_record import MachineRecord, MachineSample
from vae_engine.sessions.records import Label
from vae_engine.sessions.session import Session


@pytest.fixture
def training(recorder: Recorder) -> Session:
    return recorder.session("run", status="training", epochs=3, of=10)


def feed_of(session: Session) -> SessionFeed:
    return SessionFeed(Session(session.folder))


def test_it_knows_what_the_session_adds_up_to(training: Session) -> None:
    snapshot = feed_of(training).read()
    assert (snapshot.status, snapshot.live) == ("training", True)
    assert (snapshot.history.newest, snapshot.epochs, snapshot.run) == (3, 10, 1)
    assert snapshot.best_epoch == 3
    assert snapshot.device == "CPU"
    assert snapshot.remaining is not None
    assert snapshot.remaining.most == pytest.approx(7 * 5.0, abs=6.0)
    assert snapshot.label.name == "run"


def test_nothing_new_gives_the_same_snapshot(training: Session) -> None:
    feed = feed_of(training)
    assert feed.read() is feed.read()


def test_an_epoch_that_ends_gives_a_new_snapshot(recorder: Recorder, training: Session) -> None:
    feed = feed_of(training)
    before = feed.read()
    recorder.emit(training, epoch_ended(4))
    after = feed.read()
    assert (before.history.newest, after.history.newest) == (3, 4)


def test_progress_leaves_the_history_as_it_is(recorder: Recorder, training: Session) -> None:
    feed = feed_of(training)
    before = feed.read()
    recorder.emit(training, progress(4, 7))
    after = feed.read()
    assert after.progress is not None
    assert after.progress.step == 7
    assert after.history is before.history


def test_progress_alone_waits_and_what_happens_does_not(
    recorder: Recorder, training: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.dashboard.feed.PROGRESS_SECONDS", 3600.0)
    feed = feed_of(training)
    snapshots = feed.snapshots()
    assert next(snapshots).history.newest == 3
    recorder.emit(training, progress(4, 7))
    later = threading.Timer(0.5, lambda: recorder.emit(training, epoch_ended(4)))
    later.start()
    # The first that is told after the steps is the one with the epoch's end.
    assert next(snapshots).history.newest == 4
    later.join()


def test_progress_is_reported_when_its_time_has_come(
    recorder: Recorder, training: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.dashboard.feed.PROGRESS_SECONDS", 0.1)
    snapshots = feed_of(training).snapshots()
    next(snapshots)
    recorder.emit(training, progress(4, 7))
    told = next(snapshots).progress
    assert told is not None
    assert told.step == 7


def test_the_step_under_way_is_known_at_once(recorder: Recorder, training: Session) -> None:
    recorder.emit(training, progress(4, 7), ev.Paused())
    snapshot = feed_of(training).read()
    assert snapshot.status == "paused"
    assert snapshot.progress is not None
    assert snapshot.progress.step == 7


def test_the_last_step_of_an_epoch_that_ended_is_no_progress(
    recorder: Recorder, training: Session
) -> None:
    recorder.emit(training, progress(4, 40), epoch_ended(4))
    assert feed_of(training).read().progress is None


def test_a_command_counts_as_asked_until_the_log_shows_it_carried_out(
    recorder: Recorder, training: Session
) -> None:
    feed = feed_of(training)
    feed.ask("pause")
    assert feed.read().asked == ("pause",)
    inbox.take(training.folder)
    assert feed.read().asked == ("pause",)
    recorder.emit(training, ev.Paused())
    assert feed.read().asked == ()


def test_commands_that_others_asked_are_seen(training: Session) -> None:
    feed = feed_of(training)
    inbox.send(training.folder, "stop")
    assert feed.read().asked == ("stop",)


def test_a_stop_that_was_heard_is_a_status_and_no_longer_asked(
    recorder: Recorder, training: Session
) -> None:
    feed = feed_of(training)
    feed.ask("stop")
    inbox.take(training.folder)
    recorder.emit(training, ev.Stopping(now=False))
    snapshot = feed.read()
    assert (snapshot.status, snapshot.asked) == ("stopping", ())


def test_an_ignored_command_is_no_longer_asked(recorder: Recorder, training: Session) -> None:
    feed = feed_of(training)
    feed.ask("continue")
    inbox.take(training.folder)
    recorder.emit(training, ev.CommandIgnored(command="continue", why="it is not paused"))
    snapshot = feed.read()
    assert snapshot.asked == ()
    assert snapshot.ignored[-1].why == "it is not paused"


def test_the_end_of_the_run_answers_everything(recorder: Recorder, training: Session) -> None:
    feed = feed_of(training)
    feed.ask("pause")
    feed.read()
    inbox.take(training.folder)
    recorder.emit(training, ev.RunEnded(status="failed", reason="out of memory"))
    snapshot = feed.read()
    assert (snapshot.status, snapshot.asked, snapshot.live) == ("failed", (), False)
    assert snapshot.stop_reason == "out of memory"


def test_a_worker_that_vanishes_is_noticed(recorder: Recorder, training: Session) -> None:
    feed = feed_of(training)
    feed.read()
    recorder.kill(training)
    assert feed.read().status == "interrupted"


def test_a_new_name_is_noticed(recorder: Recorder, training: Session) -> None:
    feed = feed_of(training)
    feed.read()
    recorder.store.relabel(training, Label(name="better"))
    assert feed.read().label.name == "better"


def test_the_log_is_read_as_it_grows(training: Session) -> None:
    feed = feed_of(training)
    log = training.folder / layout.LOG
    log.write_text("first\n\n")
    assert feed.read().log == ("first",)
    with log.open("a") as file:
        file.write("second\n")
    assert feed.read().log == ("first", "second")


def test_of_a_huge_log_only_the_end_is_read(training: Session) -> None:
    (training.folder / layout.LOG).write_text("".join(f"line {n}\n" for n in range(50_000)))
    log = feed_of(training).read().log
    assert log[-1] == "line 49999"
    assert len(log) <= 400


def test_a_log_that_is_no_file_is_a_problem_not_a_hang(training: Session) -> None:
    feed = feed_of(training)
    os.mkfifo(training.folder / layout.LOG)
    assert "worker.log is not a regular file" in feed.read().problem


def test_a_deleted_session_keeps_what_is_known_and_says_so(training: Session) -> None:
    feed = feed_of(training)
    feed.read()
    shutil.rmtree(training.folder)
    snapshot = feed.read()
    assert "no longer" in snapshot.problem
    assert not snapshot.live
    assert snapshot.history.newest == 3
    assert feed.read() is snapshot


def test_a_session_that_comes_back_is_read_again(recorder: Recorder, training: Session) -> None:
    feed = feed_of(training)
    feed.read()
    aside = training.folder.rename(training.folder.with_name("aside"))
    assert feed.read().problem
    aside.rename(training.folder)
    assert not feed.read().problem


def test_the_stream_tells_every_change_once_and_ends_when_closed(
    recorder: Recorder, training: Session
) -> None:
    feed = feed_of(training)
    told: list[Snapshot] = []
    thread = threading.Thread(target=lambda: told.extend(feed.snapshots()))

    def reached(epoch: int) -> bool:
        return bool(told) and told[-1].history.newest == epoch

    thread.start()
    try:
        wait_for(lambda: reached(3))
        recorder.emit(training, epoch_ended(4))
        wait_for(lambda: reached(4))
    finally:
        feed.close()
        thread.join(timeout=DEADLINE)
    assert not thread.is_alive()
    assert len(told) == 2


def test_an_attempt_and_the_last_event_of_a_worker_are_reported(
    recorder: Recorder,
) -> None:
    session = recorder.session(status="completed", epochs=3)
    started = msgspec.structs.replace(recorder.run_started(session, 2), tells_begun=True)
    recorder.emit(session, started, ev.RunEnded(status="failed", reason="no memory"))
    snapshot = SessionFeed(Session(session.folder)).read()
    assert (snapshot.status, snapshot.stop_reason) == ("completed", "epochs")
    assert snapshot.attempt.endswith("failed: no memory")
    killed = recorder.session(status="training", epochs=1, of=9)
    recorder.kill(killed)
    (killed.folder / layout.LOG).write_text("Killed\n")
    snapshot = SessionFeed(Session(killed.folder)).read()
    assert snapshot.stop_reason == "the worker exited unexpectedly: Killed"


def test_the_machine_is_known_when_it_is_recorded_anew(training: Session) -> None:
    feed = feed_of(training)
    assert feed.read().machine is None
    sample = MachineSample(
        time=1e9, seconds=10.0, cpu=1.5, others=0.1, rss=1, memory_free=2, disk_free=3
    )
    record = MachineRecord(cores=2.0, memory=4, latest=sample, samples=(sample,))
    atomic.write_record(training.folder / layout.MACHINE, record)
    snapshot = feed.read()
    assert snapshot.machine == record
    assert feed.read() is snapshot
    # A stranger's record is no reason to show nothing.
    (training.folder / layout.MACHINE).write_bytes(b'{"cores": "many"}')
    assert feed.read().machine is None
    assert feed.read().history.newest == 3
