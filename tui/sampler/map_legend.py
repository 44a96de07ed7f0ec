"""The legend of the map: classes in their colours, which are shown and hidden by keys."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.rendering.scatter import label_color, label_symbol
from tui.sampler.map_points import UNLABELLED, MapClass
from tui.screen import Keys
from tui.text import fitted, shortened

LEGEND_COLUMNS: Final = 24
_COUNT_COLUMNS: Final = 6
_NAME_COLUMNS: Final = LEGEND_COLUMNS - _COUNT_COLUMNS - 8
_LEGIBLE_LABELS: Final = 12
# Cells of a label's name in one line; the first that fits is taken, 0 leaves the names out.
_NAME_LENGTHS: Final = (20, 12, 8, 6, 4, 3, 0)

key = Keys("legend")


class Legend(OptionList):
    """A line per class: whether it is shown, its symbol, its name, its images on the map."""

    DEFAULT_CSS = f"""
    Legend {{
        width: {LEGEND_COLUMNS};
        height: 1fr;
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        background: transparent;
        padding: 0;
        scrollbar-size-vertical: 1;
    }}
    Legend:focus {{ border: round $accent; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("space", "show_or_hide", "Show or hide", "Show or hide the class", show=True),
        key("enter", "only", "Only this", "Show this class only, or all again", show=True),
        key("a", "all", "All", "Show all classes", show=True),
        key("escape,slash", "leave", "Map", "Back to the map", show=True),
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]

    @dataclass
    class Toggled(Message):
        """A class is to be shown or hidden."""

        label: int

    @dataclass
    class Only(Message):
        """A class alone is to be shown, or all again."""

        label: int

    class All(Message):
        """All classes are to be shown."""

    class Left(Message):
        """The legend is left."""

    def __init__(self, *, id: str | None = None) -> None:
        """Make an empty legend."""
        super().__init__(id=id, markup=False)
        self.border_title = "classes"
        self._labels: list[int] = []

    def show(self, classes: Sequence[MapClass], highlighted: int = 0) -> None:
        """Show these classes; the cursor stays where it is if they are the same ones."""
        labels = [one.label for one in classes]
        shown = sum(one.shown for one in classes)
        self.border_subtitle = f"{shown} of {len(classes)} shown" if classes else ""
        if labels == self._labels:
            for at, one in enumerate(classes):
                self.replace_option_prompt_at_index(at, class_line(one))
            return
        self._labels = labels
        self.clear_options()
        self.add_options([Option(class_line(one)) for one in classes])
        self.highlighted = highlighted if classes else None

    def action_show_or_hide(self) -> None:
        """Show or hide the class under the cursor."""
        if self.highlighted is not None:
            self.post_message(self.Toggled(self._labels[self.highlighted]))

    def action_only(self) -> None:
        """Show the class under the cursor only, or all again."""
        if self.highlighted is not None:
            self.post_message(self.Only(self._labels[self.highlighted]))

    def action_all(self) -> None:
        """Show all classes."""
        self.post_message(self.All())

    def action_leave(self) -> None:
        """Go back to the map."""
        self.post_message(self.Left())

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Show or hide the class that was clicked."""
        event.stop()
        self.post_message(self.Toggled(self._labels[event.option_index]))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Nobody else needs to know."""
        event.stop()


def class_line(one: MapClass) -> Content:
    """A class as a line of the legend."""
    mark = "●" if one.shown else "○"
    text = f"{mark} {label_symbol(one.label)} "
    name = shortened(one.name, _NAME_COLUMNS)
    if name == label_symbol(one.label):
        name = ""
    rest = f"{fitted(name, _NAME_COLUMNS)} {one.images:>{_COUNT_COLUMNS},}"
    if not one.shown:
        return Content.styled(text + rest, "$text-muted")
    return Content.styled(text, f"bold {_color(one.label)}") + Content(rest)


def legend(classes: Sequence[MapClass], room: int) -> Content:
    """The classes in their colours, with their names as far as there is room, in one line.

    Args:
        classes: those that are hidden are grey.
        room: cells; names are shortened alike to fit, or left out.

    Returns:
        Nothing where the classes are too many to tell apart.
    """
    known = [one for one in classes if one.label != UNLABELLED]
    if len(known) > _LEGIBLE_LABELS:
        return Content("")
    for longest in _NAME_LENGTHS:
        texts = [_legend_text(one, longest) for one in known]
        if sum(cell_len(text) + 1 for text in texts) <= room:
            break
    colors = [f"bold {_color(one.label)}" if one.shown else "dim" for one in known]
    parts = [Content.styled(text, color) for text, color in zip(texts, colors, strict=True)]
    return Content(" ").join(parts)


def shown_classes(classes: Collection[MapClass]) -> str:
    """Which classes are shown, if not all: `class 4`, or `3 of 10 classes`."""
    shown = [one for one in classes if one.shown]
    if len(shown) == len(classes):
        return ""
    if len(shown) == 1:
        return f"class {shown[0].name} only" if shown[0].label != UNLABELLED else "no label only"
    return f"{len(shown)} of {len(classes)} classes"


def _legend_text(one: MapClass, longest: int) -> str:
    symbol = label_symbol(one.label)
    if one.name == str(one.label) or not longest:
        return symbol
    return f"{symbol} {shortened(one.name, longest)}"


def _color(label: int) -> str:
    return "#{:02x}{:02x}{:02x}".format(*label_color(label))
