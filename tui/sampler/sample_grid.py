"""Grid of samples; the arrow keys select one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.message import Message

from tui.rendering.sizes import ImageSize, image_sizes, size_steps
from tui.widgets.images import ImageGrid

# The two largest sizes show details, but too few samples.
_USUAL: Final = 2
_OVERVIEW: Final = 12


class SampleGrid(ImageGrid, can_focus=True):
    """Shows as many samples as fit, at the chosen size."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1, 0)", "Left", show=False),
        Binding("right,l", "move(1, 0)", "Right", show=False),
        Binding("up,k", "move(0, -1)", "Up", show=False),
        Binding("down,j", "move(0, 1)", "Down", show=False),
        Binding("home", "ends(0)", "First", show=False),
        Binding("end", "ends(-1)", "Last", show=False),
        Binding("pageup", "move(0, -99)", "Top", show=False),
        Binding("pagedown", "move(0, 99)", "Bottom", show=False),
    ]

    @dataclass
    class RoomChanged(Message):
        """Posted when another number of samples fits."""

        grid: SampleGrid

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(framed=True, id=id)
        self._sized_by_hand = False
        self._steps = size_steps(28, 28)
        self._all_sizes = image_sizes(28, 28)

    def show_images_of(self, height: int, width: int) -> None:
        """Set the size of the images in pixels."""
        steps = size_steps(height, width)
        if steps != self._steps:
            self._steps, self._sized_by_hand = steps, False
            self._all_sizes = image_sizes(height, width)
            self.on_resize()

    def on_resize(self) -> None:
        """Choose a size at which a good number of samples fits, unless the user chose one."""
        if not self._sized_by_hand:
            self.tile_size = self.usual_size()
        self.post_message(self.RoomChanged(self))

    def usual_size(self) -> ImageSize:
        """The size to begin with."""
        usual = self._steps[_USUAL:] or self._steps[-1:]
        fitting = [size for size in usual if self.capacity(size) >= _OVERVIEW]
        return fitting[0] if fitting else self._smallest

    def room(self, *, captioned: bool = False) -> int:
        """Number of samples that fit."""
        return self.capacity(self.tile_size or self._smallest, captioned=captioned)

    def resize_samples(self) -> None:
        """Choose the next smaller size; after the smallest, the largest that fits."""
        sizes = [size for size in self._steps if self.capacity(size)] or [self._smallest]
        at = sizes.index(self.tile_size) if self.tile_size in sizes else -1
        self._sized_by_hand = True
        self.tile_size = sizes[(at + 1) % len(sizes)]
        self.post_message(self.RoomChanged(self))

    @property
    def _smallest(self) -> ImageSize:
        return self._steps[-1]

    def action_move(self, across: int, down: int) -> None:
        """Select a neighbour; at the edge the selection stays."""
        tiling, count = self.tiling, len(self.images)
        if not count or not tiling.visible:
            return
        row, column = divmod(self.selected or 0, tiling.across)
        column = min(tiling.visible - 1, max(0, column + across))
        row = min(tiling.down - 1, max(0, row + down))
        self.selected = min(row * tiling.across + column, count - 1)

    def action_ends(self, index: int) -> None:
        """Select the first or the last sample."""
        if count := len(self.images):
            self.selected = index % count
