"""Plane through latent space with axes and a cursor; subclasses draw its contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.theme import Theme
from textual.widget import Widget

from tui.rendering.glyphs import Glyphs
from tui.rendering.images import render_lines
from tui.rendering.palettes import ColorDepth
from tui.rendering.runs import Line
from tui.rendering.scatter import scatter_lines
from tui.rendering.sizes import IMAGE_SIZES, ImageSize
from tui.sampler.latent import Doubles, Plane, lattice
from tui.sampler.model import NO_SHEET, Sampler
from tui.sampler.plane_canvas import (
    LABELS,
    Canvas,
    Shares,
    fit_canvas,
    lower_axis,
    side_label,
    value_text,
)
from tui.widgets.display import app_depth, app_display
from tui.widgets.pixel_tiles import PixelTiles

# Arms of the cross hair, in cells to each side.
_ARM_ACROSS, _ARM_DOWN = 3, 1


class LatentPlane(Widget):
    """A plane with the values of N(0, 1) along its edges and a cursor.

    Attributes:
        cursor: position of the cursor.
        image_sizes: that the images on the plane may have, the largest first.
    """

    DEFAULT_CSS = """
    LatentPlane {
        width: 1fr;
        height: 1fr;
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        color: $text-muted;
    }
    LatentPlane > .latent-plane--cursor {
        background: $accent;
        color: $background;
        text-style: bold;
    }
    LatentPlane > .latent-plane--arm { color: $accent; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"latent-plane--cursor", "latent-plane--arm"}

    cursor: var[Shares] = var((0.5, 0.5), init=False)

    @dataclass
    class Clicked(Message):
        """Posted when the plane is clicked."""

        place: Shares

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = title
        self.image_sizes: Sequence[ImageSize] = IMAGE_SIZES
        self._canvas = Canvas((1, 1), 0, 0)
        self._lines: list[Line] = []

    @property
    def canvas(self) -> Canvas:
        """Part of the widget that shows the plane."""
        return self._canvas

    def draw(self, canvas: Canvas) -> list[Line]:
        """Draw the plane: one line per row of the canvas, of its width."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Redraw everything."""
        if self.is_attached and self.display:
            self._canvas = fit_canvas(*self.size, self.image_sizes)
            self._lines = self.draw(self._canvas) if self._canvas.width else []
            self.refresh()

    def on_mount(self) -> None:
        """Subscribe to changes of the theme."""
        self.app.theme_changed_signal.subscribe(self, self._follow_theme)

    def on_unmount(self) -> None:
        """Unsubscribe, since the app would keep a removed widget until the theme changes."""
        self.app.theme_changed_signal.unsubscribe(self)

    def on_resize(self) -> None:
        """Lay out for the new size."""
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        """Post the position."""
        offset = event.get_content_offset(self)
        if offset is not None and self._canvas.width:
            self.post_message(self.Clicked(self._canvas.place(offset.x - LABELS, offset.y)))

    def watch_cursor(self, before: Shares, after: Shares) -> None:
        """Move the cursor; refreshes only its old and new position."""
        if not self._lines:
            return
        regions = []
        for place in (before, after):
            x, y = self._canvas.cell(place)
            regions += [
                Region(0, y, LABELS + x + _ARM_ACROSS + 1, 1),
                Region(LABELS + x, y - _ARM_DOWN, 1, 2 * _ARM_DOWN + 1),
                Region(0, self._canvas.height, self.size.width, 1),
            ]
        self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """Render one line of the plane or of its lower axis."""
        paper = Style(color=self.rich_style.color, bgcolor=self.rich_style.bgcolor)
        x, cursor_y = self._canvas.cell(self.cursor)
        if not self._lines or y > self._canvas.height:
            return Strip.blank(self.size.width, paper)
        here = self.get_component_rich_style("latent-plane--cursor")
        if y == self._canvas.height:
            line = lower_axis(self._canvas, x, self.cursor[0], paper, here)
            return Strip(line).adjust_cell_length(self.size.width, paper)
        label = side_label(self._canvas, y)
        style = paper
        if y == cursor_y:
            label, style = value_text(self.cursor[1]), here
        line = [
            Segment(f"{label:>{LABELS - 1}}", style),
            Segment(" ", paper),
            *_on_paper(self._lines[y], paper),
        ]
        if abs(y - cursor_y) <= _ARM_DOWN:
            arm = self.get_component_rich_style("latent-plane--arm", partial=True)
            line = self._with_cross(line, x, y - cursor_y, arm, here)
        return Strip(line).adjust_cell_length(self.size.width, paper)

    def _with_cross(self, line: Line, x: int, below: int, arm: Style, here: Style) -> Line:
        """Draw the cross hair into a line, this many rows below its middle."""
        plain = app_depth(self.app) is ColorDepth.ASCII
        if below:
            return _marked(line, LABELS + x, "|" if plain else "│", arm)
        for at in range(max(0, x - _ARM_ACROSS), min(self._canvas.width, x + _ARM_ACROSS + 1)):
            if at != x:
                line = _marked(line, LABELS + at, "-" if plain else "─", arm)
        return _marked(line, LABELS + x, "+", here, alone=True)

    def _follow_theme(self, _: Theme) -> None:
        self.redraw()


class DecodedPlane(LatentPlane):
    """Shows images decoded on a lattice over the plane.

    Attributes:
        plane: which; None shows nothing.
        sampler: decodes; None shows nothing.
        glyphs: the finest glyphs that may be used.
        sheet: what was decoded last.
    """

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(title, id=id)
        self.plane: Plane | None = None
        self.sampler: Sampler | None = None
        self.glyphs: Glyphs = "quadrant"
        self.sheet = NO_SHEET
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
        self.sheet = self.sampler.decode(self.plane.z(lattice(canvas.across, canvas.down)))
        whole = canvas.width, canvas.height
        if self._pixels.are_used and self._pixels.fits(whole):
            sheet = without_gaps(self.sheet.pixels, canvas.across)
            # As places on it are told by cells, it fills them.
            lines = self._pixels.draw(0, sheet, whole, stretched=True)
            if lines is not None:
                return lines
        columns, rows = canvas.tile
        display = app_display(self.app, self.glyphs)
        tiles = render_lines(self.sheet.pixels, columns, rows, display)
        return [
            [
                segment
                for tile in range(row * canvas.across, (row + 1) * canvas.across)
                for segment in tiles[tile * rows + line]
            ]
            for row in range(canvas.down)
            for line in range(rows)
        ]


class EmbeddedPlane(LatentPlane):
    """Shows the test images as points, coloured by label.

    Attributes:
        places: (n, 2), where they lie.
        labels: (n,), -1 for none.
    """

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(title, id=id)
        self.clear()

    def clear(self) -> None:
        """Show no points."""
        self.places: Doubles = np.zeros((0, 2))
        self.labels: NDArray[np.int64] = np.zeros(0, np.int64)

    def draw(self, canvas: Canvas) -> list[Line]:
        """Draw the points."""
        paper = self.background_colors[1].rgb
        depth = app_depth(self.app)
        return scatter_lines(self.places, self.labels, canvas.width, canvas.height, depth, paper)


def without_gaps(images: NDArray[np.uint8], across: int) -> NDArray[np.uint8]:
    """Images (n, h, w) or (n, h, w, 3) as one, in rows of `across`; n is a multiple of it."""
    count, height, width, *colors = images.shape
    down = count // across
    rows = images.reshape(down, across, height, width, *colors).swapaxes(1, 2)
    return rows.reshape(down * height, across * width, *colors)


def _on_paper(line: Line, paper: Style) -> Line:
    return [part if part.style else Segment(part.text, paper) for part in line]


def _marked(line: Line, x: int, mark: str, style: Style, *, alone: bool = False) -> Line:
    """Put a mark into a cell of a line, on the cell's own background unless it stands alone."""
    strip = Strip(line)
    before, cell, after = (
        strip.crop(0, x),
        strip.crop(x, x + 1),
        strip.crop(x + 1, strip.cell_length),
    )
    own = next((segment.style for segment in cell if segment.style), None)
    shown = style if alone or own is None else own + style
    return [*before, Segment(mark, shown), *after]
