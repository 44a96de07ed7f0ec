"""Grid of as many images as fit at a size that the user may choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from tui.rendering.sizes import ImageSize, size_steps
from tui.widgets.cursor_keys import CURSOR_KEYS
from tui.widgets.images import ImageGrid


class SizedGrid(ImageGrid, can_focus=True):
    """Shows images at the chosen size, or else at the largest at which enough of them fit.

    Attributes:
        ENOUGH: number of images that should fit.
        FIRST_STEP: index of the largest size that is taken without being chosen.
        CAPTIONED: whether each image has a caption.
        image_size: height and width of an image in pixels.
    """

    BINDINGS: ClassVar[list[BindingType]] = CURSOR_KEYS
    ENOUGH: ClassVar[int]
    FIRST_STEP: ClassVar[int] = 0
    CAPTIONED: ClassVar[bool] = False

    @dataclass
    class RoomChanged(Message):
        """Posted when another number of images fits."""

        grid: SizedGrid

    def __init__(self, *, id: str | None = None) -> None:
        """Make an empty grid for images of 28x28 pixels."""
        super().__init__(framed=True, id=id)
        self.image_size = (28, 28)
        self._size_chosen = False

    def show_images_of(self, height: int, width: int) -> None:
        """Prepare for images of this size in pixels."""
        if (height, width) != self.image_size:
            self.image_size, self._size_chosen = (height, width), False
            self.on_resize()

    def on_resize(self) -> None:
        """Take the usual size, unless the user chose one."""
        if not self._size_chosen:
            self.tile_size = self.usual_size()
        self.post_message(self.RoomChanged(self))

    def usual_size(self) -> ImageSize:
        """Return the largest size at which enough images fit."""
        fitting = (
            size for size in self.steps[self.FIRST_STEP :] if self._fitting(size) >= self.ENOUGH
        )
        return next(fitting, self.smallest)

    def resize_images(self) -> None:
        """Choose the next smaller size; after the smallest, the largest that fits."""
        sizes = [size for size in self.steps if self._fitting(size)] or [self.smallest]
        at = sizes.index(self.tile_size) if self.tile_size in sizes else -1
        self._size_chosen = True
        self.tile_size = sizes[(at + 1) % len(sizes)]
        self.post_message(self.RoomChanged(self))

    def room(self) -> int:
        """Return how many images fit."""
        return self._fitting(self.tile_size or self.smallest)

    @property
    def steps(self) -> tuple[ImageSize, ...]:
        """The sizes to choose from, the largest first."""
        return size_steps(*self.image_size)

    @property
    def smallest(self) -> ImageSize:
        """The smallest size."""
        return self.steps[-1]

    def _fitting(self, size: ImageSize) -> int:
        return self.capacity(size, captioned=self.CAPTIONED)
