"""Commands that carry sessions from machine to machine: export, import."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.options import id_argument, output_option, store_option
from tui.cli.output import say
from tui.text import encodable
from vae_engine.sessions.archive import export_session, import_session
from vae_engine.sessions.store import SessionStore


@click.command(name="export")
@id_argument
@click.option("--slim", is_flag=True, help="leave out what only further training needs")
@output_option(".zip", required=True)
@store_option
def export(reference: str, store: SessionStore, slim: bool, output: Path) -> None:
    """Write a session into a zip file."""
    session = store.find(reference)
    export_session(session, output, slim=slim)
    say(f"wrote {session.id} to {encodable(str(output))} ({output.stat().st_size / 1e6:.1f} MB)")


@click.command(name="import")
@click.argument("archive", metavar="FILE.zip", type=Path)
@store_option
def import_(archive: Path, store: SessionStore) -> None:
    """Add the session of a zip file to the others.

    Prints its id.
    """
    say(import_session(store, archive).id)


COMMANDS = {"export": export, "import": import_}
