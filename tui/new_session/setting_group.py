"""Heading that folds and unfolds a group of settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from tui.text import one_line

_LONGEST = 70


class GroupHeading(Static, can_focus=True):
    """One line with the group's name and its settings, changed ones first.

    Attributes:
        unfolded: whether the settings below are visible.
        names: of the settings.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "fold", "Unfold", id="group.toggle", tooltip="Unfold, or fold"),
        Binding("right", "turn(True)", "Unfold", show=False),
        Binding("left", "turn(False)", "Fold", show=False),
    ]
    DEFAULT_CSS = """
    GroupHeading {
        height: 1;
        width: 1fr;
        color: $foreground;
        text-style: bold;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &:focus { background: $field-focus; color: $field-focus-text; }
        &.-wrong { color: $text-error; }
    }
    """

    unfolded: reactive[bool] = reactive(False)

    @dataclass
    class Toggled(Message):
        """Posted when the group is folded or unfolded."""

        heading: GroupHeading

    def __init__(self, title: str, names: Collection[str]) -> None:
        super().__init__()
        self._title = title
        self.names = names
        self._summary = ""

    def render(self) -> Content:
        """Render the line."""
        arrow = "▾" if self.unfolded else "▸"
        heading = Content(f"{arrow} {self._title}")
        if self.unfolded:
            return heading
        text = (
            Content.styled(self._summary, "not bold $text-accent")
            if self._summary
            else Content.styled(one_line(", ".join(self.names), _LONGEST), "not bold $text-muted")
        )
        return Content("   ").join([heading, text])

    def show(
        self, changed: Collection[str], texts: Mapping[str, str], problems: Mapping[str, str]
    ) -> None:
        """Set the settings to list while folded: changed ones, and invalid ones."""
        text = one_line(
            ", ".join(f"{name} {texts[name].strip()}" for name in self.names if name in changed),
            _LONGEST,
        )
        self.set_class(any(name in problems for name in self.names), "-wrong")
        if text != self._summary:
            self._summary = text
            self.refresh()

    def on_click(self) -> None:
        """Fold or unfold."""
        self.action_fold()

    def action_fold(self) -> None:
        """Fold or unfold."""
        self.post_message(self.Toggled(self))

    def action_turn(self, unfolded: bool) -> None:
        """Unfold or fold, unless it already is."""
        if unfolded is not self.unfolded:
            self.action_fold()
