"""Pastes: all of the text arrives in a field of one line, or a word says that it does not."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.events import Paste
from textual.widgets import Input, TextArea


def take_paste(app: App[Any], paste: Paste) -> bool:
    """Prepare a paste for what has the focus; False where nothing can take it.

    Textual's fields take the first line and drop the others.
    """
    focused = app.focused
    if isinstance(focused, TextArea):
        return True
    if not isinstance(focused, Input):
        app.notify("Pasted text is not taken here.", severity="warning")
        return False
    lines = (line.strip() for line in paste.text.splitlines())
    paste.text = " ".join(line for line in lines if line)
    return True
