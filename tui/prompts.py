"""Small forms over the list of sessions: a line of text, a note, an archive."""

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

from tui.leaving import Dialog
from vae_engine.errors import SettingError
from vae_engine.sessions.labels import NOTE_LIMIT

_LEAVE = Binding("escape", "dismiss(None)", "Back", id="prompt.leave", tooltip="Change nothing")


class LineScreen(Dialog[str | None]):
    """Asks for a line of text; None if it is left."""

    CSS_PATH = "prompts.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [_LEAVE]

    def __init__(
        self, question: str, text: str, *, check: Callable[[str], object], hint: str = ""
    ) -> None:
        """Make the form.

        Args:
            question: one line; text, not markup.
            text: what stands there at first.
            check: raises a SettingError for text that cannot be taken.
            hint: one line below.
        """
        super().__init__()
        self._question, self._text, self._check, self._hint = question, text, check, hint

    def compose(self) -> ComposeResult:
        """Question, line, hint or what is wrong, keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-question")
            yield Input(self._text, select_on_focus=False)
            yield Static(Content(self._hint), classes="dialog-detail")
            yield Static("Enter keep it    Esc back", classes="dialog-keys", markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Mark what cannot be taken."""
        problem = self._problem(event.value)
        event.input.set_class(bool(problem), "-wrong")
        detail = self.query_one(".dialog-detail", Static)
        detail.set_class(bool(problem), "-wrong")
        detail.update(Content(problem or self._hint))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with the text, if it can be taken."""
        if not self._problem(event.value):
            self.dismiss(event.value)

    def _problem(self, text: str) -> str:
        try:
            self._check(text)
        except SettingError as error:
            return str(error)
        return ""


class NoteScreen(Dialog[str | None]):
    """Asks for a note of several lines; None if it is left."""

    CSS_PATH = "prompts.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        _LEAVE,
        Binding(
            "ctrl+s,ctrl+o", "keep", "Keep", id="note.keep", tooltip="Keep the note", priority=True
        ),
    ]

    def __init__(self, question: str, note: str) -> None:
        super().__init__()
        self._question, self._note = question, note

    def compose(self) -> ComposeResult:
        """Question, text, keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-question")
            yield TextArea(self._note, soft_wrap=True)
            yield Static("", classes="dialog-detail")
            yield Static("Ctrl+S keep it    Esc back", classes="dialog-keys", markup=False)

    def action_keep(self) -> None:
        """Close with the note, if it is not too long."""
        text = self.query_one(TextArea).text
        if len(text) <= NOTE_LIMIT:
            self.dismiss(text)
        else:
            wrong = f"the note has {len(text)} characters: it must have at most {NOTE_LIMIT}"
            self.query_one(".dialog-detail", Static).update(Content(wrong))


class ArchiveScreen(Dialog[tuple[Path, bool] | None]):
    """Asks where to write an archive, and whether without what only further training needs."""

    CSS_PATH = "prompts.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [_LEAVE]

    def __init__(self, question: str, path: Path) -> None:
        super().__init__()
        self._question, self._path = question, path

    def compose(self) -> ComposeResult:
        """Question, path, choice, keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(self._question), classes="dialog-question")
            yield Input(str(self._path), select_on_focus=False)
            yield Checkbox("slim: without what only further training needs", compact=True)
            yield Static(
                "Enter write it    Tab, Space slim or not    Esc back",
                classes="dialog-keys",
                markup=False,
            )

    @on(Input.Submitted)
    def write(self, event: Input.Submitted) -> None:
        """Close with the choice."""
        if event.value.strip():
            self.dismiss((Path(event.value.strip()), self.query_one(Checkbox).value))
