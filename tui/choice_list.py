"""Dialog to choose a field's value from a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.screen import Dialog
from tui.text import one_line

_MOVING: Final = ("j", "k", "q")


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
        self._typed = ""

    def compose(self) -> ComposeResult:
        """Compose question, values, hint and keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-question")
            yield OptionList(*(Option(Content(one_line(value))) for value in self._values))
            yield Static(Content(self._hint), classes="dialog-detail")
            keys = "Enter choose    type its beginning    Esc back"
            yield Static(keys, classes="dialog-keys", markup=False)

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

    def on_key(self, event: events.Key) -> None:
        """Go to the next value that begins with what was typed."""
        if event.key in _MOVING or not event.is_printable or event.character in (None, " "):
            return
        event.stop()
        options = self.query_one(OptionList)
        here, one = options.highlighted or 0, str(event.character)
        for typed, start in ((self._typed + one, here), (one, here + 1)):
            found = self._beginning_with(typed, start)
            if found is not None:
                self._typed, options.highlighted = typed, found
                return

    def _beginning_with(self, typed: str, start: int) -> int | None:
        """The first value at or below `start` that begins so, or the first of all."""
        texts = [one_line(value).casefold() for value in self._values]
        found = [at for at, text in enumerate(texts) if text.startswith(typed.casefold())]
        return next((at for at in found if at >= start), found[0] if found else None)

    def action_move(self, by: int) -> None:
        """Move the cursor like the arrow keys."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if by > 0 else options.action_cursor_up()
