"""Sizes of images in terminal cells, which are twice as high as wide."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

ImageSize = tuple[int, int]
"""Columns and rows of cells that an image takes."""


class CellSize(NamedTuple):
    """Pixels of one cell of the terminal."""

    width: int
    height: int


USUAL_CELL: Final = CellSize(8, 16)
"""Where the terminal does not tell."""

_SMALLEST_ROWS: Final = 3
_SHRINK: Final = 2**0.5


@lru_cache(maxsize=64)
def image_sizes(height: int, width: int) -> tuple[ImageSize, ...]:
    """List the sizes of an image of this many pixels, largest first.

    From the one with a half block for each pixel, which is without loss, to three rows.
    """
    largest = -(-height // 2)
    smaller = range(largest - 1, _SMALLEST_ROWS - 1, -1)
    sizes = ((max(1, round(2 * rows * width / height)), rows) for rows in smaller)
    return ((width, largest), *sizes)


@lru_cache(maxsize=64)
def size_steps(height: int, width: int) -> tuple[ImageSize, ...]:
    """Select sizes of `image_sizes` to choose from, each about 1.4 times smaller."""
    largest, *smaller = image_sizes(height, width)
    steps = [largest]
    for size in smaller:
        if size[1] > _SMALLEST_ROWS and size[1] <= round(steps[-1][1] / _SHRINK):
            steps.append(size)
    return tuple(steps)


IMAGE_SIZES: Final = image_sizes(28, 28)
"""Of a 28x28 image."""
