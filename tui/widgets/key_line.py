"""The line of keys at the bottom of a screen."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.reactive import Reactive
from textual.widgets import Footer

from tui.terminal.textual_internals import release


class KeyLine(Footer):
    """Textual's footer, without the keys that it showed before."""

    def __init__(self) -> None:
        """Make the line; the command palette is not among the keys."""
        super().__init__(show_command_palette=False)

    def compose(self) -> ComposeResult:
        """Make the keys as wide as the line wants them.

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
        """Show the keys of this moment, and let go of those of before."""
        await super().recompose()
        release(self)
