"""Follow a run until it ends: on the dashboard, or in lines for pipes and plain terminals."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
import time

from tui.cli import wording
from tui.cli.output import say
from tui.cli.screen import can_show_app, show_app
from vae_engine.errors import SessionError
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.records import LIVE, Status
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.worker.launcher import let_leave

_POLL_SECONDS = 0.2


def follow_to_the_end(session: Session, *, run: int, plain: bool) -> None:
    """Show a run until it ends and report how; Ctrl+C, or quitting the app, detaches.

    Args:
        session: the one to follow.
        run: number of the run to follow, which may not be in the log yet.
        plain: print lines even in a capable terminal.

    Raises:
        SessionError: the run failed or was interrupted.
    """
    if not plain and can_show_app():
        show_app(SessionStore(session.folder.parent), session.id)
        _report_if_ended(session, run)
        return
    try:
        status = _follow_in_lines(session, run)
    except KeyboardInterrupt:
        print_detached(session)
        return
    # Wait for the lock, so that the next command finds the session free.
    let_leave(session)
    _report_run(session, run, status)


def _report_if_ended(session: Session, run: int) -> None:
    if session.folder.exists():  # It may have been deleted in the app.
        session.poll()
        if (status := session.status()) not in LIVE:
            let_leave(session)
            _report_run(session, run, status)


def _follow_in_lines(session: Session, run: int) -> Status:
    """Print a line per event until the run ends; returns its final status."""
    _print_past(session, run)
    silent = False
    while True:
        # Checked before the log is read, so that the last events of a dead worker are read too.
        status = _status(session, run)
        for event in session.poll():
            _tell(session, event)
        if status not in LIVE:
            _check_there(session)
            return _status(session, run)
        since = session.silent_since()
        if since is not None and not silent:
            say(wording.silent(since))
        silent = since is not None
        rest(_POLL_SECONDS)


def _print_past(session: Session, run: int) -> None:
    say(wording.head(session))
    if session.log.run == run and (few := wording.few_steps(session)):
        say(few)
    for epoch in session.log.history:
        say(wording.epoch_line(epoch, session.log))
    if session.log.run == run and (state := wording.state(session)):
        say(state)


def _tell(session: Session, event: ev.AnyEvent) -> None:
    if isinstance(event, ev.EpochEnded):
        say(wording.epoch_line(event, session.log))
    elif (note := wording.note(event, session)) is not None:
        say(note)
        if isinstance(event, ev.Prepared) and (few := wording.few_steps(session)):
            say(few)


def report_outcome(session: Session, status: Status) -> None:
    """Report how a session ended.

    Raises:
        SessionError: not in order; the message says why.
    """
    if status not in ("completed", "stopped"):
        raise SessionError(wording.failure(session, status))
    say(wording.outcome(session, status))
    if (attempted := wording.attempted(session)) is not None:
        say(attempted)


def _report_run(session: Session, run: int, status: Status) -> None:
    """Report how a followed run ended, and the session's state.

    Raises:
        SessionError: it failed, was interrupted, or ended before it trained.
    """
    if session.log.run < run:
        raise SessionError(
            f"session {session.id}: the worker exited before its run began "
            f"({session.crash_message()}); it stays {session.status()}"
        )
    attempt = session.log.attempt
    if attempt is None or attempt.run != run:
        report_outcome(session, status)
        return
    text = f"session {session.id}: {wording.attempted(session)}; it stays {status}"
    if attempt.status != "stopped":
        raise SessionError(f"{text}; see {session.folder / layout.LOG}")
    say(text)


def print_detached(session: Session) -> None:
    """Print how to follow a run again after detaching."""
    for line in wording.detached(session):
        say(line)


def rest(seconds: float) -> None:
    """Wait a moment, unless the reader of the output is gone.

    Only one line is written per epoch; without this check, a terminal that closes without a signal
    would be detected late.

    Raises:
        BrokenPipeError: the terminal, or the reader of the pipe, is gone.
    """
    try:
        output = sys.stdout.fileno()
    except (AttributeError, io.UnsupportedOperation):
        time.sleep(seconds)
        return
    poll = select.poll()
    # No event mask: errors and hang-ups are always reported.
    poll.register(output, 0)
    if poll.poll(seconds * 1000):
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def _check_there(session: Session) -> None:
    """Check that the session still exists.

    Raises:
        SessionError: it was deleted or moved.
    """
    if not session.folder.exists():
        raise SessionError(f"session {session.id} is no longer in {session.folder.parent}")


def _status(session: Session, run: int) -> Status:
    if session.log.run < run:
        return "starting" if session.alive() else "interrupted"
    return session.status()
