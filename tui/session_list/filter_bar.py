"""Filter field of the list of sessions."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from tui.session_list.filtering import Filter, parse_filter
from tui.text import one_line


class FilterBar(Horizontal):
    """The filter field, with its error beside it."""

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

    def read(self, text: str) -> Filter:
        """Parse a filter as it is typed, and show errors."""
        found = parse_filter(text)
        problem = Content(one_line(found.problem))
        self.box.set_class(bool(found.problem), "-wrong")
        label = self.query_one("#filter-problem", Static)
        if label.content != problem:
            label.update(problem)
        return found
