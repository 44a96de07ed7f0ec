"""Footer with the keys of a screen."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.reactive import Reactive
from textual.widgets import Footer

from tui.terminal.textual_internals import release


class KeyLine(Footer):
    """Textual's footer, but it releases keys that it no longer shows."""

    def __init__(self) -> None:
        """Make the footer, without the key of the command palette."""
        super().__init__(show_command_palette=False)

    def compose(self) -> ComposeResult:
        """Compose the keys in their final width.

        Textual's own start compact and are told afterwards: it matches the styles of each three
        times, a sixth of the processor time in which a screen appears.
        """
        for child in super().compose():
            compact = getattr(type(child), "compact", None)
            if isinstance(compact, Reactive):
                child.set_reactive(compact, self.compact)
                child.set_class(self.compact, "-compact", update=False)
            yield child

    async def recompose(self) -> None:
        """Show the present keys, and release the previous ones."""
        await super().recompose()
        release(self)
