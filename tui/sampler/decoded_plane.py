"""The map's plane of decoded images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from textual import on

from tui.rendering.glyphs import Glyphs
from tui.rendering.images import render_lines
from tui.rendering.runs import Line
from tui.sampler.decoding import Decoding
from tui.sampler.latent import Floats, Plane, lattice
from tui.sampler.latent_plane import LatentPlane
from tui.sampler.model import NO_SHEET, Sampler, Sheet
from tui.sampler.plane_canvas import Canvas
from tui.widgets.display import app_display
from tui.widgets.pixel_tiles import PixelTiles

ChooseZ = Callable[[Canvas], tuple[NDArray[np.intp], Floats]]


class DecodedPlane(LatentPlane):
    """Shows images decoded on a lattice over the plane.

    Attributes:
        plane: which; None shows nothing.
        chosen_z: instead of the plane, the tiles (m,) that have an image, and the z (m, d) of each.
        sampler: decodes; None shows nothing.
        glyphs: the finest glyphs that may be used.
        sheet: what is shown.
        decoding: of the images that are to come.
    """

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(title, id=id)
        self.plane: Plane | None = None
        self.chosen_z: ChooseZ | None = None
        self.sampler: Sampler | None = None
        self.glyphs: Glyphs = "quadrant"
        self.sheet = self._decoded = NO_SHEET
        self.decoding = Decoding(self)
        self._pixels = PixelTiles(self)

    def on_mount(self) -> None:
        """Subscribe to how images are drawn."""
        self._pixels.follow(self.redraw)

    def on_unmount(self) -> None:
        """Have the terminal forget the images."""
        self._pixels.leave()

    def draw(self, canvas: Canvas) -> list[Line]:
        """Decode and draw."""
        if self.plane is None or self.sampler is None:
            return []
        places = canvas.across * canvas.down
        if self.chosen_z is None:
            tiles, z = np.arange(places), self.plane.z(lattice(canvas.across, canvas.down))
        else:
            tiles, z = self.chosen_z(canvas)
        decoder = self.sampler.decoder
        if self._decoded.decoder is not decoder or not np.array_equal(self._decoded.z, z):
            self.decoding.want(decoder, z, self._take)
        if len(self._decoded.z) != len(tiles):
            # The last images have other tiles, and a thread decodes the next.
            self.sheet = NO_SHEET
            return []
        self.sheet = spread(self._decoded, tiles, places)
        whole = canvas.width, canvas.height
        if self._pixels.are_used and self._pixels.fits(whole):
            sheet = without_gaps(self.sheet.pixels, canvas.across)
            # Its places are cells, so it fills them.
            drawn = self._pixels.draw(0, sheet, whole, stretched=True)
            if drawn is not None:
                return drawn
        columns, rows = canvas.tile
        display = app_display(self.app, self.glyphs)
        images = render_lines(self.sheet.pixels[tiles], columns, rows, display)
        # Tiles without an image show the paper.
        lines = [[Segment(" " * columns)]] * (places * rows)
        for tile, start in zip(tiles.tolist(), range(0, len(images), rows), strict=True):
            lines[tile * rows : (tile + 1) * rows] = images[start : start + rows]
        return [
            [
                segment
                for tile in range(row * canvas.across, (row + 1) * canvas.across)
                for segment in lines[tile * rows + line]
            ]
            for row in range(canvas.down)
            for line in range(rows)
        ]

    def _take(self, sheet: Sheet) -> None:
        self._decoded = sheet

    @on(Decoding.Done)
    def _draw_decoded(self) -> None:
        self.redraw()


def spread(sheet: Sheet, tiles: NDArray[np.intp], count: int) -> Sheet:
    """Images of some tiles as images of all: the others are 0, and their z is NaN."""
    z = np.full((count, sheet.z.shape[1]), np.nan, np.float32)
    pixels = np.zeros((count, *sheet.pixels.shape[1:]), np.uint8)
    z[tiles], pixels[tiles] = sheet.z, sheet.pixels
    return Sheet(z, pixels, sheet.decoder)


def without_gaps(images: NDArray[np.uint8], across: int) -> NDArray[np.uint8]:
    """Images (n, h, w) or (n, h, w, 3) as one, in rows of `across`; n is a multiple of it."""
    count, height, width, *colors = images.shape
    down = count // across
    rows = images.reshape(down, across, height, width, *colors).swapaxes(1, 2)
    return rows.reshape(down * height, across * width, *colors)
