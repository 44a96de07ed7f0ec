"""Screens that can be left but once, however fast the keys come."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, Screen, ScreenResultType

from tui.terminal import garbage, heap
from tui.widgets.release import release, release_lines


class LeavableScreen(Screen[ScreenResultType]):
    """All screens of the app that lie over another one are left by `dismiss`."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave the screen, if it is still on top.

        A key that was pressed before the last one had worked still reaches a screen that was left:
        Textual would take the screen below away as well, or end the app where there is none.
        """
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def on_unmount(self) -> None:
        """Have the app let go of this screen and its widgets."""
        release(self.app, leaving=self)
        release_lines(self)
        self.app.call_later(garbage.collect)
        self.app.call_later(heap.give_back)


class Dialog(LeavableScreen[ScreenResultType], ModalScreen[ScreenResultType]):
    """A question over a screen, which shines through."""
