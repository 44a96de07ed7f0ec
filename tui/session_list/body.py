"""Table of sessions beside or above the preview, or the reason why the list is empty."""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from tui.session_list.head import home_relative
from tui.session_list.preview import SessionPreview
from tui.session_list.table import SessionRows
from tui.text import one_line

# Minimum rows of the table and of the preview, which gets the rest.
_LEAST_ROWS, _ROOM_TO_GROW = 6, 2
_LEAST_PREVIEW, _PREVIEW_SHARE = 9, 0.4


class ListBody(Container):
    """Lays out table and preview."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._shared = (0, 0, False)

    def compose(self) -> ComposeResult:
        """Compose table, message for an empty list, and preview."""
        with Container(id="sessions-list"):
            yield SessionRows(self.app.size.width, id="sessions-table")
            yield Static(id="sessions-empty")
        yield SessionPreview(id="sessions-preview")

    @property
    def table(self) -> SessionRows:
        """Return the table."""
        return self.query_one(SessionRows)

    def say_why_empty(self, total: int, problem: str, root: Path) -> None:
        """Explain why the list is empty, and what to press.

        Args:
            total: sessions there are, shown or not.
            problem: why they cannot be read, else empty.
            root: where they are looked for.
        """
        text = ""
        if problem:
            text = one_line(problem)
        elif total and not self.table.entries:
            text = "No session matches the filter.\n\nEsc shows all."
        empty = self.query_one("#sessions-empty", Static)
        if empty.content != Content(text):
            empty.update(Content(text))
        empty.display = bool(text)
        self._welcome(root, wanted=not total and not text)
        self.query_one(SessionPreview).display = bool(self.table.entries)

    def share_room(self) -> None:
        """Give the preview the rows that the table does not need."""
        room = self.size.height
        wanted = max(_LEAST_ROWS, len(self.table.entries) + _ROOM_TO_GROW)
        height = max(min(wanted, room - max(_LEAST_PREVIEW, int(room * _PREVIEW_SHARE))), 1)
        box = self.query_one("#sessions-list")
        wanted_height = (room, height, bool(self.table.entries))
        if room and wanted_height != self._shared:
            self._shared = wanted_height
            box.styles.height = height if self.table.entries else "1fr"

    def _welcome(self, root: Path, *, wanted: bool) -> None:
        """Show the welcome page if there are no sessions."""
        there = self.query("#welcome")
        if wanted and not there:
            from tui.session_list.welcome import WelcomePage

            self.query_one("#sessions-list").mount(WelcomePage(home_relative(root)))
        elif there and not wanted:
            there.remove()
