"""A plane through latent space with axes and a cursor; what fills it is drawn by subclasses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

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

from tui.latent import Doubles, Plane, lattice, normal_cdf
from tui.rendering.glyphs import Glyphs
from tui.rendering.images import render_lines
from tui.rendering.runs import Line
from tui.rendering.scatter import scatter_lines
from tui.rendering.sizes import IMAGE_SIZES, ImageSize
from tui.sampler import NO_SHEET, Sampler
from tui.widgets.display import app_depth, app_display

Place = tuple[float, float]
"""Shares of N(0, 1) to the left and below, as in `Plane`."""

_TICKS: Final = (-2, -1, 0, 1, 2)
_LABELS: Final = 3
_LEAST_ACROSS, _LEAST_DOWN = 7, 5
_SMALLEST: Final = (8, 4)


@dataclass(frozen=True, slots=True)
class Canvas:
    """The part of a plane's widget that shows the plane: whole images, side by side.

    Attributes:
        tile: cells of one decoded image.
        across: images in a row.
        down: rows of images.
    """

    tile: ImageSize
    across: int
    down: int

    @property
    def width(self) -> int:
        """Cells from left to right."""
        return self.tile[0] * self.across

    @property
    def height(self) -> int:
        """Cells from top to bottom."""
        return self.tile[1] * self.down

    def cell(self, place: Place) -> tuple[int, int]:
        """Column and row of a place."""
        x = min(self.width - 1, max(0, int(place[0] * self.width)))
        y = min(self.height - 1, max(0, int((1 - place[1]) * self.height)))
        return x, y

    def place(self, x: int, y: int) -> Place:
        """The middle of the nearest cell; that of the plane where there are no cells."""
        if not self.width or not self.height:
            return 0.5, 0.5
        x = min(self.width - 1, max(0, x))
        y = min(self.height - 1, max(0, y))
        return (x + 0.5) / self.width, 1 - (y + 0.5) / self.height


def fit_canvas(width: int, height: int) -> Canvas:
    """The canvas that fits so many cells, with the largest images that still give an overview."""
    width, height = max(0, width - _LABELS), max(0, height - 1)
    for tile in IMAGE_SIZES[: IMAGE_SIZES.index(_SMALLEST) + 1]:
        if width // tile[0] >= _LEAST_ACROSS and height // tile[1] >= _LEAST_DOWN:
            break
    return Canvas(tile, width // tile[0], height // tile[1])


class LatentPlane(Widget):
    """A plane with the values of N(0, 1) along its edges and a cursor.

    Attributes:
        cursor: where the cursor stands.
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
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"latent-plane--cursor"}

    cursor: var[Place] = var((0.5, 0.5), init=False)

    @dataclass
    class Clicked(Message):
        """A place was clicked."""

        place: Place

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = title
        self._canvas = Canvas((1, 1), 0, 0)
        self._lines: list[Line] = []

    @property
    def canvas(self) -> Canvas:
        """The part that shows the plane now."""
        return self._canvas

    def draw(self, canvas: Canvas) -> list[Line]:
        """Draw the plane: a line for each row of the canvas, of its width."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw everything again."""
        if self.is_attached and self.display:
            self._canvas = fit_canvas(*self.size)
            self._lines = self.draw(self._canvas) if self._canvas.width else []
            self.refresh()

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, self._follow_theme)

    def on_unmount(self) -> None:
        """Let the app let go, which else holds a widget that is gone until the theme changes."""
        self.app.theme_changed_signal.unsubscribe(self)

    def on_resize(self) -> None:
        """Take the new room."""
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        """Tell where."""
        offset = event.get_content_offset(self)
        if offset is not None and self._canvas.width:
            self.post_message(self.Clicked(self._canvas.place(offset.x - _LABELS, offset.y)))

    def watch_cursor(self, before: Place, after: Place) -> None:
        """Move the cursor, and refresh only where it was and is."""
        if not self._lines:
            return
        regions = []
        for place in (before, after):
            x, y = self._canvas.cell(place)
            regions += [
                Region(0, y, _LABELS, 1),
                Region(_LABELS + x, y, 1, 1),
                Region(_LABELS + x, self._canvas.height, 1, 1),
            ]
        self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """Render one line of the plane or of its lower axis."""
        paper = Style(color=self.rich_style.color, bgcolor=self.rich_style.bgcolor)
        x, cursor_y = self._canvas.cell(self.cursor)
        if not self._lines or y > self._canvas.height:
            line: Line = []
        elif y == self._canvas.height:
            line = [Segment(_lower_axis(self._canvas, x), paper)]
        else:
            label = _side_label(self._canvas, y, cursor=y == cursor_y)
            line = [Segment(label, paper), *_on_paper(self._lines[y], paper)]
            if y == cursor_y:
                line = _with_cursor(
                    line, _LABELS + x, self.get_component_rich_style("latent-plane--cursor")
                )
        return Strip(line).adjust_cell_length(self.size.width, paper)

    def _follow_theme(self, _: Theme) -> None:
        self.redraw()


class DecodedPlane(LatentPlane):
    """The images decoded on a lattice over the plane.

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

    def draw(self, canvas: Canvas) -> list[Line]:
        """Decode and draw."""
        if self.plane is None or self.sampler is None:
            return []
        self.sheet = self.sampler.decode(self.plane.z(lattice(canvas.across, canvas.down)))
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
    """The test digits on the plane, coloured by label.

    Attributes:
        places: (n, 2), where they lie.
        labels: (n,), -1 for none.
    """

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(title, id=id)
        self.clear()

    def clear(self) -> None:
        """Show no digits."""
        self.places: Doubles = np.zeros((0, 2))
        self.labels: NDArray[np.int64] = np.zeros(0, np.int64)

    def draw(self, canvas: Canvas) -> list[Line]:
        """Draw the points."""
        paper = self.background_colors[1].rgb
        depth = app_depth(self.app)
        return scatter_lines(self.places, self.labels, canvas.width, canvas.height, depth, paper)


def _lower_axis(canvas: Canvas, cursor: int) -> str:
    """The values along the lower edge, and a mark below the cursor."""
    text = [" "] * (_LABELS + canvas.width)
    for value in _TICKS:
        label = f"{value:+d}" if value else "0"
        x = int(normal_cdf(np.array([float(value)]))[0] * canvas.width)
        start = min(_LABELS + x - len(label) // 2, len(text) - len(label))
        text[start : start + len(label)] = label
    text[_LABELS + cursor] = "^"
    return "".join(text)


def _side_label(canvas: Canvas, y: int, *, cursor: bool) -> str:
    """The value at the left edge of a line, if it has one; the cursor's line is marked."""
    label = ""
    for value in _TICKS:
        share = float(normal_cdf(np.array([float(value)]))[0])
        if min(canvas.height - 1, int((1 - share) * canvas.height)) == y:
            label = f"{value:+d}" if value else "0"
    return f"{label:>2}{'>' if cursor else ' '}"


def _on_paper(line: Line, paper: Style) -> Line:
    return [part if part.style else Segment(part.text, paper) for part in line]


def _with_cursor(line: Line, x: int, style: Style) -> Line:
    strip = Strip(line)
    before, after = strip.crop(0, x), strip.crop(x + 1, strip.cell_length)
    return [*before, Segment("+", style), *after]
