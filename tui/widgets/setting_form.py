"""Every setting as a line to fill in, with its help, or what is wrong with what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from tui.draft import FIELDS, GROUPS, NAME, Draft, default_texts

NAME_HELP = "what people call it; by default dataset and d, or what varies"


class SettingForm(VerticalScroll):
    """The fields of a draft."""

    @dataclass
    class Changed(Message):
        """A field was changed."""

        texts: Mapping[str, str]

        def can_replace(self, message: Message) -> bool:
            """Only the latest texts count."""
            return isinstance(message, SettingForm.Changed)

    @dataclass
    class Entered(Message):
        """Another field has the focus."""

        field: str

    def __init__(self, texts: Mapping[str, str], *, id: str | None = None) -> None:
        super().__init__(id=id, can_focus=False)
        self._texts = {**default_texts(), **texts}
        self._told: dict[str, tuple[str, str]] = {}

    @property
    def texts(self) -> dict[str, str]:
        """What stands in every field."""
        return dict(self._texts)

    def compose(self) -> ComposeResult:
        """The fields, group by group."""
        yield from self._field(NAME)
        for group, names in GROUPS.items():
            yield Static(group, classes="setting-group")
            for name in names:
                yield from self._field(name)

    def fill(self, texts: Mapping[str, str]) -> None:
        """Put other texts into the fields."""
        self._texts = {**self._texts, **texts}
        with self.prevent(Input.Changed):
            for name, text in self._texts.items():
                self._input(name).value = text
        self.post_message(self.Changed(self.texts))

    def mark(self, draft: Draft) -> None:
        """Show what is wrong, and what gives way to what was typed elsewhere."""
        for name in self._texts:
            problem, adjusted = draft.problems.get(name, ""), draft.adjusted.get(name, "")
            told = problem or (f"becomes {adjusted}" if adjusted else _help(name))
            tone = "-wrong" if problem else "-adjusted" if adjusted else ""
            if self._told.get(name) == (told, tone):
                continue
            self._told[name] = (told, tone)
            note = self.query_one(f"#note-{name}", Static)
            note.update(Content(told))
            note.set_class(bool(problem), "-wrong")
            note.set_class(bool(adjusted), "-adjusted")
            self._input(name).set_class(bool(problem), "-wrong")

    def enter(self, name: str) -> None:
        """Put the cursor into a field."""
        self._input(name).focus()

    @on(Input.Changed)
    def _take(self, event: Input.Changed) -> None:
        event.stop()
        self._texts[_field_name(event.input)] = event.value
        self.post_message(self.Changed(self.texts))

    @on(Input.Submitted)
    def _go_on(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.focus_next()

    def on_descendant_focus(self) -> None:
        """Tell which field it is."""
        focused = self.screen.focused
        if isinstance(focused, Input):
            self.post_message(self.Entered(_field_name(focused)))

    def _field(self, name: str) -> ComposeResult:
        with Horizontal(classes="setting"):
            yield Static(name, classes="setting-name", markup=False)
            yield Input(self._texts[name], compact=True, id=f"field-{name}")
            yield Static(Content(_help(name)), id=f"note-{name}", classes="setting-note")

    def _input(self, name: str) -> Input:
        return self.query_one(f"#field-{name}", Input)


def describe_field(name: str) -> str:
    """A field's whole help and range."""
    if name == NAME:
        return f"{name}: {NAME_HELP}"
    setting = FIELDS[name]
    default = "" if name == "parallel" else f"; default {setting.format(setting.default)}"
    # Elsewhere a comma does, as the form says.
    several = "; several: 16,32 | 8,16" if setting.kind == "ints" else ""
    return f"{name}: {setting.help}; {setting.range_text}{default}{several}"


def _help(name: str) -> str:
    return NAME_HELP if name == NAME else FIELDS[name].help


def _field_name(field: Input) -> str:
    return (field.id or "").removeprefix("field-")
