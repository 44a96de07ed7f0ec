"""Commands for the trash: delete, restore, trash."""

from __future__ import annotations

import sys

import click

from tui.cli.browse import print_entries
from tui.cli.options import (
    command_for,
    ids_argument,
    json_option,
    store_option,
    trashed_ids_argument,
)
from tui.cli.output import say
from tui.cli.report import session_entry
from vae_engine.control.removal import delete_sessions, restore_sessions
from vae_engine.sessions.store import Listing, SessionStore


@click.command()
@ids_argument
@store_option
def delete(references: tuple[str, ...], store: SessionStore) -> None:
    """Move sessions to the trash.

    Moves all of the named sessions, or none.
    """
    for listing in delete_sessions(store, references):
        back = command_for("restore", listing.id)
        say(f"{_session_line(listing)} is in the trash: `{back}` restores it")


@click.command()
@trashed_ids_argument
@store_option
def restore(references: tuple[str, ...], store: SessionStore) -> None:
    """Restore sessions from the trash."""
    for listing in restore_sessions(store, references):
        say(f"{_session_line(listing)} is restored")


@click.command()
@click.option("--empty", is_flag=True, help="delete them permanently")
@click.option("--yes", is_flag=True, help="skip confirmation (implied when not on a terminal)")
@json_option
@store_option
def trash(store: SessionStore, empty: bool, yes: bool, as_json: bool) -> None:
    """List deleted sessions, or delete them permanently."""
    listings = store.trash()
    if not empty:
        entries = [session_entry(listing) for listing in listings]
        print_entries(entries, as_json=as_json, empty="the trash is empty")
        return
    count = _sessions(len(listings))
    if listings and not yes and sys.stdin.isatty() and not _confirmed(count):
        say("nothing was deleted")
        return
    say(f"deleted {_sessions(store.empty_trash())} for good")


COMMANDS = {"delete": delete, "restore": restore, "trash": trash}


def _session_line(listing: Listing) -> str:
    return f"{listing.id} ({listing.label.name if listing.label else 'damaged'})"


def _sessions(count: int) -> str:
    return "1 session" if count == 1 else f"{count} sessions"


def _confirmed(count: str) -> bool:
    return click.confirm(f"Delete {count} permanently?", err=True)
