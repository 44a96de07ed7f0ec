"""Commands that list and show sessions: sessions, show."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tui.cli.options import id_argument, json_option, store_option
from tui.cli.output import Column, say, table, table_width
from tui.cli.report import SessionEntry, session_entry, session_report, to_json
from tui.text import age_text, duration_text
from vae_engine.sessions.store import SessionStore

_COLUMNS = (
    Column("ID"),
    Column("NAME", least=8),
    Column("STATUS"),
    Column("DATASET", least=5),
    Column("D", "right"),
    Column("EPOCH", "right"),
    Column("VAL", "right"),
    Column("AGE", "right"),
    Column("TIME", "right"),
)


@click.command()
@json_option
@store_option
def sessions(store: SessionStore, as_json: bool) -> None:
    """List the sessions.

    Newest first, damaged ones last. D is latent_dim, VAL the best val_loss, AGE the time since
    creation, TIME the training time.
    """
    entries = [session_entry(listing) for listing in store.listings()]
    print_entries(
        entries, as_json=as_json, empty=f"no sessions in {store.root}: `vae train` starts one"
    )


@click.command()
@id_argument
@json_option
@store_option
def show(reference: str, store: SessionStore, as_json: bool) -> None:
    """Show a session's settings, history and results."""
    session = store.find(reference)
    session.poll()
    report = session_report(session)
    if as_json:
        click.echo(to_json(report))
        return
    from tui.cli.card import card_lines

    for line in card_lines(report, session.settings, table_width()):
        say(line)


COMMANDS = {"sessions": sessions, "show": show}


def print_entries(entries: Sequence[SessionEntry], *, as_json: bool, empty: str) -> None:
    """Print sessions as JSON, or as a table as wide as the terminal; `empty` if there are none."""
    if as_json:
        click.echo(to_json(entries))
        return
    if not entries:
        say(empty)
        return
    for line in entry_lines(entries, table_width()):
        say(line)


def entry_lines(entries: Sequence[SessionEntry], width: int) -> list[str]:
    """Format the readable sessions as a table, and add a line for each damaged one."""
    rows = [_cells(entry) for entry in entries if entry.problem is None]
    lines = table(_COLUMNS, rows, width) if rows else []
    return lines + [
        f"{entry.id} damaged: {entry.problem}" for entry in entries if entry.problem is not None
    ]


def _cells(entry: SessionEntry) -> list[str]:
    best = entry.best_val_loss
    return [
        entry.id,
        entry.name or "",
        entry.status,
        dataset_name(entry.dataset or ""),
        str(entry.latent_dim),
        f"{entry.epoch}/{entry.epochs}",
        "-" if best is None else f"{best:.2f}",
        age_text(entry.created or 0.0),
        duration_text(entry.duration or 0.0),
    ]


def dataset_name(dataset: str) -> str:
    """Return a dataset's name, or the last part of its path."""
    return dataset.rstrip("/").rpartition("/")[2]
