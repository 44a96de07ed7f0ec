"""Lines for pipes and plain terminals: one an epoch, without control characters."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from tui.cli import text
from tui.cli.views import Kind
from vae_engine.sessions.records import Status
from vae_engine.sessions.session import Session


class PlainView:
    """Writes a line when something happened, and flushes it."""

    def __enter__(self) -> Self:
        """Nothing is taken."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is given back."""

    def say(self, line: str, kind: Kind) -> None:  # noqa: ARG002
        """Write the line."""
        text.say(line)

    def refresh(self, session: Session, status: Status) -> None:
        """Lines stay as they are."""
