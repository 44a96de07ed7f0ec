"""Views of a session on the command line and in the app."""

from __future__ import annotations

import subprocess
import time

from tests.cli.conftest import Outcome
from tests.cli.terminal import VAE
from tui.dashboard.feed import SessionFeed
from tui.dashboard.header import header_lines
from vae_engine.sessions.session import Session


def vae(session: Session, *arguments: str) -> Outcome:
    """Run a command on the session, in a process of its own."""
    done = subprocess.run(
        [VAE, *arguments, session.id, "--sessions-dir", session.folder.parent],
        capture_output=True,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def head(session: Session) -> str:
    """The head of the session's dashboard."""
    snapshot = SessionFeed(Session(session.folder)).read()
    lines = header_lines(snapshot, session.settings, "", time.time(), 200)
    return "\n".join("".join(text for text, _ in line) for line in lines)
