"""Commands for a session that is training: attach, stop, pause, continue."""

from __future__ import annotations

import time

import click

from tui.cli import wording
from tui.cli.follow import follow_to_the_end, tell_outcome
from tui.cli.options import command_for, id_argument, plain_option, store_option
from tui.cli.output import say
from vae_engine.errors import SessionBusyError, SessionError
from vae_engine.sessions import events as ev
from vae_engine.sessions import inbox
from vae_engine.sessions.inbox import CommandName
from vae_engine.sessions.records import LIVE
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

# TensorFlow's import, an epoch's evaluation or an export may come first.
_OBEYED_SECONDS = 30.0
_POLL_SECONDS = 0.1


@click.command()
@id_argument
@plain_option
@store_option
def attach(reference: str, store: SessionStore, plain: bool) -> None:
    """Follow a session that is training.

    On the dashboard, or in lines off a terminal: the epochs so far, then what comes. Of a session
    that has ended it says how.
    """
    session = store.find(reference)
    session.poll()
    status = session.status()
    if status in LIVE:
        follow_to_the_end(session, run=session.log.run, plain=plain)
    else:
        tell_outcome(session, status)


@click.command()
@id_argument
@click.option("--now", is_flag=True, help="stop at once, with a checkpoint, and wait until it has")
@store_option
def stop(reference: str, store: SessionStore, now: bool) -> None:
    """End a training and keep what it has learnt.

    It stops at the end of the epoch, evaluates and exports; with --now it writes a checkpoint and
    stops. Either way `vae resume` goes on later.
    """
    session = _live_session(store, reference)
    if now:
        _ask(session, "stop_now", ev.RunEnded)
        tell_outcome(session, session.status())
        return
    heard = _ask(session, "stop", ev.Stopping, ev.RunEnded)
    if isinstance(heard, ev.Stopping):
        say(f"session {session.id}: {wording.stopping(heard, session.log)}")
    else:
        tell_outcome(session, session.status())


@click.command()
@id_argument
@store_option
def pause(reference: str, store: SessionStore) -> None:
    """Let a training rest until it is told to continue."""
    session = _live_session(store, reference)
    _ask(session, "pause", ev.Paused)
    again = command_for("continue", session.id)
    say(f"session {session.id} is paused in epoch {session.log.epoch + 1}: `{again}` goes on")


@click.command(name="continue")
@id_argument
@store_option
def continue_(reference: str, store: SessionStore) -> None:
    """Let a paused training go on."""
    session = _live_session(store, reference)
    _ask(session, "continue", ev.Continued)
    say(f"session {session.id} goes on with epoch {session.log.epoch + 1}")


COMMANDS = {"attach": attach, "stop": stop, "pause": pause, "continue": continue_}


def _live_session(store: SessionStore, reference: str) -> Session:
    session = store.find(reference)
    session.poll()
    status = session.status()
    if status not in LIVE:
        raise SessionBusyError(f"session {session.id} has no worker: it is {status}")
    return session


def _ask(session: Session, command: CommandName, *obeyed: type[ev.AnyEvent]) -> ev.AnyEvent:
    """Send a command and wait for the event that says it is obeyed.

    Raises:
        SessionBusyError: the worker refuses.
        SessionError: the run has ended otherwise, or the worker does not answer in time.
    """
    inbox.send(session.folder, command)
    deadline = time.monotonic() + _OBEYED_SECONDS
    while time.monotonic() < deadline:
        # Asked before the log is read, so that a dead worker's last words are read as well.
        alive = session.alive()
        for event in session.poll():
            if isinstance(event, obeyed):
                return event
            if isinstance(event, ev.CommandIgnored) and event.command == command:
                raise SessionBusyError(f"session {session.id} ignores the command: {event.why}")
        if not alive:
            raise SessionError(
                f"session {session.id} has ended meanwhile: it is {session.status()}"
            )
        time.sleep(_POLL_SECONDS)
    raise SessionError(
        f"session {session.id} has not obeyed within {_OBEYED_SECONDS:.0f} s: "
        f"the command waits in its inbox, `{command_for('show', session.id)}` tells its state"
    )
