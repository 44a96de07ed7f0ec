"""The keys of the form; everything that a function key does has a button or another key too."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from tui.presets import PRESETS

FORM_KEYS: Final[list[BindingType]] = [
    Binding("ctrl+s", "start", "Start", id="new.start", tooltip="Start training"),
    Binding("ctrl+y", "copy", "Copy command", id="new.copy", tooltip="Copy the command line"),
    # With priority, so that what is typed right after them goes into the next field.
    Binding("tab,down", "app.focus_next", "Next", id="new.next", show=False, priority=True),
    Binding(
        *("shift+tab,up", "app.focus_previous", "Previous"),
        id="new.previous",
        show=False,
        priority=True,
    ),
    Binding("ctrl+g", "app.glossary", "Words", id="new.words", tooltip="What the words mean"),
    Binding("f1", "app.help", "Help", id="new.help", tooltip="The keys of this screen"),
    Binding("escape", "dismiss", "Back", id="new.leave", tooltip="Start nothing"),
    Binding("ctrl+r", "reset", "Default", id="new.reset", tooltip="Reset to the default"),
    Binding("ctrl+o", "fold", "Unfold", id="new.fold", tooltip="Show all settings, or few"),
    *(
        Binding(
            f"f{at}",
            f"preset({name!r})",
            name,
            id=f"new.preset-{at}",
            tooltip=f"Fill in {name}; its button does too",
            show=False,
        )
        for at, name in enumerate(PRESETS, 5)
    ),
]
