"""Keys that mean the same on every screen."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

APP_KEYS: Final[list[BindingType]] = [
    Binding("question_mark", "help", "Help", id="app.help", tooltip="The keys of this screen"),
    # Ctrl+C too: users expect it to return the terminal.
    Binding("q,ctrl+c", "quit", "Quit", id="app.quit", show=False, tooltip="Quit; runs continue"),
    Binding(
        "ctrl+z",
        "suspend_process",
        "Suspend",
        id="app.suspend",
        show=False,
        tooltip="Back to the shell; fg comes back here",
    ),
    Binding(
        "W",
        "glossary",
        "Words",
        id="app.glossary",
        tooltip="Explain KL, ELBO, z and other terms",
    ),
    # In a text field, a question mark or a letter is text.
    Binding("ctrl+g", "glossary", "Words", show=False, tooltip="Explain terms"),
    # byobu and VS Code capture F1, VS Code Ctrl+P too.
    Binding("f1,ctrl+underscore", "help", "Help", show=False, tooltip="The keys of this screen"),
    Binding(
        *("ctrl+l", "redraw", "Redraw"),
        id="app.redraw",
        show=False,
        tooltip="Redraw the screen",
    ),
    Binding(
        *("P", "next_graphics", "Pixels"),
        id="app.graphics",
        show=False,
        tooltip="Images in blocks, or in pixels where the terminal has them",
    ),
    # Explicit, since Textual would add its own otherwise.
    Binding(
        *("ctrl+p", "command_palette", "Palette"),
        show=False,
        priority=True,
        tooltip="Open the command palette",
    ),
    Binding("colon", "command_palette", "Palette", show=False, tooltip="Search all commands"),
]
