"""Private parts of Textual that tests use, so that an update that drops one breaks one module."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from textual.app import App
from textual.geometry import Size
from textual.keys import _character_to_key as character_to_key
from textual.notifications import Notification
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets._footer import FooterKey

__all__ = [
    "FooterKey",
    "character_to_key",
    "has_exited",
    "notifications",
    "running",
    "screen_lines",
    "set_size",
    "styles_cache",
]


def screen_lines(app: App[Any]) -> list[Strip]:
    """The lines of the present screen, as they are drawn."""
    return app.screen._compositor.render_strips(app.size)


def notifications(app: App[Any]) -> list[Notification]:
    """The notifications that were shown and have not gone yet."""
    shown: Iterable[Notification] = app._notifications
    return list(shown)


def has_exited(app: App[Any]) -> bool:
    """Whether the app was told to leave."""
    return app._exit


def running(app: App[Any]) -> asyncio.Task[None]:
    """The task of an app that runs."""
    assert app._task is not None
    return app._task


def set_size(app: App[Any], width: int, height: int) -> None:
    """Have an app that does not run believe in this size."""
    app._size = Size(width, height)


def styles_cache(widget: Widget) -> object:
    """The cache that keeps the drawn lines of a widget."""
    return widget._styles_cache
