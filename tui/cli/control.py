"""Commands for a session that is training: attach, stop, pause, continue."""

from __future__ import annotations

import click

from tui.cli import wording
from tui.cli.follow import follow_to_the_end, report_outcome
from tui.cli.options import command_for, id_argument, live_id_argument, plain_option, store_option
from tui.cli.output import say
from tui.cli.screen import app_options
from vae_engine.control.commands import ask
from vae_engine.sessions import events as ev
from vae_engine.sessions.records import LIVE
from vae_engine.sessions.store import SessionStore


@click.command()
@id_argument
@plain_option
@app_options
@store_option
def attach(reference: str, store: SessionStore, plain: bool) -> None:
    """Follow a running session.

    Opens the dashboard in a terminal, otherwise logs past and new epochs, one line each. If the
    session has ended, prints how it ended.
    """
    session = store.find(reference)
    session.poll()
    status = session.status()
    if status in LIVE:
        follow_to_the_end(session, run=session.log.run, plain=plain)
    else:
        report_outcome(session, status)


@click.command()
@live_id_argument
@click.option("--now", is_flag=True, help="write a checkpoint, stop now and wait for that")
@store_option
def stop(reference: str, store: SessionStore, now: bool) -> None:
    """Stop a run and keep the trained model.

    Stops at the end of the epoch, evaluates and exports. With --now, writes a checkpoint and stops
    at once. Either way, `vae resume` can continue the run.
    """
    session = store.find(reference)
    heard = ask(session, "stop_now" if now else "stop")
    if isinstance(heard, ev.Stopping):
        say(f"session {session.id}: {wording.stopping(heard, session.log)}")
    else:
        report_outcome(session, session.status())


@click.command()
@live_id_argument
@store_option
def pause(reference: str, store: SessionStore) -> None:
    """Pause a run."""
    session = store.find(reference)
    ask(session, "pause")
    again = command_for("continue", session.id)
    say(f"session {session.id} is paused in epoch {session.log.epoch + 1}: `{again}` continues")


@click.command(name="continue")
@live_id_argument
@store_option
def continue_(reference: str, store: SessionStore) -> None:
    """Continue a paused run."""
    session = store.find(reference)
    ask(session, "continue")
    say(f"session {session.id} continues with epoch {session.log.epoch + 1}")


COMMANDS = {"attach": attach, "stop": stop, "pause": pause, "continue": continue_}
