"""Dialog to choose a field's value from a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.screen import Dialog
from tui.text import one_line


class ChoiceScreen(Dialog[str | None]):
    """Asks for one of several values; None if cancelled."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Back", id="choice.leave", tooltip="Change nothing"),
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
    ]

    def __init__(self, question: str, values: Sequence[str], present: str, hint: str = "") -> None:
        """Make the list.

        Args:
            question: one line; text, not markup.
            values: to choose from; text, not markup.
            present: the initial value.
            hint: one line below.
        """
        super().__init__()
        self._question, self._values, self._present = question, values, present
        self._hint = hint

    def compose(self) -> ComposeResult:
        """Compose question, values, hint and keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-question")
            yield OptionList(*(Option(Content(one_line(value))) for value in self._values))
            yield Static(Content(self._hint), classes="dialog-detail")
            yield Static("Enter choose    Esc back", classes="dialog-keys", markup=False)

    def on_mount(self) -> None:
        """Put the cursor on the present value."""
        options = self.query_one(OptionList)
        options.highlighted = (
            self._values.index(self._present) if self._present in self._values else 0
        )
        options.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Return the chosen value."""
        self.dismiss(self._values[event.option_index])

    def action_move(self, by: int) -> None:
        """Move the cursor like the arrow keys."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if by > 0 else options.action_cursor_up()
