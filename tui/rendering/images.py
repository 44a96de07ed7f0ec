"""Images as lines of the screen, in the best way that a terminal has."""

from dataclasses import dataclass

from tui.rendering.blocks import fit_cells, fit_color_cells
from tui.rendering.color_palettes import color_palette, dithered
from tui.rendering.glyphs import Glyphs
from tui.rendering.palettes import GREY, ColorDepth, Ramp, palette
from tui.rendering.runs import Line, colored_lines, plain_lines
from tui.rendering.sampling import Image, is_color, to_grey
from tui.rendering.shapes import ascii_shades, fit_shapes


@dataclass(frozen=True, slots=True)
class Display:
    """How images are shown.

    Attributes:
        depth: what the terminal can show.
        glyphs: the finest glyphs that its font has.
        ramp: the colours that stand for the black and white of grey images.
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
