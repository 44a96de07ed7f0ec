"""Type keys, and read the screen."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from tests.tui.textual_internals import character_to_key, notifications, screen_lines


def burst(app: App[Any], *keys: str) -> None:
    """Press keys faster than the app works, as they arrive over a slow link."""
    for key in keys:
        one = len(key) == 1
        app.post_message(events.Key(character_to_key(key) if one else key, key if one else None))


async def type_text(pilot: Pilot[Any], text: str) -> None:
    """Type characters; `press` wants the names of keys."""
    for character in text:
        await pilot.press(_KEYS.get(character, character))


def text_of(app: App[Any], selector: str) -> str:
    """What a Static of the present screen shows."""
    return str(app.screen.query_one(selector, Static).visual)


def screen_text(app: App[Any]) -> str:
    """Every cell of the present screen as text, line by line."""
    return "\n".join("".join(segment.text for segment in line) for line in screen_lines(app))


def toasts(app: App[Any]) -> list[str]:
    """The messages that were shown and have not gone yet."""
    return [notification.message for notification in notifications(app)]


_KEYS = {
    " ": "space",
    "=": "equals_sign",
    "<": "less_than_sign",
    ">": "greater_than_sign",
    ":": "colon",
    ",": "comma",
    "+": "plus",
    "-": "minus",
    ".": "full_stop",
    "/": "slash",
    "'": "apostrophe",
    '"': "quotation_mark",
    "_": "underscore",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
}
