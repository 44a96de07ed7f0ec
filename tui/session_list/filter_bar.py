"""Filter field of the list of sessions."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from tui.session_list.filtering import Filter, parse_filter
from tui.text import one_line


class FilterBar(Horizontal):
    """The filter field, with its error beside it.

    Attributes:
        filter: the valid part of what was typed.
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.filter = Filter()

    def compose(self) -> ComposeResult:
        """Compose label, field and error."""
        yield Static("filter", id="filter-label")
        yield Input(
            placeholder="d=2 loss<145 status=completed tag:paper", id="filter", compact=True
        )
        yield Static(id="filter-problem")

    @property
    def box(self) -> Input:
        """Return the field."""
        return self.query_one("#filter", Input)

    def show(self, shown: bool) -> None:
        """Show or hide the bar."""
        self.display = shown
        self.screen.refresh_bindings()

    def open(self) -> None:
        """Show the field with the focus."""
        self.show(True)
        # Directly: `focus()` takes effect later, after keys typed right afterwards.
        self.screen.set_focus(self.box)

    def clear(self) -> None:
        """Leave the field with its text; from elsewhere, or if it is empty, clear and hide it."""
        if not self.box.has_focus or not self.box.value:
            self.box.value = ""
            self.show(False)

    def read(self, text: str) -> None:
        """Parse a filter as it is typed, and show errors."""
        self.filter = found = parse_filter(text)
        problem = Content(one_line(found.problem))
        self.box.set_class(bool(found.problem), "-wrong")
        label = self.query_one("#filter-problem", Static)
        if label.content != problem:
            label.update(problem)
