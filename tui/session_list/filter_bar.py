"""The line in which the list of sessions is filtered."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from tui.session_list.filtering import Filter, parse_filter
from tui.text import one_line


class FilterBar(Horizontal):
    """A field for the filter, and beside it what cannot be read of it."""

    def compose(self) -> ComposeResult:
        """Label, field, problem."""
        yield Static("filter", id="filter-label")
        yield Input(
            placeholder="d=2 loss<145 status=completed tag:paper", id="filter", compact=True
        )
        yield Static(id="filter-problem")

    @property
    def box(self) -> Input:
        """The field."""
        return self.query_one("#filter", Input)

    def read(self, text: str) -> Filter:
        """Parse a filter as it is typed, and show errors."""
        found = parse_filter(text)
        problem = Content(one_line(found.problem))
        self.box.set_class(bool(found.problem), "-wrong")
        told = self.query_one("#filter-problem", Static)
        if told.content != problem:
            told.update(problem)
        return found
