"""Letting go of widgets that are gone: Textual itself keeps some of them, and what they hold."""

from __future__ import annotations

from textual.dom import DOMNode
from textual.widget import Widget


def release(watched: DOMNode, leaving: Widget | None = None) -> None:
    """Have a node let go of the widgets that watch it and are gone, and of one that is leaving.

    Textual drops a watcher that is gone only when what it watched changes; till then every sampler
    that was left stayed in memory with its decoder, 7 MB, and every key of a footer with them.
    """
    for watchers in getattr(watched, "__watchers", {}).values():
        watchers[:] = [one for one in watchers if one[0] is not leaving and one[0].is_running]


def release_lines(screen: Widget) -> None:
    """Forget the lines that the widgets of a screen have drawn.

    Textual's cache of two colours is keyed by the drawing of a widget: it keeps the lines of the
    last thousand widgets, 1 MB for each screen that was left.
    """
    clear = getattr(type(screen._styles_cache).get_inner_outer, "cache_clear", None)
    if clear is not None:
        clear()
