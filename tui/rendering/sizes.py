"""Sizes of a 28x28 image in cells of a terminal, which are twice as high as wide."""

from __future__ import annotations

from typing import Final

ImageSize = tuple[int, int]
"""Columns and rows of cells that an image takes."""

IMAGE_SIZES: Final[tuple[ImageSize, ...]] = tuple((2 * rows, rows) for rows in range(14, 2, -1))
"""From the one without loss to the smallest that shows a digit."""

SIZE_STEPS: Final[tuple[ImageSize, ...]] = tuple(
    size for size in IMAGE_SIZES if size[1] in (14, 10, 7, 5, 4)
)
"""Those that a person chooses among, each some 1.4 times smaller than the one before."""

PRINTED_SIZES: Final = SIZE_STEPS[:-1]
"""Those of images among lines of text: down to the least in which a digit can be read."""
