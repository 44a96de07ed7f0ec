"""Choose the size of images for the available room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.rendering.sizes import IMAGE_SIZES, ImageSize


@dataclass(frozen=True, slots=True)
class Tiling:
    """Layout of images in rows, with gaps of one cell and one line.

    Attributes:
        columns: width of an image in cells.
        rows: height of an image in lines.
        across: images in a row.
        visible: of these, how many are shown, from the left.
        down: rows of images that are shown.
    """

    columns: int
    rows: int
    across: int
    visible: int
    down: int

    def place(self, index: int) -> tuple[int, int] | None:
        """Return row and position in the row of an image; None if it is not visible."""
        row, column = divmod(index, self.across)
        return (row, column) if row < self.down and column < self.visible else None


def capacity(size: ImageSize, width: int, height: int, *, captioned: bool = False) -> int:
    """Return how many images of a size fit; a caption takes the line of the gap."""
    return _across(size, width) * _down(size, height, captioned)


def arrange(
    count: int,
    width: int,
    height: int,
    *,
    sizes: Sequence[ImageSize] = IMAGE_SIZES,
    across: int | None = None,
    captioned: bool = False,
) -> Tiling:
    """Give images the largest size at which all of them are shown.

    Where not even the smallest leaves room for all, the first rows (or, of rows whose length was
    asked for, the first images of each) are shown.

    Args:
        count: how many images.
        width: of the room, in cells.
        height: of the room, in lines.
        sizes: to choose from, the largest first.
        across: how many stand in a row; None takes as many as fit.
        captioned: a line below each row of images is needed for captions.
    """
    for candidate in sizes:
        tiling = _tiling(candidate, count, width, height, across, captioned)
        if tiling.visible == tiling.across and tiling.down * tiling.across >= count:
            return tiling
    return tiling


def _tiling(
    size: ImageSize, count: int, width: int, height: int, across: int | None, captioned: bool
) -> Tiling:
    fitting = _across(size, width)
    wanted = max(1, across or min(fitting, count))
    down = min(_down(size, height, captioned), -(-count // wanted))
    return Tiling(*size, across=wanted, visible=min(wanted, fitting), down=down)


def _across(size: ImageSize, width: int) -> int:
    return max(0, (width + 1) // (size[0] + 1))


def _down(size: ImageSize, height: int, captioned: bool) -> int:
    return max(0, (height + (not captioned)) // (size[1] + 1))
