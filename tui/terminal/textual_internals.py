"""Every use of a private part of Textual, and nothing else.

Textual may rename or drop such a part in any release. So each is named in `PARTS` and looked for
before it is used, and without it the app takes Textual's own, slower way. Parts that Textual itself
calls (methods that `PatientApp` overrides) are without effect where nobody calls them any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from importlib import import_module
from typing import Any, NamedTuple, Protocol

from rich.segment import Segment
from textual.app import App
from textual.cache import FIFOCache
from textual.dom import DOMNode
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget


class PrivatePart(NamedTuple):
    """A private part of Textual.

    Attributes:
        name: where Textual has it.
        purpose: what the app uses it for.
        without: what happens if it is missing.
        find: returns it, or raises if it is missing.
    """

    name: str
    purpose: str
    without: str
    find: Callable[[], object]

    @property
    def is_missing(self) -> bool:
        """Return whether this Textual lacks the part."""
        try:
            self.find()
        except (AttributeError, ImportError, LookupError, TypeError, ValueError):
            return True
        return False


# Parts of a line that are None until they are asked for.
_UNKNOWN_AT_FIRST = {"_render_cache", "_link_ids", "_cell_count"}


def _own_watcher() -> Any:
    """Return the watcher that Textual registers for a node that watches itself."""
    node = DOMNode()
    node.watch(node, "id", print, init=False)
    watcher, _ = getattr(node, "__watchers")["id"][0]
    return watcher


def _line_caches() -> dict[str, Callable[[], Any]]:
    """Return what makes each cache of a line, by its name.

    Raises ValueError where a line has other parts than `_start_line` knows.
    """
    line = Strip([], 0)
    parts = {name: getattr(line, name) for name in Strip.__slots__}
    caches = {name: one for name, one in parts.items() if isinstance(one, FIFOCache)}
    if parts.keys() - caches.keys() != {"_segments", "_cell_length", *_UNKNOWN_AT_FIRST}:
        raise ValueError(parts)
    return {name: partial(FIFOCache, one._maxsize) for name, one in caches.items()}


_PARSER = PrivatePart(
    "textual._xterm_parser.XTermParser.feed",
    "turns what a terminal sends into keys, in the event loop",
    "Textual's own thread reads the keys",
    lambda: import_module("textual._xterm_parser").XTermParser.feed,
)
_WATCHERS = PrivatePart(
    "__watchers",
    "lets go of widgets that are gone but watch others",
    "what they hold stays in memory until what they watch changes",
    lambda: _own_watcher().is_running,
)
_STYLES_CACHE = PrivatePart(
    "textual._styles_cache.StylesCache.get_inner_outer.cache_clear",
    "forgets the lines of a screen that was left",
    "the lines of the last thousand widgets stay in memory",
    lambda: import_module("textual._styles_cache").StylesCache.get_inner_outer.cache_clear,
)
_LINE_CACHES = PrivatePart(
    "textual.strip.Strip._segments",
    "makes the caches of a line when they are first used",
    "each line of a widget is made with its seven caches, a sixth of the time to draw it",
    _line_caches,
)

PARTS = (
    _PARSER,
    PrivatePart(
        "LinuxDriver.run_input_thread",
        "is replaced by the event loop",
        "Textual's own thread reads the keys",
        lambda: LinuxDriver.run_input_thread,
    ),
    PrivatePart(
        "App._background_screens",
        "draws nothing that lies below an opaque screen",
        "what moves there is drawn too",
        lambda: App._background_screens,
    ),
    PrivatePart(
        "App._handle_exception",
        "forgives a screen that is opened while the app is left",
        "leaving at that moment ends with a traceback",
        lambda: App._handle_exception,
    ),
    _WATCHERS,
    _STYLES_CACHE,
    _LINE_CACHES,
)
"""All private parts that the app uses."""


class KeyParser(Protocol):
    """Textual's parser of input."""

    def feed(self, data: str) -> Iterable[Message]:
        """Add characters, and return the messages that they complete."""


@cache
def key_parser() -> Callable[[], KeyParser] | None:
    """Return a factory of input parsers; None if this Textual has no suitable one."""
    if _PARSER.is_missing:
        return None
    found: Callable[[], KeyParser] = import_module("textual._xterm_parser").XTermParser
    return found


class PatientApp(App[None]):
    """An app that draws only visible screens, and can exit while a screen opens."""

    def forgives(self, error: Exception) -> bool:  # noqa: ARG002 - for subclasses
        """Return whether to ignore an error in the app's own loop."""
        return False

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        """Return the screens that are visible behind the top one.

        Textual counts the one below an opaque screen as well, and would send what moves there.
        """
        return [] if self.screen.styles.background.a == 1 else super()._background_screens

    def _handle_exception(self, error: Exception) -> None:
        if not self.forgives(error):
            super()._handle_exception(error)


@cache
def _watchers_are_known() -> bool:
    return not _WATCHERS.is_missing


def release(watched: DOMNode, leaving: Widget | None = None) -> None:
    """Have a node let go of the widgets that watch it and are gone, and of one that is leaving.

    Textual drops a watcher that is gone only when what it watched changes. Until then, every
    sampler that was left stayed in memory with its decoder, 7 MB, and so did every key of a footer.
    """
    if not _watchers_are_known():
        return
    for watchers in getattr(watched, "__watchers", {}).values():
        watchers[:] = [one for one in watchers if one[0] is not leaving and one[0].is_running]


def release_lines() -> None:
    """Clear the cached lines of widgets.

    Textual's cache of two colours is keyed by the drawing of a widget: it keeps the lines of the
    last thousand widgets, 1 MB for each screen that was left.
    """
    if not _STYLES_CACHE.is_missing:
        import_module("textual._styles_cache").StylesCache.get_inner_outer.cache_clear()


def _start_line(line: Any, segments: Iterable[Segment], cell_length: int | None = None) -> None:
    """Make a line, in the place of `Strip.__init__`."""
    line._segments = list(segments)
    line._cell_length = cell_length
    line._render_cache = line._link_ids = line._cell_count = None


@cache
def make_line_caches_late() -> None:
    """Have the lines of all widgets make a cache when it is first used.

    Textual makes seven for each line, of which most are never used.
    """
    if _LINE_CACHES.is_missing:
        return
    caches = _line_caches()

    def cache_of(line: Strip, name: str) -> object:
        """Make a cache that the line does not have yet."""
        if name not in caches:
            raise AttributeError(name)
        setattr(line, name, made := caches[name]())
        return made

    Strip.__init__ = _start_line  # type: ignore[method-assign, assignment]
    Strip.__getattr__ = cache_of  # type: ignore[attr-defined]
