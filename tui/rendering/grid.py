"""Render many images in a grid, with gaps of one cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment

from tui.rendering.images import Display, render_lines
from tui.rendering.runs import Line
from tui.rendering.sampling import Image
from vae_engine.errors import SettingError

_GAP: Final = Segment(" ")


@dataclass(frozen=True, slots=True)
class GridLayout:
    """Layout of equally sized images, from left to right, then from top to bottom.

    Attributes:
        columns: width of an image in cells.
        rows: height of an image in lines, without its caption.
        across: how many images stand side by side.
    """

    columns: int
    rows: int
    across: int

    def capacity(self, height: int, *, captions: bool = False) -> int:
        """Return how many images fit into this many lines, with or without captions.

        A caption stands in the line that otherwise is the gap, so only the last ones need room.
        """
        return self.across * ((height if captions else height + 1) // (self.rows + 1))


def fit_grid(width: int, columns: int, rows: int) -> GridLayout:
    """Return the grid of images of ``columns`` x ``rows`` cells that fits a width.

    Where not even one image fits, it is made smaller in proportion.

    Raises:
        SettingError: the width or the size of an image is less than one cell.
    """
    if min(width, columns, rows) < 1:
        raise SettingError(
            f"a grid {width} wide of images of {columns} x {rows} cells has no room; give 1 or more"
        )
    if columns > width:
        return GridLayout(width, max(1, round(rows * width / columns)), 1)
    return GridLayout(columns, rows, (width + 1) // (columns + 1))


def render_grid(
    images: Image, grid: GridLayout, display: Display, captions: Sequence[str] | None = None
) -> list[Line]:
    """Render images in a grid.

    Args:
        images: ``(N, H, W)`` uint8.
        grid: where they stand.
        display: how they are shown.
        captions: a line of text for each image, to stand below it; cut to its width. Characters
            that are not printable, such as those of control sequences, are shown as ``·``.

    Returns:
        The lines, at most ``grid.across * (grid.columns + 1) - 1`` cells wide.

    Raises:
        DatasetError: the images are not uint8 of at least one pixel.
        SettingError: not as many captions as images, or an unknown glyph set.
    """
    if captions is not None and len(captions) != len(images):
        raise SettingError(f"{len(captions)} captions for {len(images)} images; give one for each")
    lines = render_lines(images, grid.columns, grid.rows, display)
    joined: list[Line] = []
    for start in range(0, len(images), grid.across):
        tiles = range(start, min(start + grid.across, len(images)))
        if captions is None and start:
            joined.append([])
        for row in range(grid.rows):
            joined.append(beside([lines[tile * grid.rows + row] for tile in tiles]))
        if captions is not None:
            joined.append(beside([caption(captions[tile], grid.columns) for tile in tiles]))
    return joined


def beside(lines: Sequence[Line]) -> Line:
    """Lines side by side, with one cell between them."""
    joined = list(lines[0])
    for line in lines[1:]:
        joined += [_GAP, *line]
    return joined


def caption(text: str, columns: int) -> Line:
    """Return text centred in this many cells, cut if it is wider."""
    shown = "".join(character if character.isprintable() else "·" for character in text)
    indent = " " * ((columns - cell_len(shown)) // 2)
    return [Segment(set_cell_size(indent + shown, columns))]
