"""Rows of images, a column per model, with a cursor that goes on to other rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.rendering.sizes import ImageSize, size_steps
from tui.widgets.images import ImageGrid
from tui.widgets.tiling import arrange

_GOOD_ROWS: Final = 3
_ALL: Final = 10**9
_MARGIN: Final = 2


class RowGrid(ImageGrid, can_focus=True):
    """As many rows as fit, at the largest size at which there are at least three."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("left,h", "move_column(-1)", "Left", show=False),
        Binding("right,l", "move_column(1)", "Right", show=False),
        Binding("pageup", "move_page(-1)", "Previous page", show=False),
        Binding("pagedown", "move_page(1)", "Next page", show=False),
        Binding("home", f"move(-{_ALL})", "First", show=False),
        Binding("end", f"move({_ALL})", "Last", show=False),
    ]

    @dataclass
    class RoomChanged(Message):
        """Another number of rows fits."""

    @dataclass
    class Moved(Message):
        """Posted to move the cursor down and across."""

        rows: int
        columns: int = 0

    @dataclass
    class Picked(Message):
        """An image is clicked: its row on the page, and its column."""

        row: int
        column: int

    def __init__(self, *, id: str | None = None) -> None:
        """Make an empty grid."""
        super().__init__(framed=True, id=id)
        self._columns = 1
        self._chosen = [0]
        self._steps = size_steps(28, 28)

    def show_images_of(self, height: int, width: int, columns: int) -> None:
        """Prepare for rows of images of this size in pixels."""
        steps = size_steps(height, width)
        if (steps, columns) != (self._steps, self._columns):
            self._steps, self._columns = steps, columns
            self._choose_size()

    def on_resize(self) -> None:
        """Take another size, and tell how many rows fit now."""
        self._choose_size()
        self.post_message(self.RoomChanged())

    def room(self) -> int:
        """How many rows fit."""
        return max(1, self._rows_of(self.tile_size or self._steps[-1]))

    def columns_shown(self) -> int:
        """How many images of a row fit, at least one."""
        return max(1, self._fitting(self.tile_size or self._steps[-1]))

    def show_rows(
        self, images: NDArray[np.uint8], captions: Sequence[Sequence[str]], row: int, column: int
    ) -> None:
        """Show rows of images, with the cursor on one of them.

        Args:
            images: (rows, columns, h, w) or (rows, columns, h, w, 3).
            captions: a short text below each.
            row: of the cursor.
            column: of the cursor.
        """
        shown = self.columns_shown()
        # The first column stays; of the others those around the cursor.
        first = max(1, min(column - shown + 2, images.shape[1] - shown + 1))
        chosen = [0, *range(first, min(images.shape[1], first + shown - 1))]
        if shown == 1:
            chosen = [column]
        flat = images[:, chosen].reshape(-1, *images.shape[2:])
        texts = [texts[at] for texts in captions for at in chosen]
        self._chosen = chosen
        self.show(flat, captions=texts, columns=len(chosen))
        self.selected = row * len(chosen) + chosen.index(column) if len(flat) else None

    def on_click(self, event: events.Click) -> None:
        """Pick the image under the mouse; the base has put the frame on it."""
        offset = event.get_content_offset(self)
        index = None if offset is None else self.index_at(*offset)
        if index is not None:
            row, at = divmod(index, len(self._chosen))
            self.post_message(self.Picked(row, self._chosen[at]))

    def action_move(self, by: int) -> None:
        """Move the cursor by some rows."""
        self.post_message(self.Moved(by))

    def action_move_column(self, by: int) -> None:
        """Move the cursor to another model."""
        self.post_message(self.Moved(0, by))

    def action_move_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self.post_message(self.Moved(by * self.room()))

    def _choose_size(self) -> None:
        fitting = [
            size
            for size in self._steps
            if self._fitting(size) >= self._columns and self._rows_of(size) >= _GOOD_ROWS
        ]
        across = [size for size in self._steps if self._fitting(size) >= self._columns]
        self.tile_size = (fitting or across[-1:] or [self._steps[-1]])[0]

    def _fitting(self, size: ImageSize) -> int:
        return max(0, (self.size.width - _MARGIN + 1) // (size[0] + 1))

    def _rows_of(self, size: ImageSize) -> int:
        height = self.size.height - _MARGIN
        return arrange(_ALL, size[0], height, sizes=(size,), across=1, captioned=True).down
