"""Following a run until it ends: one source of events for every view of them."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType

from tui.cli import wording
from tui.cli.text import say
from tui.cli.views import View, choose_view
from vae_engine.errors import SessionError
from vae_engine.sessions import events as ev
from vae_engine.sessions.records import LIVE, Status
from vae_engine.sessions.session import Session

_POLL_SECONDS = 0.2


def follow_to_the_end(session: Session, *, run: int, plain: bool) -> None:
    """Show a run until it ends, and say how; Ctrl+C leaves it training.

    Args:
        session: the one to follow.
        run: number of the run to follow, which may not have reached the log yet.
        plain: lines, whatever the terminal can do.

    Raises:
        SessionError: the run did not end in order.
    """
    try:
        with _terminated_cleanly():
            status = follow(session, choose_view(plain=plain), run=run)
    except KeyboardInterrupt:
        tell_detached(session)
        return
    tell_outcome(session, status)


def follow(session: Session, view: View, *, run: int) -> Status:
    """Show a run in a view until the run ends; returns the status it ended with.

    Args:
        session: read up to where its past ends; what comes after is told as it happens.
        view: what shows it.
        run: as in `follow_to_the_end`.
    """
    with view:
        _tell_past(session, view, run)
        while True:
            # Asked before the log is read, so that a dead worker's last words are read as well.
            status = _status(session, run)
            for event in session.poll():
                _tell(session, view, event)
            if status not in LIVE:
                return _status(session, run)
            view.refresh(session, status)
            time.sleep(_POLL_SECONDS)


def _tell_past(session: Session, view: View, run: int) -> None:
    view.say(wording.head(session), "head")
    for epoch in session.log.history:
        view.say(wording.epoch_line(epoch, session.log), "epoch")
    if session.log.run == run and (state := wording.state(session)):
        view.say(state, "state")


def _tell(session: Session, view: View, event: ev.AnyEvent) -> None:
    if isinstance(event, ev.EpochEnded):
        view.say(wording.epoch_line(event, session.log), "epoch")
    elif (note := wording.note(event, session)) is not None:
        lasting = isinstance(event, (ev.RunStarted, ev.Paused, ev.Finishing))
        view.say(note, "state" if lasting else "note")


def tell_outcome(session: Session, status: Status) -> None:
    """Say how a session ended.

    Raises:
        SessionError: not in order; the message says why.
    """
    if status not in ("completed", "stopped"):
        raise SessionError(wording.failure(session, status))
    say(wording.outcome(session, status))


def tell_detached(session: Session) -> None:
    """Tell someone who leaves a training that goes on how to come back to it."""
    for line in wording.detached(session):
        say(line)


def _status(session: Session, run: int) -> Status:
    if session.log.run < run:
        return "starting" if session.alive() else "interrupted"
    return session.status()


@contextlib.contextmanager
def _terminated_cleanly() -> Iterator[None]:
    """Let SIGTERM unwind the view, which may have hidden the cursor."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
