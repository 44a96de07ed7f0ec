"""The line of keys at the bottom of a screen."""

from __future__ import annotations

from textual.widgets import Footer

from tui.widgets.release import release


class KeyLine(Footer):
    """Textual's footer, without the keys that it showed before."""

    def __init__(self) -> None:
        """Make the line; the command palette is not among the keys."""
        super().__init__(show_command_palette=False)

    async def recompose(self) -> None:
        """Show the keys of this moment, and let go of those of before."""
        await super().recompose()
        release(self)
