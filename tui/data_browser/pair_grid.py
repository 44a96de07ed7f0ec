"""A page of images, each beside its reconstruction, with a cursor that goes on to other pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from textual.message import Message

from tui.data_browser.page import pair_gap
from tui.widgets.sized_grid import SizedGrid

_ALL: Final = 10**9


class PairGrid(SizedGrid):
    """As many pairs as fit, at the size that was chosen."""

    ENOUGH: ClassVar[int] = 6
    CAPTIONED: ClassVar[bool] = True

    @dataclass
    class Moved(Message):
        """Posted to move the cursor by `by` images."""

        by: int

    def show_images_of(self, height: int, width: int) -> None:
        """Prepare for pairs of images of this size in pixels."""
        super().show_images_of(height, 2 * width + pair_gap(width))

    def room(self) -> int:
        """How many pairs fit; at least one, so that a page is never empty."""
        return max(1, super().room())

    def action_move(self, across: int, down: int) -> None:
        """Move the cursor across and down."""
        self.post_message(self.Moved(across + down * max(1, self.tiling.across)))

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self.post_message(self.Moved(direction * self.room()))

    def action_end(self, index: int) -> None:
        """Move the cursor to the first or the last image."""
        self.post_message(self.Moved(_ALL if index else -_ALL))
