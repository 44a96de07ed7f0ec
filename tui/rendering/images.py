"""Render images as lines of segments, in the best way that a terminal supports."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tui.rendering.blocks import fit_cells, fit_color_cells
from tui.rendering.color_palettes import color_palette, dithered
from tui.rendering.glyphs import Glyphs
from tui.rendering.palettes import GREY, ColorDepth, Ramp, palette
from tui.rendering.resample import area_resize
from tui.rendering.runs import Line, colored_lines, plain_lines
from tui.rendering.sampling import Image, image_size, is_color, to_grey
from tui.rendering.shapes import ascii_shades, fit_shapes


@dataclass(frozen=True, slots=True)
class Display:
    """Options for displaying images.

    Attributes:
        depth: colour depth of the terminal.
        glyphs: the finest glyphs that its font has.
        ramp: colours for the black and white of grey images.
    """

    depth: ColorDepth = ColorDepth.TRUECOLOR
    glyphs: Glyphs = "half"
    ramp: Ramp = GREY


def render_lines(images: Image, columns: int, rows: int, display: Display) -> list[Line]:
    """Render images of ``columns`` x ``rows`` cells each.

    At 28 x 14 cells a 28 x 28 image is shown without loss, if the terminal has 24-bit colours.

    Args:
        images: ``(..., H, W)`` or ``(..., H, W, 3)`` uint8; many at once take far less
            time than one by one.
        columns: width in cells; 0 gives empty lines.
        rows: height in cells.
        display: how to show them.

    Returns:
        ``rows`` lines for each image, those of the first image first. Each is ``columns`` wide.

    Raises:
        DatasetError: the images are not uint8 of at least one pixel.
        SettingError: a negative size, or an unknown glyph set.
    """
    if display.depth is ColorDepth.ASCII:
        return plain_lines(ascii_shades(to_grey(images), columns, rows))
    if display.depth is ColorDepth.MONO:
        return plain_lines(fit_shapes(to_grey(images), columns, rows, display.glyphs))
    if is_color(images):
        if display.depth is ColorDepth.ANSI_16 and columns and rows:
            images = dithered(images, columns, 2 * rows)
        cells = fit_color_cells(images, columns, rows, display.glyphs)
        return colored_lines(cells, color_palette(display.depth))
    cells = fit_cells(images, columns, rows, display.glyphs)
    return colored_lines(cells, palette(display.depth, display.ramp))


def joined(batches: Sequence[Image]) -> Image:
    """Join batches of images; smaller or grey ones are converted to match the largest.

    Args:
        batches: each ``(n, H, W)`` or ``(n, H, W, 3)`` uint8, at least one.
    """
    if len({batch.shape[1:] for batch in batches}) == 1:
        return np.concatenate(batches)
    sizes = [image_size(batch) for batch in batches]
    height, width = max(size[0] for size in sizes), max(size[1] for size in sizes)
    color = any(is_color(batch) for batch in batches)
    return np.concatenate([_made_like(batch, height, width, color=color) for batch in batches])


def _made_like(images: Image, height: int, width: int, *, color: bool) -> Image:
    planes = np.moveaxis(images, -1, 0) if is_color(images) else images[np.newaxis]
    resized: Image = np.rint(area_resize(planes, height, width)).astype(np.uint8)
    if not color:
        grey: Image = resized[0]
        return grey
    return np.moveaxis(np.broadcast_to(resized, (3, *resized.shape[1:])), 0, -1)
