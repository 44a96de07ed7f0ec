"""A run that ends before it trains leaves the session unchanged, and is listed as an attempt."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import msgspec
import pytest

from tests.sessions.makers import epoch_ended, prepared, run_started, whole_run
from tests.tui.recorder import Recorder
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import write_record
from vae_engine.sessions.listing import read_listing
from vae_engine.sessions.progress import SessionLog
from vae_engine.sessions.records import EndStatus
from vae_engine.sessions.session import Session
from vae_engine.sessions.summary import Summary, settled


def again(run: int = 2, epochs: int = 9) -> ev.RunStarted:
    """The start of a run of a worker of today."""
    return msgspec.structs.replace(run_started(), run=run, epochs=epochs, tells_begun=True)


def reduced(*events: ev.AnyEvent) -> SessionLog:
    log = SessionLog()
    log.apply(events)
    return log


def standing(log: SessionLog) -> tuple[object, ...]:
    return (log.phase, log.end_status, log.stop_reason, log.epochs, log.min_epochs, log.duration)


COMPLETED = tuple(whole_run(3))
BEFORE = {
    "completed": COMPLETED,
    "stopped": (*COMPLETED[:-1], ev.RunEnded(status="stopped", reason="stop")),
    "interrupted": (*COMPLETED[:-1], ev.RunEnded(status="interrupted", reason="SIGTERM")),
    "killed": (run_started(), prepared(), epoch_ended(1)),
    "failed": (run_started(), prepared(), epoch_ended(1), ev.RunEnded(status="failed", reason="x")),
}
STARTS = {
    "starting": (),
    "prepared": (prepared(),),
    "stopping": (ev.Stopping(now=True),),
    "warned": (ev.Warned(text="w"), ev.CommandIgnored(command="pause", why="w")),
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize("end", [*get_args(EndStatus), None])
def test_a_run_that_never_trained_is_reported_and_changes_nothing_else(
    before: tuple[ev.AnyEvent, ...], start: tuple[ev.AnyEvent, ...], end: EndStatus | None
) -> None:
    as_it_was = standing(reduced(*before))
    last = () if end is None else (ev.RunEnded(status=end, reason="why"),)
    log = reduced(*before, again(), *start, *last)
    log.settle(alive=False)
    assert standing(log) == as_it_was
    assert log.attempt is not None
    assert (log.attempt.run, log.attempt.status) == (2, end)
    assert log.attempt.reason == ("why" if end else "")
    # And so do several, whether they had a last word or not.
    more = reduced(*before, again(), *start, *last, again(3), again(4), *last)
    more.settle(alive=False)
    assert standing(more) == as_it_was
    assert more.attempt is not None
    assert more.attempt.run == 4


@pytest.mark.parametrize(
    "trained",
    [
        (prepared(), ev.Begun()),
        (prepared(), ev.Begun(), epoch_ended(4)),
        (prepared(), ev.Finishing(reason="epochs")),
        (prepared(), epoch_ended(4)),
    ],
)
def test_a_run_that_trained_counts(trained: tuple[ev.AnyEvent, ...]) -> None:
    log = reduced(*COMPLETED, again(), *trained, ev.RunEnded(status="failed", reason="why"))
    assert (log.end_status, log.stop_reason, log.epochs) == ("failed", "why", 9)
    assert log.attempt is None
    killed = reduced(*COMPLETED, again(), *trained)
    killed.settle(alive=False)
    assert (killed.phase, killed.end_status, killed.attempt) == ("training", None, None)


def test_the_first_run_and_all_before_one_trained_tell_how_the_session_stands() -> None:
    first = reduced(again(1), ev.RunEnded(status="failed", reason="one"))
    assert (first.end_status, first.stop_reason, first.attempt) == ("failed", "one", None)
    second = reduced(
        again(1),
        ev.RunEnded(status="failed", reason="one"),
        again(2),
        ev.RunEnded(status="interrupted", reason="SIGUSR1"),
    )
    assert (second.end_status, second.stop_reason) == ("interrupted", "SIGUSR1")
    assert second.attempt is None


def test_while_its_worker_lives_a_run_is_starting_and_no_attempt() -> None:
    log = reduced(*COMPLETED, again())
    assert (log.phase, log.epochs, log.attempt) == ("starting", 9, None)
    # As across hosts, where a worker may seem gone for a moment.
    log.settle(alive=False)
    assert log.phase == "ended"
    log.apply([prepared(), ev.Begun()])
    assert (log.phase, log.epochs, log.attempt) == ("training", 9, None)


def test_runs_of_earlier_versions_count_from_their_preparation_on() -> None:
    """They did not tell when they had begun to train."""
    old = msgspec.structs.replace(again(), tells_begun=False)
    log = reduced(*COMPLETED, old, prepared(), ev.RunEnded(status="failed", reason="why"))
    assert (log.end_status, log.attempt) == ("failed", None)
    log = reduced(*COMPLETED, old, ev.RunEnded(status="failed", reason="why"))
    assert log.end_status == "completed"


@pytest.mark.parametrize("end", ["failed", "interrupted", "stopped", None])
def test_the_list_says_the_same_as_the_session(recorder: Recorder, end: EndStatus | None) -> None:
    session = recorder.session(status="completed", epochs=3)
    recorder.revive(session)
    recorder.emit(session, again())
    assert read_listing(session.folder).status == "starting"
    if end is not None:
        recorder.emit(session, ev.RunEnded(status=end, reason="why"))
        # Its worker is about to go.
        assert read_listing(session.folder).status == "completed"
    recorder.kill(session)
    listing = read_listing(session.folder)
    session = Session(session.folder)
    session.poll()
    assert listing.status == session.status() == "completed"
    assert listing.summary is not None
    assert listing.summary.attempt == session.log.attempt
    assert session.log.attempt is not None
    assert (listing.summary.epochs, listing.summary.stop_reason) == (3, "epochs")


def test_an_interrupted_session_does_not_seem_to_train_while_the_worker_of_an_attempt_goes(
    recorder: Recorder,
) -> None:
    session = recorder.session(status="training", epochs=1, of=5)
    recorder.emit(session, again(), ev.RunEnded(status="failed", reason="why"))
    assert session.alive()
    session.poll()
    assert session.status() == "interrupted"
    assert read_listing(session.folder).status == "interrupted"


def test_a_summary_of_an_earlier_version_is_not_believed_about_attempts(
    recorder: Recorder,
) -> None:
    session = recorder.session(status="completed", epochs=3)
    recorder.emit(session, again(), ev.RunEnded(status="failed", reason="why"))
    size = (session.folder / layout.EVENTS).stat().st_size
    old = Summary(
        phase="ended",
        end_status="failed",
        stop_reason="why",
        epoch=3,
        epochs=9,
        run=2,
        log_bytes=size,
    )
    write_record(session.folder / layout.SUMMARY, old)
    assert read_listing(session.folder).status == "completed"


def test_a_summary_is_settled_as_the_log_is(tmp_path: Path) -> None:
    log = reduced(*COMPLETED, again())
    under_way = log.summary()
    assert (under_way.phase, under_way.epochs) == ("starting", 9)
    log.settle(alive=False)
    assert settled(under_way) == log.summary()
