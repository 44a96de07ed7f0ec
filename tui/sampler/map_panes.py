"""The panes of the map, side by side where there is room: decoded plane, test images, legend."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
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
from tui.screen import Keys

_ROOM_FOR_BOTH: Final = 100
_ROOM_FOR_LEGEND: Final = _ROOM_FOR_BOTH + LEGEND_COLUMNS
_BORDER: Final = 2
_LEGEND_MARGIN: Final = 6

key = Keys("map")


class MapPanes(Horizontal):
    """Lays the panes out, and moves the cursor of both planes.

    Attributes:
        points: the test images that are shown.
    """

    DEFAULT_CSS = """
    MapPanes:focus > LatentPlane { border: round $accent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("o", "other", "Plane", "Decoded z, or the test images", show=True),
        key("slash", "legend", "Classes", "Choose the classes that are shown", show=True),
    ]

    class Filtered(Message):
        """Other classes are shown."""

    def __init__(self, *, id: str | None = None) -> None:
        """Make empty panes."""
        super().__init__(id=id)
        self.points = MapPoints()
        self._both = False
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

    def move_to(self, place: Shares, corner: Shares | None) -> bool:
        """Move the cursor and the corner of the box; return whether either has moved."""
        if (place, corner) == (self.place, self.corner):
            return False
        for plane in (self.decoded, self.embedded):
            plane.corner = corner
            plane.cursor = place
        return True

    def show_classes(self) -> None:
        """Write the legends that have room."""
        classes = self.points.classes()
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
        self._both = self.size.width - taken >= _ROOM_FOR_BOTH
        if self._legend_wanted and not self._both:
            # Its classes are those of the test images.
            self.decoded.display = False
        self.embedded.display = self._both or not self.decoded.display
        self.decoded.display = self._both or self.decoded.display
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

    def action_other(self) -> None:
        """Show the other plane."""
        if not self._both:
            shown = self.plane_shown
            self.decoded.display = shown is self.embedded
            self.embedded.display = shown is self.decoded
            self.redraw()

    def action_legend(self) -> None:
        """Go to the legend, to choose classes."""
        self._legend_wanted = True
        self.show_classes()
        self.legend.focus()

    def on_legend_left(self, event: Legend.Left) -> None:
        """Go back to the planes."""
        event.stop()
        self._legend_wanted = False
        self.focus()
        self.show_classes()

    def on_legend_toggled(self, event: Legend.Toggled) -> None:
        """Show or hide a class."""
        event.stop()
        self.points.toggle(event.label)
        self.post_message(self.Filtered())

    def on_legend_only(self, event: Legend.Only) -> None:
        """Show one class only, or all again."""
        event.stop()
        self.points.only(event.label)
        self.post_message(self.Filtered())

    def on_legend_all(self, event: Legend.All) -> None:
        """Show all classes."""
        event.stop()
        self.points.hidden = frozenset()
        self.post_message(self.Filtered())

    def _legend_room(self) -> int:
        return self._plane_width() - _LEGEND_MARGIN

    def _plane_width(self) -> int:
        """Width of a plane with its border."""
        width = self.size.width - (LEGEND_COLUMNS if self.legend.display else 0)
        return width // (2 if self._both else 1)
