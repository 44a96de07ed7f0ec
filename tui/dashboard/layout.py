"""What fits on the dashboard: all parts at once, or a page; and how large its images are."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Size

from tui.rendering.sizes import IMAGE_SIZES, ImageSize

PAGES = {
    "charts": "Charts",
    "digits": "Images",
    "samples": "Samples",
    "latent": "Latent",
    "log": "Log",
}
"""Names of the parts by id, in the order of their keys."""

WHOLE_COLUMNS, WHOLE_ROWS = 110, 34
"""Minimum size to show all parts at once; smaller terminals show one page at a time."""

ACROSS = 5
"""Minimum number of images per row, unless the terminal is too narrow."""

MARGINS = 2
"""Cells left and right of a part."""

_HEAD_ROWS = 4
_MOST_OF_WIDTH = 0.63
_START_COLUMNS = 32
_ROWS_AROUND = 5


def shows_whole(width: int, height: int) -> bool:
    """Return whether all parts fit on a terminal of this size."""
    return width >= WHOLE_COLUMNS and height >= WHOLE_ROWS


def whole_tile(width: int, height: int, sizes: Sequence[ImageSize] = IMAGE_SIZES) -> ImageSize:
    """Return the size of images if all parts are shown.

    Five images over their reconstructions and two rows of samples fit below each other, and leave
    more than a third of the width to the charts.
    """
    room_across = int(width * _MOST_OF_WIDTH)
    # Each part has a title, and a line between two rows of images.
    room_down = (height - _HEAD_ROWS) // 2 - 2
    return tile_for(room_across, room_down, sizes)


def tile_for(width: int, height: int, sizes: Sequence[ImageSize] = IMAGE_SIZES) -> ImageSize:
    """Return the largest size at which two rows of five images fit, or of fewer if none does."""
    for across in range(ACROSS, 0, -1):
        for columns, rows in sizes:
            if across * (columns + 1) - 1 <= width and 2 * rows + 1 <= height:
                return columns, rows
    return sizes[-1]


def fits_start(terminal: Size, tile: ImageSize) -> bool:
    """Return whether the stages of the start fit beside two parts of images of this size."""
    columns = _START_COLUMNS + tiles_width(tile) + MARGINS
    # Each part has a title and two rows of images with a line between them.
    rows = 2 * (2 * tile[1] + 2) + _ROWS_AROUND
    return columns <= terminal.width and rows <= terminal.height


def tiles_width(tile: ImageSize) -> int:
    """Return the width of a row of five images."""
    return ACROSS * (tile[0] + 1) - 1
