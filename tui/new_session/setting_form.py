"""One line per setting: the three that matter first, the rest in folded groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from tui.new_session.draft import Draft
from tui.new_session.fields import FIELDS, GROUPS, NAME, PROMINENT, default_texts, has_choices
from tui.new_session.setting_group import GroupHeading

NAME_HELP = "default: dataset and d, or the varied settings"
_CHANGED = "*"
_COMMA = "A comma in a field makes a list and starts a sweep: 2,8,16"


class SettingForm(VerticalScroll):
    """The fields of a draft; fields that differ from their default are marked."""

    @dataclass
    class Changed(Message):
        """Posted when a field was edited."""

        texts: Mapping[str, str]

        def can_replace(self, message: Message) -> bool:
            """Keep only the latest message."""
            return isinstance(message, SettingForm.Changed)

    @dataclass
    class Entered(Message):
        """Posted when another field gets the focus."""

        field: str

    @dataclass
    class ChoiceWanted(Message):
        """Posted when Enter is pressed in a field that offers values."""

        field: str

    def __init__(self, texts: Mapping[str, str], *, id: str | None = None) -> None:
        super().__init__(id=id, can_focus=False)
        self._texts = {**default_texts(), **texts}
        self._notes: dict[str, tuple[str, str]] = {}
        self._changed: frozenset[str] = frozenset()
        self._boxes: dict[GroupHeading, Vertical] = {}

    @property
    def texts(self) -> dict[str, str]:
        """Text of every field."""
        return dict(self._texts)

    @property
    def field(self) -> str:
        """Name of the focused field, empty if none is."""
        focused = self.screen.focused
        return _field_name(focused) if isinstance(focused, Input) else ""

    def compose(self) -> ComposeResult:
        """Compose the first fields, then the others in folded groups."""
        for name in (*PROMINENT, NAME):
            yield from self._field(name)
        yield Static(_COMMA, id="setting-comma", markup=False)
        for group, names in grouped_fields().items():
            heading = GroupHeading(group, names)
            yield heading
            with Vertical(classes="setting-group") as box:
                self._boxes[heading] = box
                # Hidden, not removed: a folded field keeps its text.
                box.display = heading.unfolded = bool(self._differing() & set(names))
                for name in names:
                    yield from self._field(name)

    def on_mount(self) -> None:
        """Mark the fields that differ from their default."""
        self._mark_changed()

    def fill(self, texts: Mapping[str, str]) -> None:
        """Set the texts of fields."""
        self._texts = {**self._texts, **texts}
        with self.prevent(Input.Changed):
            for name, text in self._texts.items():
                self._input(name).value = text
        self._mark_changed()
        self.post_message(self.Changed(self.texts))

    def reset(self, name: str) -> None:
        """Reset a field to its default."""
        self.fill({name: default_texts()[name]})
        self._input(name).action_end()

    def mark(self, draft: Draft, dataset: str = "", *, unusable: bool = False) -> None:
        """Mark invalid fields, and show defaults that adapt to other fields.

        Args:
            draft: the draft read from the fields.
            dataset: summary of its dataset; empty if unknown.
            unusable: whether the dataset cannot be used.
        """
        for name in self._texts:
            problem, adjusted = draft.problems.get(name, ""), draft.adjusted.get(name, "")
            known = dataset if name == "dataset" else ""
            problem = problem or (known if unusable else "")
            text = problem or (f"becomes {adjusted}" if adjusted else known or _help(name))
            tone = "-wrong" if problem else "-adjusted" if adjusted else ""
            if self._notes.get(name) == (text, tone):
                continue
            self._notes[name] = (text, tone)
            note = self.query_one(f"#note-{name}", Static)
            note.update(Content(text))
            note.set_class(bool(problem), "-wrong")
            note.set_class(bool(adjusted), "-adjusted")
            self._input(name).set_class(bool(problem), "-wrong")
        for heading in self.query(GroupHeading):
            heading.show(self._changed & set(heading.names), self._texts, draft.problems)

    def enter(self, name: str) -> None:
        """Focus a field, and unfold its group."""
        for heading in self.query(GroupHeading):
            if name in heading.names:
                self._fold(heading, unfolded=True)
        self.screen.set_focus(self._input(name))

    def fold_all(self) -> None:
        """Unfold all groups; if all are unfolded, fold them."""
        headings = list(self.query(GroupHeading))
        unfolded = not all(heading.unfolded for heading in headings)
        for heading in headings:
            if not unfolded and self.field in heading.names:
                self.screen.set_focus(heading)
            self._fold(heading, unfolded=unfolded)

    @on(GroupHeading.Toggled)
    def _toggle(self, message: GroupHeading.Toggled) -> None:
        message.stop()
        self._fold(message.heading, unfolded=not message.heading.unfolded)

    @on(Input.Changed)
    def _take(self, event: Input.Changed) -> None:
        event.stop()
        self._texts[_field_name(event.input)] = event.value
        self._mark_changed()
        self.post_message(self.Changed(self.texts))

    @on(Input.Submitted)
    def _go_on(self, event: Input.Submitted) -> None:
        event.stop()
        name = _field_name(event.input)
        if has_choices(name):
            self.post_message(self.ChoiceWanted(name))
        else:
            self.screen.focus_next()

    def on_descendant_focus(self) -> None:
        """Post which field has the focus."""
        if self.field:
            self.post_message(self.Entered(self.field))

    def _fold(self, heading: GroupHeading, *, unfolded: bool) -> None:
        heading.unfolded = self._boxes[heading].display = unfolded

    def _differing(self) -> frozenset[str]:
        defaults = default_texts()
        return frozenset(
            name for name, text in self._texts.items() if text.strip() != defaults[name]
        )

    def _mark_changed(self) -> None:
        """Mark the fields that differ from their default; unmark the others."""
        now = self._differing()
        for name in now ^ self._changed:
            label = self.query_one(f"#name-{name}", Static)
            label.update(Content(f"{_CHANGED if name in now else ' '} {name}"))
            label.set_class(name in now, "-changed")
        self._changed = now

    def _field(self, name: str) -> ComposeResult:
        with Horizontal(classes="setting"):
            yield Static(Content(f"  {name}"), id=f"name-{name}", classes="setting-name")
            yield Input(self._texts[name], compact=True, id=f"field-{name}")
            yield Static(Content(_help(name)), id=f"note-{name}", classes="setting-note")

    def _input(self, name: str) -> Input:
        return self.query_one(f"#field-{name}", Input)


def grouped_fields() -> dict[str, tuple[str, ...]]:
    """Return the fields below the first ones, by group."""
    return {
        group: tuple(name for name in names if name not in PROMINENT)
        for group, names in GROUPS.items()
    }


def describe_field(name: str) -> str:
    """Return a field's full help and its range."""
    if name == NAME:
        return f"{name}: {NAME_HELP}"
    setting = FIELDS[name]
    default = "" if name == "parallel" else f"; default {setting.format(setting.default)}"
    # Other settings use a comma, as the form explains.
    several = "; several: 16,32 | 8,16" if setting.kind == "ints" else ""
    choose = "; Enter lists them" if has_choices(name) else ""
    return f"{name}: {setting.help}; {setting.range_text}{default}{several}{choose}"


def _help(name: str) -> str:
    return NAME_HELP if name == NAME else FIELDS[name].help


def _field_name(field: Input) -> str:
    return (field.id or "").removeprefix("field-")
