"""A page of images, each beside its reconstruction, with a cursor that goes on to other pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.message import Message

from tui.data_browser.model import pair_gap
from tui.rendering.sizes import ImageSize, size_steps
from tui.widgets.images import ImageGrid

_OVERVIEW: Final = 6
_ALL: Final = 10**9


class PairGrid(ImageGrid, can_focus=True):
    """As many pairs as fit, at the size that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1)", "Left", show=False),
        Binding("right,l", "move(1)", "Right", show=False),
        Binding("up,k", "move_row(-1)", "Up", show=False),
        Binding("down,j", "move_row(1)", "Down", show=False),
        Binding("pageup", "move_page(-1)", "Previous page", show=False),
        Binding("pagedown", "move_page(1)", "Next page", show=False),
        Binding("home", f"move(-{_ALL})", "First", show=False),
        Binding("end", f"move({_ALL})", "Last", show=False),
    ]

    @dataclass
    class RoomChanged(Message):
        """Another number of pairs fits."""

    @dataclass
    class Moved(Message):
        """The cursor is to be moved by so many images."""

        by: int

    def __init__(self, *, id: str | None = None) -> None:
        """Make an empty grid."""
        super().__init__(framed=True, id=id)
        self._sized_by_hand = False
        self._steps = size_steps(28, 58)

    def show_images_of(self, height: int, width: int) -> None:
        """Prepare for images of so many pixels."""
        steps = size_steps(height, 2 * width + pair_gap(width))
        if steps != self._steps:
            self._steps, self._sized_by_hand = steps, False
            self.on_resize()

    def on_resize(self) -> None:
        """Take a size at which a good number of pairs fits, unless one was chosen."""
        if not self._sized_by_hand:
            fitting = [size for size in self._steps if self._fitting(size) >= _OVERVIEW]
            self.tile_size = fitting[0] if fitting else self._steps[-1]
        self.post_message(self.RoomChanged())

    def room(self) -> int:
        """How many pairs fit."""
        return max(1, self._fitting(self.tile_size or self._steps[-1]))

    def resize_pairs(self) -> None:
        """Take the next smaller size; after the smallest the largest that fits."""
        sizes = [size for size in self._steps if self._fitting(size)] or [self._steps[-1]]
        at = sizes.index(self.tile_size) if self.tile_size in sizes else -1
        self._sized_by_hand = True
        self.tile_size = sizes[(at + 1) % len(sizes)]
        self.post_message(self.RoomChanged())

    def action_move(self, by: int) -> None:
        """Move the cursor by so many images."""
        self.post_message(self.Moved(by))

    def action_move_row(self, by: int) -> None:
        """Move the cursor up or down."""
        self.post_message(self.Moved(by * max(1, self.tiling.across)))

    def action_move_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self.post_message(self.Moved(by * self.room()))

    def _fitting(self, size: ImageSize) -> int:
        return self.capacity(size, captioned=True)
