"""Grid of images in blocks or pixels; redraws only changed images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.theme import Theme
from textual.timer import Timer
from textual.widget import Widget

from tui.rendering.glyphs import Glyphs
from tui.rendering.images import Display
from tui.rendering.palettes import ColorDepth
from tui.rendering.sampling import image_size
from tui.rendering.sizes import ImageSize, image_sizes
from tui.terminal.pacing import Pacer, terminal_pacer
from tui.widgets.display import app_display
from tui.widgets.frames import Frame, FramePen
from tui.widgets.grid_lines import GridLines
from tui.widgets.tiles import Tiles
from tui.widgets.tiling import Tiling, arrange, capacity

Images = NDArray[np.uint8]

_NO_IMAGES: Images = np.zeros((0, 28, 28), np.uint8)


class ImageGrid(Widget):
    """Shows images of one size in a grid, as large as they fit.

    Attributes:
        selected: index of the selected image, which has a frame if the grid is framed.
        marks: letters of further framed images, by index.
        glyphs: the finest glyphs that may be used.
        tile_size: the size every image has; None takes the largest at which all fit.
    """

    DEFAULT_CSS = """
    ImageGrid {
        width: 1fr;
        height: 1fr;
        color: $foreground;
    }
    ImageGrid > .image-grid--caption { color: $text-muted; }
    ImageGrid > .image-grid--selected { color: $primary; }
    ImageGrid:focus > .image-grid--selected { color: $accent; }
    ImageGrid > .image-grid--marked { color: $success; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "image-grid--caption",
        "image-grid--selected",
        "image-grid--marked",
    }

    # `var`, not `reactive`: the watchers refresh only what has changed.
    selected: var[int | None] = var(None, init=False)
    marks: var[Mapping[int, str]] = var(dict, init=False)
    glyphs: var[Glyphs] = var[Glyphs]("quadrant", init=False)
    tile_size: var[ImageSize | None] = var(None, init=False)

    @dataclass
    class Selected(Message):
        """Posted when another image is selected."""

        grid: ImageGrid
        index: int | None

        @property
        def control(self) -> ImageGrid:
            """Return the grid."""
            return self.grid

        def can_replace(self, message: Message) -> bool:
            """Keep only the latest message."""
            return isinstance(message, ImageGrid.Selected) and message.grid is self.grid

    def __init__(
        self,
        *,
        framed: bool = False,
        id: str | None = None,
        classes: str | None = None,
        pacer: Pacer | None = None,
    ) -> None:
        """Make an empty grid.

        Args:
            framed: images can be selected and marked, so leave room for a frame around each.
            id: of the widget.
            classes: of the widget.
            pacer: limits the rate of changed images; the terminal's by default.
        """
        super().__init__(id=id, classes=classes)
        self._margin = 1 if framed else 0
        self._images = _NO_IMAGES
        self._captions: Sequence[str] | None = None
        self._across: int | None = None
        self._tiling = Tiling(1, 1, 1, 0, 0)
        self._display = Display()
        self._tiles = Tiles(self)
        self._pacer = pacer or terminal_pacer()
        self._stale: list[int] = []
        self._next_part: Timer | None = None
        self._lines = GridLines(
            self._tiling, {}, None, Style(), {}, self._margin, FramePen(Style())
        )

    @property
    def images(self) -> Images:
        """The images, (n, h, w) or (n, h, w, 3)."""
        return self._images

    @property
    def tiling(self) -> Tiling:
        """The present layout."""
        return self._tiling

    def show(
        self,
        images: Images,
        *,
        captions: Sequence[str] | None = None,
        columns: int | None = None,
    ) -> None:
        """Show images; unchanged ones are not redrawn.

        Args:
            images: ``(n, h, w)`` or ``(n, h, w, 3)``.
            captions: a short text below each image.
            columns: number of images per row, whatever the room.
        """
        before, same = self._images, self._captions == captions and self._across == columns
        if self._margin:
            self.selected = min(self.selected or 0, len(images) - 1) if len(images) else None
        self._images, self._captions, self._across = images, captions, columns
        if not (same and before.shape == images.shape):
            self._rearrange()
            return
        changed = np.flatnonzero((before != images).any(axis=tuple(range(1, images.ndim)))).tolist()
        self._stale = sorted(
            {*self._stale, *(index for index in changed if index in self._tiles.lines)}
        )
        if self._next_part is None:
            self._draw_stale()

    def capacity(self, size: ImageSize = (14, 7), *, captioned: bool = False) -> int:
        """Return how many images of this size, in cells, fit at present."""
        room = self._room(self.size)
        return capacity(size, room.width, room.height, captioned=captioned)

    def index_at(self, x: int, y: int) -> int | None:
        """Return the index of the image at a position in the grid, None between images."""
        tiling = self._tiling
        row, line = divmod(y - self._margin, tiling.rows + 1)
        column, cell = divmod(x - self._margin, tiling.columns + 1)
        index = row * tiling.across + column
        inside = line < tiling.rows and cell < tiling.columns and 0 <= column < tiling.visible
        return index if inside and index in self._tiles.lines else None

    def get_content_height(
        self,
        container: Size,
        viewport: Size,  # noqa: ARG002 - the signature is Textual's
        width: int,
    ) -> int:
        """Return the height of all images, at the size that they have in the container."""
        tiling = self._arranged(Size(width, container.height))
        lines = tiling.down * (tiling.rows + 1) - (self._captions is None)
        return max(0, lines) + 2 * self._margin

    def on_mount(self) -> None:
        """Subscribe to changes of the theme."""
        self.app.theme_changed_signal.subscribe(self, self._follow_theme)
        self._tiles.pixels.follow(self._rearrange)

    def on_unmount(self) -> None:
        """Unsubscribe, since the app would keep a removed widget until the theme changes."""
        self._tiles.pixels.leave()
        self.app.theme_changed_signal.unsubscribe(self)

    def on_resize(self) -> None:
        """Lay out for the new size."""
        self._rearrange()

    def on_click(self, event: events.Click) -> None:
        """Select the image under the mouse."""
        offset = event.get_content_offset(self)
        if self._margin and offset is not None:
            index = self.index_at(*offset)
            if index is not None:
                self.selected = index

    def watch_selected(self, before: int | None, after: int | None) -> None:
        """Move the frame, and post the selection."""
        self._refresh_frames(before, after)
        self.post_message(self.Selected(self, after))

    def watch_marks(self, before: Mapping[int, str], after: Mapping[int, str]) -> None:
        """Move the frames."""
        self._refresh_frames(*(before.keys() | after.keys()))

    def watch_glyphs(self) -> None:
        """Redraw with other glyphs."""
        self._rearrange()

    def watch_tile_size(self) -> None:
        """Redraw at another size."""
        self._rearrange()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Render the lines of a region; styles are looked up once for all of them."""
        self._lines = self._grid_lines()
        if self._display.depth is not ColorDepth.TRUECOLOR or self.size != self.outer_size:
            return super().render_lines(crop)
        # Without borders and ANSI colours there is nothing that Textual would add to the lines, but
        # it would look at each of thousands of segments.
        return [self.render_line(y).crop(crop.x, crop.right) for y in crop.line_range]

    def render_line(self, y: int) -> Strip:
        """Render one line of the grid."""
        lines = self._lines
        return Strip(lines.line(y)).adjust_cell_length(self.size.width, lines.pen.paper)

    def _follow_theme(self, _: Theme) -> None:
        self._rearrange()

    def _room(self, size: Size) -> Size:
        return Size(max(0, size.width - 2 * self._margin), max(0, size.height - 2 * self._margin))

    def _arranged(self, size: Size) -> Tiling:
        room = self._room(size)
        return arrange(
            len(self._images),
            room.width,
            room.height,
            sizes=(self.tile_size,) if self.tile_size else image_sizes(*image_size(self._images)),
            across=self._across,
            captioned=self._captions is not None,
        )

    def _rearrange(self) -> None:
        if not self.is_attached:
            return
        self._tiling = tiling = self._arranged(self.size)
        height, width = image_size(self._images)
        lossless = tiling.columns % width == 0 and 2 * tiling.rows % height == 0
        self._display = app_display(self.app, self.glyphs, lossless=lossless)
        shown = [index for index in range(len(self._images)) if tiling.place(index)]
        self._stale = []
        self._tiles.begin((tiling.columns, tiling.rows), self._display, shown)
        self._tiles.draw(self._images, shown)
        self.refresh(layout=self.styles.is_auto_height)

    def _draw_stale(self) -> None:
        """Draw outdated images: all at once, or on a slow link in parts."""
        self._next_part = None
        cells = self._tiling.columns * self._tiling.rows
        if not self._pacer.wait():
            part = self._stale[: self._pacer.part(cells, len(self._stale))]
            self._stale = self._stale[len(part) :]
            self._pacer.sent(self._tiles.draw(self._images, part))
            # With the gap to the next one, so that neighbours make one span: Textual sends each
            # span of a line from the widget's left edge on.
            if part and self._tiles.needs_refresh(part):
                self.refresh(*(self._region_of(index).grow((0, 1, 0, 0)) for index in part))
        if self._stale:
            self._next_part = self.set_timer(self._pacer.wait(), self._draw_stale)

    def _region_of(self, index: int) -> Region:
        tiling = self._tiling
        row, column = divmod(index, tiling.across)
        return Region(
            self._margin + column * (tiling.columns + 1),
            self._margin + row * (tiling.rows + 1),
            tiling.columns,
            tiling.rows,
        )

    def _refresh_frames(self, *indices: int | None) -> None:
        shown = [index for index in indices if index in self._tiles.lines]
        if shown and self._margin:
            self.refresh(*(self._region_of(index).grow((1, 1, 1, 1)) for index in shown))

    def _grid_lines(self) -> GridLines:
        paper = Style(bgcolor=self.rich_style.bgcolor, color=self.rich_style.color)
        framed = {*self.marks, self.selected} if self._margin else set()
        return GridLines(
            tiling=self._tiling,
            tiles=self._tiles.shown(),
            captions=self._captions,
            caption_style=self.get_component_rich_style("image-grid--caption"),
            frames={index: self._frame(index) for index in framed if index is not None},
            margin=self._margin,
            pen=FramePen(paper, ascii_only=self._display.depth is ColorDepth.ASCII),
        )

    def _frame(self, index: int) -> Frame:
        kind = "selected" if index == self.selected else "marked"
        style = self.get_component_rich_style(f"image-grid--{kind}")
        return Frame(style.color, self.marks.get(index, ""))
