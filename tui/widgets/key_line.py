"""Footer with the keys of a screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Label

from tui.terminal.textual_internals import release

_HELP: Final = "help"


class KeyLine(Footer):
    """Textual's footer, but it stays as it is where the keys do, and releases those that it had."""

    def __init__(self) -> None:
        """Make the footer, without the key of the command palette."""
        super().__init__(show_command_palette=False)
        self._shown: list[tuple[object, ...]] | None = None

    def compose(self) -> ComposeResult:
        """Compose the keys in their final width.

        Textual's own start compact and change afterwards: it matches the styles of each three
        times, a sixth of the processor time in which a screen appears.
        """
        for child in super().compose():
            compact = getattr(type(child), "compact", None)
            if isinstance(compact, Reactive):
                child.set_reactive(compact, self.compact)
                child.set_class(self.compact, "-compact", update=False)
            yield child

    def bindings_changed(self, screen: Screen[Any]) -> None:
        """Show the first keys also in a window without the focus: Textual would wait for it."""
        super().bindings_changed(screen)
        waits = not self.app.app_focus and not self.children
        if waits and self.is_attached and screen is self.screen:
            self.call_after_refresh(self.recompose)

    async def recompose(self) -> None:
        """Show the present keys, if they are others, and release the previous ones.

        A screen often asks for it where nothing changed: a third of the processor time of a page.
        """
        if not self.is_attached:
            return
        shown = self._keys()
        # The first keys come after the screen's.
        if shown != self._shown or not self.children:
            self._shown = shown
            await super().recompose()
            release(self)
        self.fit()

    def on_resize(self) -> None:
        """Show as many keys as fit now."""
        self.fit()

    def fit(self) -> None:
        """Hide whole keys where not all have room, the last ones first, but never the way out.

        Textual would cut off what does not fit, and with it the keys to leave and of the help.
        """
        room = self.size.width
        if not room:
            return
        parts = _parts(self.children)
        # The blank cell behind the last one may be cut off.
        left = sum(map(_width, parts)) - room - 1
        hidden = set()
        for part in reversed(parts):
            if left > 0 and not any(_is_kept(one) for one in part):
                hidden.update(part)
                left -= _width(part)
        for child in self.children:
            if child.display == (child in hidden):
                child.display = child not in hidden

    def _keys(self) -> list[tuple[object, ...]]:
        """All that the keys show."""
        return [
            (binding, enabled, tooltip, self.app.get_key_display(binding))
            for _, binding, enabled, tooltip in self.screen.active_bindings.values()
            if binding.show
        ]


def _parts(children: Sequence[Widget]) -> list[list[Widget]]:
    """Keys, and groups of keys with the label that follows them."""
    parts: list[list[Widget]] = []
    for child in children:
        if isinstance(child, Label) and parts:
            parts[-1].append(child)
        else:
            parts.append([child])
    return parts


def _is_kept(widget: Widget) -> bool:
    keys, action = getattr(widget, "key", ""), getattr(widget, "action", "")
    return keys == "escape" or action == _HELP


def _width(part: Sequence[Widget]) -> int:
    return sum(map(_outer_width, part))


def _outer_width(widget: Widget) -> int:
    """Cells that a part of the line takes once it is laid out."""
    around = widget.styles.gutter.width + widget.styles.margin.width
    if isinstance(widget, HorizontalGroup):
        return around + sum(map(_outer_width, widget.children))
    return around + widget.get_content_width(widget.screen.size, widget.screen.size)
