"""Layout of a plane through latent space, and the values along its edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rich.segment import Segment
from rich.style import Style

from tui.rendering.runs import Line
from tui.rendering.sizes import IMAGE_SIZES, ImageSize
from tui.sampler.latent import normal_quantile

Shares = tuple[float, float]
"""Shares of N(0, 1) to the left and below, as in `Plane`."""

# Evenly spaced quantiles: whole numbers would be spaced unevenly. The first ones have precedence.
_TICK_SHARES: Final = (0.5, 0.1, 0.9, 0.3, 0.7)
LABELS: Final = 5
"""Width of the values at the left edge, in cells."""
_EMPTY_ROWS: Final = 1
_LEAST_ACROSS, _LEAST_DOWN = 7, 5
_SMALLEST_ROWS: Final = 4


@dataclass(frozen=True, slots=True)
class Canvas:
    """Area of the widget that shows the plane: whole images, side by side.

    Attributes:
        tile: cells of one decoded image.
        across: images in a row.
        down: rows of images.
    """

    tile: ImageSize
    across: int
    down: int

    @property
    def width(self) -> int:
        """Width in cells."""
        return self.tile[0] * self.across

    @property
    def height(self) -> int:
        """Height in cells."""
        return self.tile[1] * self.down

    def cell(self, place: Shares) -> tuple[int, int]:
        """Return column and row of a place."""
        x = min(self.width - 1, max(0, int(place[0] * self.width)))
        y = min(self.height - 1, max(0, int((1 - place[1]) * self.height)))
        return x, y

    def place(self, x: int, y: int) -> Shares:
        """Return the middle of the nearest cell, or of the plane if there are no cells."""
        if not self.width or not self.height:
            return 0.5, 0.5
        x = min(self.width - 1, max(0, x))
        y = min(self.height - 1, max(0, y))
        return (x + 0.5) / self.width, 1 - (y + 0.5) / self.height


def fit_canvas(width: int, height: int, sizes: Sequence[ImageSize] = IMAGE_SIZES) -> Canvas:
    """Choose the canvas for a size in cells, with the largest images that give an overview."""
    width, height = max(0, width - LABELS), max(0, height - 1)
    large = [tile for tile in sizes if tile[1] >= _SMALLEST_ROWS] or sizes[:1]
    tiles = [
        tile
        for tile in large
        if width // tile[0] >= _LEAST_ACROSS and height // tile[1] >= _LEAST_DOWN
    ] or large[-1:]
    # The largest size that leaves hardly a row empty, otherwise the one that leaves the fewest.
    full = [tile for tile in tiles if height % tile[1] <= _EMPTY_ROWS]
    tile = full[0] if full else min(tiles, key=lambda one: height % one[1])
    return Canvas(tile, width // tile[0], height // tile[1])


def lower_axis(canvas: Canvas, x: int, share: float, paper: Style, here: Style) -> Line:
    """Draw the values along the lower edge, and that of the cursor below it."""
    text = [" "] * (LABELS + canvas.width)
    for tick in _TICK_SHARES:
        label = value_text(tick)
        start = LABELS + min(int(tick * canvas.width) - len(label) // 2, canvas.width - len(label))
        if not "".join(text[max(0, start - 1) : start + len(label) + 1]).strip():
            text[start : start + len(label)] = label
    label = value_text(share)
    start = min(max(LABELS, LABELS + x - len(label) // 2), len(text) - len(label))
    end = start + len(label)
    # Ticks that the cursor's value would touch are left out.
    before, after = "".join(text[:start]), "".join(text[end:])
    if before and before[-1] != " ":
        before = before[: before.rfind(" ") + 1].ljust(start)
    if after and after[0] != " ":
        after = (
            after[after.find(" ") :].rjust(len(text) - end) if " " in after else " " * len(after)
        )
    return [Segment(before, paper), Segment(label, here), Segment(after, paper)]


def side_label(canvas: Canvas, y: int) -> str:
    """Return the value at the left edge of a line, if it has one."""
    for tick in _TICK_SHARES:
        if min(canvas.height - 1, int(round((1 - tick) * canvas.height, 6))) == y:
            return value_text(tick)
    return ""


def value_text(share: float) -> str:
    """Format the quantile of N(0, 1) at a share: `+0.5`, or `0`."""
    text = f"{float(normal_quantile(np.array([share]))[0]):+.1f}"
    return "0" if text in ("+0.0", "-0.0") else text
