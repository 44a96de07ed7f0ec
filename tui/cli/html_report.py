"""`vae report`: a page for readers without this tool."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from tui.cli.options import ids_argument, output_option, store_option
from tui.cli.saving import writing
from tui.text import one_line
from vae_engine.errors import SettingError
from vae_engine.sessions.atomic import replace_file
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.sweeps.store import SweepStore, find_sessions

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
    text = make_page(_title(references, sessions, store), sessions)

    def write(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")

    with writing(output, f"a page on {len(sessions)} sessions" if len(found) > 1 else "a page"):
        replace_file(output, write)


def _title(references: Sequence[str], sessions: Sequence[Session], store: SessionStore) -> str:
    # Of one id, only a sweep has several.
    if len(references) == 1 and len(sessions) > 1:
        sweep = SweepStore(store).find(references[0])
        return one_line(sweep.record.name or sweep.id, 60)
    names = ", ".join(one_line(session.label.name, 60) for session in sessions[:3])
    return f"{names} and {len(sessions) - 3} more" if len(sessions) > 3 else names


COMMANDS = {"report": report}
