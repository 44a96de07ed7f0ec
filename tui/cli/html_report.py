"""`vae report`: a page for readers without this tool."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.options import ids_argument, output_option, store_option
from tui.cli.saving import writing
from tui.text import one_line
from vae_engine.errors import SettingError
from vae_engine.sessions.atomic import replace_file
from vae_engine.sessions.store import SessionStore
from vae_engine.sweeps.store import find_sessions

_MOST_SESSIONS = 200


@click.command()
@ids_argument
@output_option(".html", required=True)
@store_option
def report(references: tuple[str, ...], store: SessionStore, output: Path) -> None:
    """Write an HTML page with results, curves, images and settings.

    One file, which loads nothing. The id of a sweep stands for all its sessions.
    """
    found = {
        session.id: session
        for reference in references
        for session in find_sessions(store, reference)
    }
    if len(found) > _MOST_SESSIONS:
        raise SettingError(f"{len(found)} sessions are too many for a page of {_MOST_SESSIONS}")
    from tui.html_report.page import make_page

    sessions = list(found.values())
    names = ", ".join(one_line(session.label.name, 60) for session in sessions[:3])
    more = f" and {len(sessions) - 3} more" if len(sessions) > 3 else ""
    text = make_page(f"{names}{more}", sessions)

    def write(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")

    with writing(output, f"a page on {len(sessions)} sessions" if len(found) > 1 else "a page"):
        replace_file(output, write)


COMMANDS = {"report": report}
