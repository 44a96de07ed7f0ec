"""Keys of the list of sessions, and when each has an effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.binding import Binding, BindingType

from tui.screen import Keys
from tui.session_list.columns import COLUMNS

_DEMO = "Train the two-minute demo: d = 2 on MNIST"
_EXAMPLE = "Open the example, trained on all of MNIST"

_key = Keys("sessions")
_SORT_KEYS = Binding.Group("Sort by a column; again: reverse")

LIST_KEYS: Final[list[BindingType]] = [
    _key("enter", "open", "Open", "Open the session's dashboard", show=True),
    _key("n", "new", "New", "Train a new session", show=True),
    _key("g", "generate", "Sample", "Draw from the session's prior", show=True),
    _key("i", "browse", "Images", "Images beside their reconstructions", show=True),
    _key("D", "demo", "Demo", _DEMO),
    _key("E", "example", "Example", _EXAMPLE),
    # On an empty list, where these two have nothing else to do.
    _key("d", "first('demo')", "First demo", _DEMO, same_as="Delete"),
    _key("e", "first('example')", "First example", _EXAMPLE, same_as="Extend"),
    _key("s", "sweeps", "Sweeps", "Open the list of sweeps", show=True),
    _key("c", "compare", "Compare", "Compare the selected sessions", show=True),
    _key("r", "resume", "Resume", "Resume a session that has ended"),
    _key("e", "extend", "Extend", "Train more epochs"),
    _key("f", "fork", "Fork", "New session from these settings"),
    _key("R,f2", "rename", "Rename", "Rename the session"),
    _key("number_sign", "tag", "Tag", "Set the tags of the selected sessions"),
    _key("A", "note", "Note", "Edit the session's note"),
    _key("w", "export", "Export", "Export the session to a zip file"),
    _key("d,delete", "delete", "Delete", "Move the selected sessions to the trash"),
    _key("u", "undo", "Undo", "Restore the sessions deleted last"),
    _key("z", "fold", "Fold", "List a sweep's trials, or fold them", show=True),
    _key("o", "sort_next", "Sort", "Sort by the next column"),
    _key("O", "sort_reverse", "Reverse", "Reverse the sort order"),
    *(
        _key(
            str(at % 10),
            f"sort_by('{column.id}')",
            f"Sort by {column.title}",
            f"Sort by {column.title}",
            group=_SORT_KEYS,
        )
        for at, column in enumerate(COLUMNS, 1)
        if column.sorts
    ),
    # With priority, so that keys typed right afterwards go into the filter.
    _key("slash", "filter", "Filter", "Filter the list", show=True, priority=True),
    _key("space", "select", "Select", "Select or deselect this session"),
    _key("a", "select_all", "All", "Select all sessions, or none"),
    _key("escape", "leave_filter", "Clear", "Show all sessions again", show=True),
    _key("q", "app.quit", "Quit", "Quit; runs continue", show=True),
]
"""Bindings of the list of sessions."""

# Actions that need a session, and those that need as many in the list.
_NEED_ANY = {"filter", "leave_filter", "sort_next", "sort_reverse", "sort_by"}
_NEED_SHOWN = {
    **dict.fromkeys(
        ("open", "generate", "browse", "resume", "extend", "fork", "rename", "tag", "note"), 1
    ),
    **dict.fromkeys(("export", "delete", "select", "select_all"), 1),
    "compare": 2,
}


@dataclass(frozen=True)
class ListState:
    """What the list has, which decides the keys that have an effect.

    Attributes:
        sessions: whether there are any; None before they were read.
        shown: rows, counted up to 2.
        sweeps: whether a row is a sweep or a trial.
    """

    sessions: bool | None = None
    shown: int = 2
    sweeps: bool = False

    def allow(self, action: str, *, can_undo: bool) -> bool:
        """Whether an action has an effect; `can_undo` tells if a deleted session can return."""
        if action == "first":
            return self.sessions is False
        if action == "fold":
            return self.sweeps
        if self.sessions is None:
            return True
        if not self.sessions and action in _NEED_ANY:
            return False
        if not self.sessions and action == "undo":
            return can_undo
        return self.shown >= _NEED_SHOWN.get(action, 0)
