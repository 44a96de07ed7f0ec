"""Draw images in the terminal, as large and as many per row as fit."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tui.cli.output import terminal_width
from tui.cli.pixels import pixel_output
from tui.rendering.ansi import to_ansi
from tui.rendering.grid import GridLayout, fit_grid, render_grid
from tui.rendering.images import Display
from tui.rendering.sizes import size_steps
from tui.terminal.detection import stream_depth

Images = NDArray[np.uint8]

# Minimum number of lines in which a digit is legible.
_FEWEST_ROWS = 5


def terminal_grid(count: int, *, layers: int = 1, size: tuple[int, int] = (28, 28)) -> GridLayout:
    """Choose the grid for images in this terminal; at the smallest size it may scroll.

    Args:
        count: images per row, at most.
        layers: rows of images that must fit on the screen together.
        size: their height and width in pixels.
    """
    width, height = terminal_width(), shutil.get_terminal_size().lines
    largest, *smaller = size_steps(*size)
    sizes = [largest, *(one for one in smaller if one[1] >= _FEWEST_ROWS)]
    grids = [fit_grid(width, columns, rows) for columns, rows in sizes]

    def fits(grid: GridLayout) -> bool:
        # The prompt needs a line too.
        return -(-count // grid.across) * layers * grid.across <= grid.capacity(height - 1)

    return next(filter(fits, grids), grids[-1])


def row_grid(columns: int, rows: int, size: tuple[int, int] = (28, 28)) -> GridLayout:
    """Choose the grid for rows of images, each with a title above and captions below.

    As large as lets a row stand in a line of the terminal, and all rows on the screen if they can.

    Args:
        columns: images in a row.
        rows: number of rows.
        size: height and width of an image in pixels.
    """
    width, height = terminal_width(), shutil.get_terminal_size().lines
    largest, *smaller = size_steps(*size)
    sizes = [largest, *(one for one in smaller if one[1] >= _FEWEST_ROWS)]
    across = [one for one in sizes if columns * (one[0] + 1) - 1 <= width] or sizes[-1:]
    whole = [one for one in across if rows * (one[1] + 2) < height]
    grid = fit_grid(width, *(whole or across[-1:])[0])
    return GridLayout(grid.columns, grid.rows, min(columns, grid.across))


def draw(images: Images, grid: GridLayout, captions: Sequence[str] | None = None) -> None:
    """Draw images on stdout, in blocks or as `--graphics` says.

    In a pipe there are no control sequences.

    Args:
        images: (n, h, w) or (n, h, w, 3) uint8.
        grid: layout of the images.
        captions: text below each image.
    """
    if pixels := pixel_output(grid):
        pixels.draw(images, grid, captions)
        return
    depth = stream_depth(sys.stdout, os.environ)
    lines = render_grid(images, grid, Display(depth=depth, glyphs="quadrant"), captions)
    sys.stdout.write(to_ansi(lines, depth))
    sys.stdout.flush()
