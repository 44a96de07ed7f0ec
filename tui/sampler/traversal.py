"""Traversals: a row per dimension of z, in which this dimension alone goes from -3 to 3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from rich.segment import Segment
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message

from tui.rendering.sizes import ImageSize, image_sizes
from tui.sampler.decoding import LatestWork
from tui.sampler.model import NO_SHEET, Sampler
from tui.sampler.sample_grid import SampleGrid
from tui.sampler.saving import Shown
from tui.sampler.traversal_rows import Rows, Window, decoded
from tui.sampler.views import QUIET, Chosen, direction_figure, figure
from tui.screen import has_widgets
from tui.text import one_line
from tui.widgets.lines import Lines
from tui.widgets.tiling import arrange
from vae_engine.inference.traversal import order_by_kl, traversal_values

_COLUMNS: Final = (7, 5, 3, 1)
_MOST_COLUMNS: Final = 13
_FEW_ROWS: Final = 3
_LEAST_LINES: Final = 4
_MANY: Final = 10**6


class Room(NamedTuple):
    """How many rows and columns of a traversal are shown."""

    rows: int
    columns: int


class TraversalGrid(SampleGrid):
    """Rows of images; the cursor goes on to rows that are out of sight.

    Attributes:
        least_rows: that are to fit at the size which is chosen first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.take", "Start here", tooltip="Start from this image"),
        Binding("escape", "screen.back", "Samples", tooltip="Back to the samples"),
    ]

    @dataclass
    class Beyond(Message):
        """Posted to move the cursor by `by` rows, beyond those in sight."""

        rows: int

    least_rows = _FEW_ROWS

    def room_for_rows(self) -> Room:
        """How many rows fit, and how many columns: an odd number, so that 0 has one."""
        across, down = self._fits(self.tile_size or self.smallest)
        return Room(down, min(_MOST_COLUMNS, across - (across + 1) % 2))

    def action_move(self, across: int, down: int) -> None:
        """Select the neighbour; above and below those in sight, other dimensions come."""
        if self.tiling.down and down:
            row = (self.selected or 0) // self.tiling.across + down
            beyond = row if row < 0 else max(0, row - self.tiling.down + 1)
            if beyond:
                self.post_message(self.Beyond(beyond))
        super().action_move(across, down)

    def usual_size(self) -> ImageSize:
        """The largest at which several values and dimensions fit."""
        for columns in _COLUMNS:
            for size in image_sizes(*self.image_size):
                across, down = self._fits(size)
                if size[1] >= _LEAST_LINES and across >= columns and down >= self.least_rows:
                    return size
        return self.smallest

    def _fits(self, size: ImageSize) -> tuple[int, int]:
        room = self._room(self.size)
        tiling = arrange(_MANY, room.width, room.height, sizes=(size,), captioned=True)
        return tiling.visible, tiling.down


class RowNames(Lines):
    """The dimension of each row, and its KL."""

    DEFAULT_CSS = """
    RowNames { width: 9; height: 1fr; color: $text-muted; }
    RowNames > .row-names--dimension { color: $foreground; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-names--dimension"}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Sequence[tuple[str, str]] = ()
        self._height = 1

    def show(self, rows: Sequence[tuple[str, str]], height: int) -> None:
        """Name the rows: the dimension, below it its KL."""
        self._rows, self._height = rows, height
        self.draw()

    def draw(self) -> None:
        """Write both beside the top of each row, below the frame's line."""
        name, plain = self.part_style("row-names--dimension"), self.rich_style
        lines: list[list[Segment]] = [[]]
        for dimension, kl in self._rows:
            row = [[Segment(f" {dimension}", name)], [Segment(f" {kl}", plain)]]
            lines += [*row, *([[]] * self._height)][: self._height]
        self.set_lines(lines)


class TraversalView(Horizontal):
    """The traversals of one z, those of the largest KL on top."""

    @dataclass
    class Drawn(Message):
        """The images of another window, or of another z, are shown."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sampler: Sampler | None = None
        self._kl: tuple[float, ...] = ()
        self._order: list[int] = []
        self._first = 0
        self._work = LatestWork(self)
        self._rows: Rows | None = None
        self._sheet = NO_SHEET

    def compose(self) -> ComposeResult:
        """Names of the rows, and the rows."""
        yield RowNames(id="row-names")
        yield TraversalGrid(id="traversal-grid")

    @property
    def grid(self) -> TraversalGrid:
        """The rows."""
        return self.query_one(TraversalGrid)

    def take(self, sampler: Sampler) -> None:
        """Use this sampler from now on."""
        self._sampler = sampler
        self._order = order_by_kl(self._kl, sampler.decoder.latent_dim)
        self.grid.least_rows = min(_FEW_ROWS, sampler.decoder.latent_dim)
        self.grid.show_images_of(*sampler.decoder.image_size)

    def take_kl(self, kl: tuple[float, ...]) -> None:
        """Order the rows by these KL, in nats; empty if they are not known."""
        if self._sampler is not None and kl != self._kl:
            self._kl, self._first = kl, 0
            self._order = order_by_kl(kl, self._sampler.decoder.latent_dim)
            self.redraw()

    def redraw(self) -> None:
        """Decode the rows that fit, in a thread."""
        if self._sampler is None or not (has_widgets(self) and self.display):
            return
        rows, columns = self.grid.room_for_rows()
        if rows < 1 or columns < 1:
            return
        self._first = max(0, min(self._first, len(self._order) - rows))
        dimensions = self._order[self._first : self._first + rows]
        window = Window(dimensions, traversal_values(columns), self._sampler.selected_z)
        decoder = self._sampler.decoder
        # The rows that are shown by then save work.
        self._work.want(lambda: decoded(decoder, window, self._rows), self._show)

    def changed(self) -> None:
        """The z from which it starts is another."""
        self.redraw()

    def chosen(self) -> Chosen | None:
        """The z from which it starts, with its image."""
        if self._sampler is None or self._rows is None:
            return None
        start = self._rows.start
        return Chosen(start.z[0], start.pixels[0], self._sampler.nudged_dimensions)

    def headline(self) -> Content:
        """From where, which cell, and which rows."""
        if self._sampler is None or self._rows is None:
            return Content.styled("traversal", "bold") + Content.styled("   decoding", QUIET)
        shown = self._rows.window.dimensions
        parts = [
            Content.styled("traversal", "bold"),
            figure("from", one_line(self._sampler.selected_origin)),
            *direction_figure(self._sampler),
        ]
        if (cell := self.cell()) is not None:
            parts.append(figure(f"z{cell[0]}", f"{cell[1]:+.1f}"))
        if len(shown) < len(self._order):
            last = self._first + len(shown)
            parts.append(figure("rows", f"{self._first + 1} to {last} of {len(self._order)}"))
        return Content("   ").join(parts)

    def cell(self) -> tuple[int, float] | None:
        """The dimension and the value under the cursor."""
        selected = self.grid.selected
        if self._rows is None or selected is None:
            return None
        window = self._rows.window
        row, column = divmod(selected, len(window.values))
        if row >= len(window.dimensions):
            return None
        return window.dimensions[row], float(window.values[column])

    def shown(self) -> Shown | None:
        """The rows that are on the screen."""
        if self._rows is None:
            return None
        window = self._rows.window
        facts = {
            "dimensions": window.dimensions,
            "kl": [self._kl[dimension] if self._kl else -1.0 for dimension in window.dimensions],
            "values": window.values,
            "start": window.start,
        }
        columns = len(window.values)
        return Shown("traversal", self._sheet, columns, facts, steps=columns)

    def resize_images(self) -> None:
        """Show the images at another size."""
        self.grid.resize_images()

    @on(TraversalGrid.Beyond)
    def _scroll(self, event: TraversalGrid.Beyond) -> None:
        event.stop()
        first = max(0, min(self._first + event.rows, len(self._order) - self.grid.tiling.down))
        if first != self._first:
            self._first = first
            self.redraw()

    def _show(self, rows: Rows) -> None:
        self._rows, window = rows, rows.window
        sheet = self._sheet = rows.sheet
        captions = [f"{value:+.1f}" if value else "0" for value in window.values.tolist()]
        columns = len(window.values)
        every = captions * len(window.dimensions)
        self.grid.show(sheet.pixels, captions=every, columns=columns)
        names = [
            (f"z{dimension}", f"KL {self._kl[dimension]:.2f}" if self._kl else "")
            for dimension in window.dimensions
        ]
        self.query_one(RowNames).show(names, self.grid.tiling.rows + 1)
        self.post_message(self.Drawn())
