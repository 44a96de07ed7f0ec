"""The panes of the map, side by side where there is room: decoded plane, test images, legend."""

from __future__ import annotations

from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message

from tui.rendering.glyphs import Glyphs
from tui.rendering.sizes import image_sizes
from tui.sampler.decoded_plane import DecodedPlane
from tui.sampler.embedded_plane import EmbeddedPlane
from tui.sampler.latent_plane import LatentPlane
from tui.sampler.map_legend import LEGEND_COLUMNS, Legend, legend
from tui.sampler.map_points import MapPoints
from tui.sampler.model import Sampler
from tui.sampler.plane_canvas import Shares, fit_canvas

_ROOM_FOR_BOTH: Final = 100
_ROOM_FOR_LEGEND: Final = _ROOM_FOR_BOTH + LEGEND_COLUMNS
_BORDER: Final = 2
_LEGEND_MARGIN: Final = 6


class MapPanes(Horizontal):
    """Lays the panes out, and moves the cursor of both planes.

    Attributes:
        both: whether both planes are shown.
    """

    class Moved(Message):
        """The cursor stands elsewhere, or a box is begun or dropped."""

        def can_replace(self, message: Message) -> bool:
            """Only the latest place counts."""
            return isinstance(message, MapPanes.Moved)

    class Filtered(Message):
        """Other classes are shown."""

    class Left(Message):
        """The legend is left."""

    def __init__(self, points: MapPoints) -> None:
        """Make empty panes, whose legend filters these points."""
        super().__init__()
        self._points = points
        self.both = False
        self._legend_wanted = False

    def compose(self) -> ComposeResult:
        """Both planes, the legend."""
        yield DecodedPlane("decoded z", id="decoded")
        yield EmbeddedPlane("test images", id="embedded")
        yield Legend(id="legend")

    def on_mount(self) -> None:
        """Show no legend before there are classes."""
        self.legend.display = False

    @property
    def decoded(self) -> DecodedPlane:
        """The plane of decoded images."""
        return self.query_one(DecodedPlane)

    @property
    def embedded(self) -> EmbeddedPlane:
        """The plane of test images."""
        return self.query_one(EmbeddedPlane)

    @property
    def legend(self) -> Legend:
        """The list of classes."""
        return self.query_one(Legend)

    @property
    def place(self) -> Shares:
        """Where the cursor stands."""
        return self.decoded.cursor

    @property
    def corner(self) -> Shares | None:
        """The corner of the box opposite to the cursor; None where there is no box."""
        return self.decoded.corner

    @property
    def glyphs(self) -> Glyphs:
        """The finest glyphs that may be used."""
        return self.decoded.glyphs

    @glyphs.setter
    def glyphs(self, glyphs: Glyphs) -> None:
        self.decoded.glyphs = glyphs

    @property
    def plane_shown(self) -> LatentPlane:
        """The one plane that is shown, or the first of both."""
        return self.decoded if self.decoded.display else self.embedded

    def take(self, sampler: Sampler) -> None:
        """Decode with this from now on."""
        self.decoded.sampler = sampler
        sizes = image_sizes(*sampler.decoder.image_size)
        self.decoded.image_sizes = self.embedded.image_sizes = sizes

    def redraw(self) -> None:
        """Decode and draw again."""
        self.decoded.redraw()
        self.embedded.redraw()

    def go(self, place: Shares, corner: Shares | None) -> None:
        """Move the cursor and the corner of the box."""
        if (place, corner) == (self.place, self.corner):
            return
        had_box = self.corner is not None
        for plane in (self.decoded, self.embedded):
            plane.corner = corner
            plane.cursor = place
        if had_box != (corner is not None):
            self.refresh_bindings()
        self.post_message(self.Moved())

    def move_by(self, across: int, down: int) -> None:
        """Move the cursor by cells."""
        canvas = self.plane_shown.canvas
        x, y = canvas.cell(self.place)
        self.go(canvas.place(x + across, y + down), self.corner)

    def turn_box(self) -> None:
        """Begin a box at the cursor, or drop it."""
        self.go(self.place, self.place if self.corner is None else None)

    def show_classes(self) -> None:
        """Write the legends that have room."""
        classes = self._points.classes()
        self.legend.show(classes)
        wanted = self._legend_wanted or self.size.width >= _ROOM_FOR_LEGEND
        if self.legend.display != (wanted and len(classes) > 0):
            self.legend.display = not self.legend.display
            self.share_room()
        line = Content("") if self.legend.display else legend(classes, self._legend_room())
        self.embedded.border_subtitle = line

    def share_room(self) -> None:
        """Show both planes, if there is room, as high as what they hold."""
        taken = LEGEND_COLUMNS if self.legend.display else 0
        self.both = self.size.width - taken >= _ROOM_FOR_BOTH
        if self._legend_wanted and not self.both:
            # Its classes are those of the test images.
            self.decoded.display = False
        self.embedded.display = self.both or not self.decoded.display
        self.decoded.display = self.both or self.decoded.display
        size = self._plane_width() - _BORDER, self.size.height - _BORDER
        canvas = fit_canvas(*size, self.decoded.image_sizes)
        for plane in (self.decoded, self.embedded):
            # Whole images leave rows empty.
            plane.styles.height = canvas.height + 1 + _BORDER if canvas.height else "1fr"
        self.refresh_bindings()
        self.redraw()

    def on_resize(self) -> None:
        """Show both planes and the legend, if there is room."""
        self.share_room()
        self.show_classes()

    def turn(self) -> None:
        """Show the other plane, if only one is shown."""
        if not self.both:
            shown = self.plane_shown
            self.decoded.display = shown is self.embedded
            self.embedded.display = shown is self.decoded
            self.redraw()

    def open_legend(self) -> None:
        """Go to the legend, to choose classes."""
        self._legend_wanted = True
        self.show_classes()
        self.legend.focus()

    def on_latent_plane_clicked(self, event: LatentPlane.Clicked) -> None:
        """Move the cursor to where the mouse was clicked."""
        event.stop()
        self.go(event.place, self.corner)

    def on_latent_plane_dragged(self, event: LatentPlane.Dragged) -> None:
        """Draw a box with the mouse."""
        event.stop()
        self.go(event.place, event.start)

    def on_legend_left(self, event: Legend.Left) -> None:
        """Hide the legend again where it has no room."""
        event.stop()
        self._legend_wanted = False
        self.post_message(self.Left())
        self.show_classes()

    def on_legend_toggled(self, event: Legend.Toggled) -> None:
        """Show or hide a class."""
        event.stop()
        self._points.toggle(event.label)
        self.post_message(self.Filtered())

    def on_legend_only(self, event: Legend.Only) -> None:
        """Show one class only, or all again."""
        event.stop()
        self._points.only(event.label)
        self.post_message(self.Filtered())

    def on_legend_all(self, event: Legend.All) -> None:
        """Show all classes."""
        event.stop()
        self._points.hidden = frozenset()
        self.post_message(self.Filtered())

    def _legend_room(self) -> int:
        return self._plane_width() - _LEGEND_MARGIN

    def _plane_width(self) -> int:
        """Width of a plane with its border."""
        width = self.size.width - (LEGEND_COLUMNS if self.legend.display else 0)
        return width // (2 if self.both else 1)
