"""Plane through latent space with axes, a cursor and a box; subclasses draw its contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.theme import Theme
from textual.widget import Widget

from tui.rendering.palettes import ColorDepth
from tui.rendering.runs import Line
from tui.rendering.sizes import IMAGE_SIZES, ImageSize
from tui.sampler.map_points import box_cells
from tui.sampler.plane_canvas import (
    LABELS,
    Canvas,
    Shares,
    fit_canvas,
    lower_axis,
    side_label,
    value_text,
)
from tui.widgets.display import app_depth

# Arms of the cross hair, in cells to each side.
_ARM_ACROSS, _ARM_DOWN = 3, 1


class LatentPlane(Widget):
    """A plane with the values of N(0, 1) along its edges and a cursor.

    Attributes:
        cursor: position of the cursor.
        corner: the corner of a box opposite to the cursor; None for no box.
        has_scale: whether the values of N(0, 1) stand along the edges.
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
    corner: var[Shares | None] = var(None, init=False)

    @dataclass
    class Clicked(Message):
        """Posted when the plane is clicked."""

        place: Shares

    @dataclass
    class Dragged(Message):
        """Posted when the mouse is dragged over the plane, from a place to another."""

        start: Shares
        place: Shares

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = title
        self.has_scale = True
        self._pressed: Shares | None = None
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

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Remember where a box may begin."""
        self._pressed = self._place_under(event)
        if self._pressed is not None:
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Post how far the mouse was dragged."""
        place = self._place_under(event) if self._pressed is not None else None
        if self._pressed is not None and place is not None and place != self.cursor:
            self.post_message(self.Dragged(self._pressed, place))

    def on_mouse_up(self) -> None:
        """End a box."""
        self._pressed = None
        self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        """Post the position."""
        place = self._place_under(event)
        if place is not None:
            self.post_message(self.Clicked(place))

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
                *self._edges(self.corner, place),
            ]
        self.refresh(*regions)

    def watch_corner(self, before: Shares | None, after: Shares | None) -> None:
        """Draw a box, or take it away; refreshes only its edges and the cross hair."""
        if self._lines:
            x, y = self._canvas.cell(self.cursor)
            cross = Region(
                LABELS + x - _ARM_ACROSS, y - _ARM_DOWN, 2 * _ARM_ACROSS + 1, 2 * _ARM_DOWN + 1
            )
            edges = [*self._edges(before, self.cursor), *self._edges(after, self.cursor)]
            self.refresh(cross, *edges)

    def render_line(self, y: int) -> Strip:
        """Render one line of the plane or of its lower axis."""
        paper = Style(color=self.rich_style.color, bgcolor=self.rich_style.bgcolor)
        x, cursor_y = self._canvas.cell(self.cursor)
        if not self._lines or y > self._canvas.height:
            return Strip.blank(self.size.width, paper)
        here = self.get_component_rich_style("latent-plane--cursor")
        if y == self._canvas.height:
            if not self.has_scale:
                return Strip.blank(self.size.width, paper)
            line = lower_axis(self._canvas, x, self.cursor[0], paper, here)
            return Strip(line).adjust_cell_length(self.size.width, paper)
        label, style = (side_label(self._canvas, y) if self.has_scale else ""), paper
        if y == cursor_y and self.has_scale:
            label, style = value_text(self.cursor[1]), here
        line = [
            Segment(f"{label:>{LABELS - 1}}", style),
            Segment(" ", paper),
            *_on_paper(self._lines[y], paper),
        ]
        arm = self.get_component_rich_style("latent-plane--arm", partial=True)
        if self.corner is not None:
            line = self._with_box(line, y, self.corner, arm)
            if y == cursor_y:
                line = marked(line, LABELS + x, "+", here, alone=True)
        elif abs(y - cursor_y) <= _ARM_DOWN:
            line = self._with_cross(line, x, y - cursor_y, arm, here)
        return Strip(line).adjust_cell_length(self.size.width, paper)

    def _place_under(self, event: events.MouseEvent) -> Shares | None:
        offset = event.get_content_offset(self)
        if offset is None or not self._canvas.width:
            return None
        return self._canvas.place(offset.x - LABELS, offset.y)

    def _edges(self, corner: Shares | None, other: Shares) -> list[Region]:
        """Where the edges of a box are drawn."""
        if corner is None:
            return []
        left, top, right, bottom = box_cells((corner, other), self._canvas)
        width, height = right - left + 1, bottom - top + 1
        return [
            *(Region(LABELS + left, y, width, 1) for y in {top, bottom}),
            *(Region(LABELS + x, top, 1, height) for x in {left, right}),
        ]

    def _with_cross(self, line: Line, x: int, below: int, arm: Style, here: Style) -> Line:
        """Draw the cross hair into a line, this many rows below its middle."""
        plain = app_depth(self.app) is ColorDepth.ASCII
        if below:
            return marked(line, LABELS + x, "|" if plain else "│", arm)
        for at in range(max(0, x - _ARM_ACROSS), min(self._canvas.width, x + _ARM_ACROSS + 1)):
            if at != x:
                line = marked(line, LABELS + at, "-" if plain else "─", arm)
        return marked(line, LABELS + x, "+", here, alone=True)

    def _with_box(self, line: Line, y: int, corner: Shares, arm: Style) -> Line:
        """Draw the edges of the box into line y."""
        left, top, right, bottom = box_cells((corner, self.cursor), self._canvas)
        if not top <= y <= bottom:
            return line
        plain = app_depth(self.app) is ColorDepth.ASCII
        if top < y < bottom:
            for x in {left, right}:
                line = marked(line, LABELS + x, "|" if plain else "│", arm)
            return line
        first, last = "++" if plain else ("┌┐" if y == top else "└┘")
        for x in range(left, right + 1):
            edge = first if x == left else last if x == right else "-" if plain else "─"
            line = marked(line, LABELS + x, edge, arm)
        return line

    def _follow_theme(self, _: Theme) -> None:
        self.redraw()


def _on_paper(line: Line, paper: Style) -> Line:
    return [part if part.style else Segment(part.text, paper) for part in line]


def marked(line: Line, x: int, mark: str, style: Style, *, alone: bool = False) -> Line:
    """Write a mark into a line from cell x, on each cell's own background unless it stands alone.

    Args:
        line: to write into.
        x: where the mark begins.
        mark: of one cell, or of several where it stands alone.
        style: of the mark.
        alone: whether it has a background of its own.
    """
    strip, end = Strip(line), x + cell_len(mark)
    before, cell, after = strip.crop(0, x), strip.crop(x, end), strip.crop(end, strip.cell_length)
    own = next((segment.style for segment in cell if segment.style), None)
    shown = style if alone or own is None else own + style
    return [*before, Segment(mark, shown), *after]
