"""Commands to a session's worker: pause, continue, stop."""

from __future__ import annotations

import time
from pathlib import Path

from vae_engine.errors import SessionBusyError, SessionError
from vae_engine.sessions import events as ev
from vae_engine.sessions import inbox
from vae_engine.sessions.inbox import CommandName
from vae_engine.sessions.records import LIVE
from vae_engine.sessions.session import Session
from vae_engine.worker.launcher import let_leave

# TensorFlow's import, an epoch's evaluation or an export may come first.
_OBEYED_SECONDS = 30.0
_POLL_SECONDS = 0.1

_OBEYED: dict[CommandName, tuple[type[ev.AnyEvent], ...]] = {
    "pause": (ev.Paused,),
    "continue": (ev.Continued,),
    "stop": (ev.Stopping, ev.RunEnded),
    "stop_now": (ev.RunEnded,),
}
"""The event that confirms a command."""


def ask(session: Session, command: CommandName) -> ev.AnyEvent:
    """Send a command to the session's worker and wait for its confirmation.

    After `stop_now`, the worker has exited, too.

    Args:
        session: the session. command: the command.

    Returns:
        The event that confirms it.

    Raises:
        SessionBusyError: it has no worker, or the worker refuses.
        SessionError: the run has ended otherwise, or the worker does not answer in time, which
        may carry the command out later.
        OSError: the inbox cannot be written.
    """
    session.poll()
    if (status := session.status()) not in LIVE:
        raise SessionBusyError(f"session {session.id} has no worker: it is {status}")
    heard = _wait(session, command, inbox.send(session.folder, command))
    if isinstance(heard, ev.RunEnded):
        let_leave(session)
    return heard


def send(session: Session, command: CommandName) -> None:
    """Send a command to the session's worker without waiting; the log shows the outcome.

    Raises:
        OSError: the inbox cannot be written.
    """
    inbox.send(session.folder, command)


def _wait(session: Session, command: CommandName, sent: Path) -> ev.AnyEvent:
    deadline = time.monotonic() + _OBEYED_SECONDS
    while time.monotonic() < deadline:
        # Checked before the log is read, so that the last events of a dead worker are read, too.
        alive = session.alive()
        for event in session.poll():
            if isinstance(event, _OBEYED[command]):
                return event
            if isinstance(event, ev.CommandIgnored) and event.command == command:
                raise SessionBusyError(f"session {session.id} ignores the command: {event.why}")
        if not alive:
            raise SessionError(
                f"session {session.id} has ended in the meantime: it is {session.status()}"
            )
        time.sleep(_POLL_SECONDS)
    where = "waits in its inbox" if sent.exists() else "was read, and may take effect later"
    raise SessionError(
        f"session {session.id} has not obeyed within {_OBEYED_SECONDS:.0f} s: the command {where}",
        remedy="show",
        subject=session.id,
    )
