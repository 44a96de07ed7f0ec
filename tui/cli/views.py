"""How a training is shown to whoever follows it, and which way suits the terminal."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Literal, Protocol, Self

from tui.cli.text import is_terminal
from vae_engine.sessions.records import Status
from vae_engine.sessions.session import Session

Kind = Literal["head", "epoch", "note", "state"]
"""What a line tells; a state is what the session is doing until it does something else."""

_PLAIN_TERMS = ("", "dumb", "unknown")


class View(Protocol):
    """Shows a training; entered before the first call, left after the last, whatever happened."""

    def __enter__(self) -> Self:
        """Take the terminal."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the terminal back."""

    def say(self, line: str, kind: Kind) -> None:
        """Add a line to those above."""

    def refresh(self, session: Session, status: Status) -> None:
        """Show where the session stands now; called several times a second."""


def choose_view(*, plain: bool) -> View:
    """The view for this terminal: lines where they were asked for or nothing else works."""
    if plain or not is_terminal() or os.environ.get("TERM", "") in _PLAIN_TERMS:
        from tui.cli.plain import PlainView

        return PlainView()
    from tui.cli.live import LiveView

    return LiveView()
