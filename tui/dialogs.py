"""Dialogs that ask for yes or no, an integer, a line of text, a note, or an archive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Checkbox, Input, Static, TextArea

from tui.screen import Dialog
from tui.text import one_line
from vae_engine.errors import SettingError
from vae_engine.sessions.labels import NOTE_LIMIT

_LONGEST_SHOWN = 20
_LEAVE = Binding("escape", "dismiss(None)", "Back", id="prompt.leave", tooltip="Change nothing")


class ConfirmScreen(Dialog[bool]):
    """Asks for confirmation of an irreversible action; returns the answer."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "Yes", id="confirm.yes", tooltip="Do it"),
        Binding("n,escape,q", "answer(False)", "No", id="confirm.no", tooltip="Leave it"),
    ]

    def __init__(self, question: str, consequence: str = "") -> None:
        """Make the question.

        Args:
            question: one line; text, not markup.
            consequence: of the answer yes; text, not markup.
        """
        super().__init__()
        self._question = question
        self._consequence = consequence

    def compose(self) -> ComposeResult:
        """Compose question, consequence and keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-question")
            yield Static(Content(self._consequence), classes="dialog-detail")
            yield Static(Content("y yes    n no"), classes="dialog-keys")

    def action_answer(self, answer: bool) -> None:
        """Return the answer."""
        self.dismiss(answer)


class NumberScreen(Dialog[int | None]):
    """Asks for an integer; None if cancelled."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="number.leave", tooltip="Cancel"),
    ]

    def __init__(self, question: str, *, low: int, high: int, default: int) -> None:
        """Make the question.

        Args:
            question: one line; text, not markup.
            low: the smallest answer.
            high: the largest.
            default: the initial number.
        """
        super().__init__()
        self._question = question
        self._low, self._high, self._default = low, high, default

    def compose(self) -> ComposeResult:
        """Compose question, input, range and keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-question")
            yield Input(str(self._default))
            yield Static(Content(self._range), classes="dialog-detail")
            yield Static(Content("Enter confirm    Esc back"), classes="dialog-keys")

    @property
    def _range(self) -> str:
        return f"a whole number from {self._low} to {self._high}"

    def on_input_changed(self, event: Input.Changed) -> None:
        """Mark a number out of range."""
        is_wrong = self._number(event.value) is None
        event.input.set_class(is_wrong, "-wrong")
        detail = self.query_one(".dialog-detail", Static)
        detail.set_class(is_wrong, "-wrong")
        typed = one_line(event.value, longest=_LONGEST_SHOWN) or "nothing"
        detail.update(Content(f"{typed} is not {self._range}" if is_wrong else self._range))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Return the number if it is in range."""
        number = self._number(event.value)
        if number is not None:
            self.dismiss(number)

    def action_leave(self) -> None:
        """Cancel."""
        self.dismiss(None)

    def _number(self, text: str) -> int | None:
        try:
            number = int(text)
        except ValueError:
            return None
        return number if self._low <= number <= self._high else None


class LineScreen(Dialog[str | None]):
    """Asks for a line of text; None if cancelled."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [_LEAVE]

    def __init__(
        self, question: str, text: str, *, check: Callable[[str], object], hint: str = ""
    ) -> None:
        """Make the form.

        Args:
            question: one line; text, not markup.
            text: the initial text. check: raises a SettingError for invalid text.
            hint: one line below.
        """
        super().__init__()
        self._question, self._text, self._check, self._hint = question, text, check, hint

    def compose(self) -> ComposeResult:
        """Compose question, input, hint or error, and keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-question")
            yield Input(self._text, select_on_focus=False)
            yield Static(Content(self._hint), classes="dialog-detail")
            yield Static("Enter save    Esc back", classes="dialog-keys", markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Mark invalid text."""
        problem = self._problem(event.value)
        event.input.set_class(bool(problem), "-wrong")
        detail = self.query_one(".dialog-detail", Static)
        detail.set_class(bool(problem), "-wrong")
        detail.update(Content(problem or self._hint))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Return the text if it is valid."""
        if not self._problem(event.value):
            self.dismiss(event.value)

    def _problem(self, text: str) -> str:
        try:
            self._check(text)
        except SettingError as error:
            return str(error)
        return ""


class NoteScreen(Dialog[str | None]):
    """Asks for a note of several lines; None if cancelled."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        _LEAVE,
        Binding(
            "ctrl+s,ctrl+o", "keep", "Keep", id="note.keep", tooltip="Save the note", priority=True
        ),
    ]

    def __init__(self, question: str, note: str) -> None:
        super().__init__()
        self._question, self._note = question, note

    def compose(self) -> ComposeResult:
        """Compose question, text and keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-question")
            yield TextArea(self._note, soft_wrap=True)
            yield Static("", classes="dialog-detail")
            yield Static("Ctrl+S save    Esc back", classes="dialog-keys", markup=False)

    def action_keep(self) -> None:
        """Return the note, unless it is too long."""
        text = self.query_one(TextArea).text
        if len(text) <= NOTE_LIMIT:
            self.dismiss(text)
        else:
            wrong = f"the note has {len(text)} characters: it must have at most {NOTE_LIMIT}"
            self.query_one(".dialog-detail", Static).update(Content(wrong))


class ArchiveScreen(Dialog[tuple[Path, bool] | None]):
    """Asks where to write an archive, and whether to leave out what only training needs."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [_LEAVE]

    def __init__(self, question: str, path: Path) -> None:
        super().__init__()
        self._question, self._path = question, path

    def compose(self) -> ComposeResult:
        """Compose question, path, choice and keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-question")
            yield Input(str(self._path), select_on_focus=False)
            yield Checkbox("slim: without files for further training", compact=True)
            yield Static(
                "Enter export    Tab, Space slim or not    Esc back",
                classes="dialog-keys",
                markup=False,
            )

    @on(Input.Submitted)
    def write(self, event: Input.Submitted) -> None:
        """Return path and choice."""
        if event.value.strip():
            self.dismiss((Path(event.value.strip()), self.query_one(Checkbox).value))
