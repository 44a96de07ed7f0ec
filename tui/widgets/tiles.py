"""The images of a grid as lines of cells: in blocks, or as text that shows pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from textual.widget import Widget

from tui.rendering.images import Display, render_lines
from tui.rendering.runs import Line
from tui.rendering.sizes import ImageSize
from tui.widgets.pixel_tiles import PixelTiles

# Of an image as blocks, on average.
_BYTES_PER_CELL = 13


class Tiles:
    """The lines of each image of a widget that is shown, by index.

    Attributes:
        pixels: what the terminal keeps, where it shows pixels.
        lines: as they were drawn last.
    """

    def __init__(self, widget: Widget) -> None:
        """Begin without images, on behalf of a widget that may not be mounted yet."""
        self.pixels = PixelTiles(widget)
        self.lines: dict[int, list[Line]] = {}
        self._images: NDArray[np.uint8] = np.zeros((0, 1, 1), np.uint8)
        self._size: ImageSize = (1, 1)
        self._display = Display()
        self._in_pixels: set[int] = set()
        self._covered: dict[int, list[Line]] = {}

    def begin(self, size: ImageSize, display: Display, shown: Sequence[int]) -> None:
        """Have no lines, and draw at this size from now on; the terminal keeps what is shown."""
        self.lines, self._covered, self._in_pixels = {}, {}, set()
        self._size, self._display = size, display
        self.pixels.keep(shown if self.pixels.fits(size) else ())

    def draw(self, images: NDArray[np.uint8], indices: Sequence[int]) -> int:
        """Draw some of the images.

        Args:
            images: all of them, (n, h, w) or (n, h, w, 3).
            indices: of those that are drawn.

        Returns:
            What they cost the link, in cells of blocks.
        """
        self._images = images
        self._covered.clear()
        before = self.pixels.sent_bytes
        blocks = [index for index in indices if not self._draw_pixels(index)]
        self.lines |= self._blocks(blocks)
        self._in_pixels.difference_update(blocks)
        columns, rows = self._size
        return len(blocks) * columns * rows + (self.pixels.sent_bytes - before) // _BYTES_PER_CELL

    def needs_refresh(self, indices: Sequence[int]) -> bool:
        """Whether the text changes with these images; that of pixels stays the same."""
        return not (self.pixels.are_seen and self._in_pixels.issuperset(indices))

    def shown(self) -> dict[int, list[Line]]:
        """The lines to show now: blocks where a dialog shades pixels."""
        if not self._in_pixels or self.pixels.are_seen:
            return self.lines
        if not self._covered:
            self._covered = self.lines | self._blocks(sorted(self._in_pixels))
        return self._covered

    def _draw_pixels(self, index: int) -> bool:
        if not (self.pixels.are_used and self.pixels.fits(self._size)):
            return False
        lines = self.pixels.draw(index, self._images[index], self._size)
        if lines is None:
            return False
        self.lines[index] = lines
        self._in_pixels.add(index)
        return True

    def _blocks(self, indices: Sequence[int]) -> dict[int, list[Line]]:
        if not indices:
            return {}
        columns, rows = self._size
        lines = render_lines(self._images[list(indices)], columns, rows, self._display)
        return {index: lines[at * rows : (at + 1) * rows] for at, index in enumerate(indices)}
