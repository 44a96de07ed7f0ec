"""Whether the terminal can show the app, and showing a session in it."""

from __future__ import annotations

import os
import sys

from tui.cli.output import is_terminal, say
from vae_engine.sessions.store import SessionStore

PLAIN_TERMS = ("", "dumb", "unknown")
"""Values of `TERM` that promise no more than lines."""


def can_show_app() -> bool:
    """Whether a person sits before a terminal that can do more than print lines, or a browser."""
    # textual-serve names the driver that brings the app into a browser, and gives it pipes.
    return "TEXTUAL_DRIVER" in os.environ or (
        is_terminal()
        and sys.stdin is not None
        and sys.stdin.isatty()
        and os.environ.get("TERM", "") not in PLAIN_TERMS
    )


def show_app(store: SessionStore, open_session: str | None = None) -> None:
    """Run the app until it is left; then say which sessions still run.

    Args:
        store: the sessions.
        open_session: id of the session to begin with; by default the list of all.
    """
    # Imported here: commands that print lines need not wait for it.
    from tui.app import run_app

    for line in run_app(store, open_session):
        say(line)
