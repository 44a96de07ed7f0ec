"""What of the dashboard has room on a terminal, and how large its images can be."""

from __future__ import annotations

from tui.rendering.sizes import IMAGE_SIZES, ImageSize

WHOLE_COLUMNS, WHOLE_ROWS = 110, 34
"""From this size on everything is shown at once, else one page at a time."""

ACROSS = 5
"""So many digits stand side by side at least, unless the terminal is too narrow."""

_HEAD_ROWS = 4
_MOST_OF_WIDTH = 0.63


def shows_whole(width: int, height: int) -> bool:
    """Whether a terminal of this size shows everything at once."""
    return width >= WHOLE_COLUMNS and height >= WHOLE_ROWS


def whole_tile(width: int, height: int) -> ImageSize:
    """The size of images where everything is shown at once.

    Five digits over their reconstructions and two rows of samples fit below each other, and leave
    more than a third of the width to the charts.
    """
    room_across = int(width * _MOST_OF_WIDTH)
    # Each part has a title, and a line between its two rows.
    room_down = (height - _HEAD_ROWS) // 2 - 2
    return tile_for(room_across, room_down)


def tile_for(width: int, height: int) -> ImageSize:
    """The largest size at which two rows of five images fit, or of fewer where none does."""
    for across in range(ACROSS, 0, -1):
        for columns, rows in IMAGE_SIZES:
            if across * (columns + 1) - 1 <= width and 2 * rows + 1 <= height:
                return columns, rows
    return IMAGE_SIZES[-1]


def tiles_width(tile: ImageSize) -> int:
    """Cells that five images take side by side."""
    return ACROSS * (tile[0] + 1) - 1
