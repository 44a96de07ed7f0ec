"""Small questions over a screen: yes or no, or a whole number."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tui.leaving import Dialog
from tui.text import one_line

_LONGEST_SHOWN = 20


class ConfirmScreen(Dialog[bool]):
    """Asks before something is done that cannot be taken back; the answer is its result."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "Yes", id="confirm.yes", tooltip="Do it"),
        Binding("n,escape,q", "answer(False)", "No", id="confirm.no", tooltip="Leave it"),
    ]

    def __init__(self, question: str, consequence: str = "") -> None:
        """Make the question.

        Args:
            question: one line; text, not markup.
            consequence: what yes leads to; text, not markup.
        """
        super().__init__()
        self._question = question
        self._consequence = consequence

    def compose(self) -> ComposeResult:
        """Question, consequence, keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-question")
            yield Static(Content(self._consequence), classes="dialog-detail")
            yield Static(Content("y yes    n no"), classes="dialog-keys")

    def action_answer(self, answer: bool) -> None:
        """Close with the answer."""
        self.dismiss(answer)


class NumberScreen(Dialog[int | None]):
    """Asks for a whole number; None if the question is left."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="number.leave", tooltip="Ask for nothing"),
    ]

    def __init__(self, question: str, *, low: int, high: int, default: int) -> None:
        """Make the question.

        Args:
            question: one line; text, not markup.
            low: the smallest answer.
            high: the largest.
            default: what stands there at first.
        """
        super().__init__()
        self._question = question
        self._low, self._high, self._default = low, high, default

    def compose(self) -> ComposeResult:
        """Question, input, range, keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-question")
            yield Input(str(self._default))
            yield Static(Content(self._range), classes="dialog-detail")
            yield Static(Content("Enter do it    Esc back"), classes="dialog-keys")

    @property
    def _range(self) -> str:
        return f"a whole number from {self._low} to {self._high}"

    def on_input_changed(self, event: Input.Changed) -> None:
        """Mark a number that is not one of those asked for."""
        is_wrong = self._number(event.value) is None
        event.input.set_class(is_wrong, "-wrong")
        detail = self.query_one(".dialog-detail", Static)
        detail.set_class(is_wrong, "-wrong")
        typed = one_line(event.value, longest=_LONGEST_SHOWN) or "nothing"
        detail.update(Content(f"{typed} is not {self._range}" if is_wrong else self._range))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with the number, if it is one of those asked for."""
        number = self._number(event.value)
        if number is not None:
            self.dismiss(number)

    def action_leave(self) -> None:
        """Close without a number."""
        self.dismiss(None)

    def _number(self, text: str) -> int | None:
        try:
            number = int(text)
        except ValueError:
            return None
        return number if self._low <= number <= self._high else None
