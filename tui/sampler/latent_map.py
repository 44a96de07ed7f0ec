"""The map of latent space: the decoded plane and the embedded test images, under one cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message

from tui.sampler.decoding import Decoding
from tui.sampler.embeddings import Embeddings
from tui.sampler.latent import lattice
from tui.sampler.map_axes import MapAxes
from tui.sampler.map_cursor import MapCursor
from tui.sampler.map_keys import MAP_KEYS
from tui.sampler.map_panes import MapPanes
from tui.sampler.map_points import Indices, MapPoints, TsnePlaces
from tui.sampler.map_tsne import TsneRun
from tui.sampler.model import NO_SHEET, Sampler, Sheet
from tui.sampler.saving import Shown
from tui.sampler.views import Chosen

_PLANE_IS_Z: Final = "t-SNE is for more than two dimensions: here the plane is z itself."


class LatentMap(Container, can_focus=True):
    """Test images and decoded images on a plane of z, or where t-SNE puts them.

    Attributes:
        points: the test images that are shown.
        axes: what the map is by.
    """

    DEFAULT_CSS = """
    LatentMap:focus LatentPlane { border: round $accent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = MAP_KEYS

    @dataclass
    class Moved(Message):
        """The cursor stands elsewhere, or on another plane."""

        def can_replace(self, message: Message) -> bool:
            """Only the latest place counts."""
            return isinstance(message, LatentMap.Moved)

    class Said(Message):
        """The headline has changed."""

    @dataclass
    class Boxed(Message):
        """The images in a box are to be shown.

        Attributes:
            embeddings: of which.
            members: (n,), those in the box.
        """

        embeddings: Embeddings
        members: Indices

    def __init__(self, latent_dim: int, *, id: str | None = None) -> None:
        """Make a map that shows nothing yet.

        Args:
            latent_dim: of z.
            id: of the widget.
        """
        super().__init__(id=id)
        self.points = MapPoints()
        self.axes = MapAxes(latent_dim)
        self._run = TsneRun(self, lambda: self.post_message(self.Said()))
        self._marks_means = False
        self._decoding = Decoding(self)
        self._portrait = NO_SHEET

    def compose(self) -> ComposeResult:
        """Both planes and the legend."""
        yield MapPanes(self.points)

    def on_unmount(self) -> None:
        """Stop t-SNE."""
        self._run.cancel()

    @property
    def panes(self) -> MapPanes:
        """The planes and the legend."""
        return self.query_one(MapPanes)

    @property
    def cursor(self) -> MapCursor:
        """What lies under the cursor."""
        panes = self.panes
        place, corner, canvas = panes.place, panes.corner, panes.plane_shown.canvas
        return MapCursor(self.axes, self.points, place, corner, canvas)

    def take(self, sampler: Sampler) -> None:
        """Decode with this from now on."""
        self.panes.take(sampler)

    def redraw(self) -> None:
        """Decode and draw again."""
        self.panes.redraw()

    def resize_images(self) -> None:
        """The images are as large as the map leaves room for."""

    def changed(self) -> None:
        """Nothing on the map depends on the selected sample."""

    def chosen(self) -> Chosen | None:
        """What is decoded under the cursor; of a slow decoder, what was decoded last."""
        sampler, z = self.panes.decoded.sampler, self.cursor.z
        if sampler is None or z is None:
            return None
        last = self._portrait
        if last.decoder is not sampler.decoder or not np.array_equal(last.z, z[None]):
            self._decoding.want(sampler.decoder, z[None], self._take_portrait)
        if not len(self._portrait.z):
            return None
        return Chosen(self._portrait.z[0], self._portrait.pixels[0])

    def headline(self) -> Content:
        """Which plane this is, and where the cursor stands."""
        parts = [Content.styled(self._run.said, "$text-accent")] if self._run.said else []
        parts += self.cursor.figures(of_means=self._marks_means)
        return Content("   ").join(parts)

    def shown(self) -> Shown | None:
        """The decoded plane; the scatter can be drawn from the session's embeddings."""
        decoded, plane = self.panes.decoded, self.axes.plane
        sheet, canvas = decoded.sheet, decoded.canvas
        count = canvas.across * canvas.down
        if decoded.decoding.busy or not len(sheet.z) or len(sheet.z) != count:
            return None
        shares = lattice(canvas.across, canvas.down)
        if self.axes.projection == "tsne":
            return Shown("map-tsne", sheet, canvas.across, {"shares": shares})
        facts = {"axes": plane.axes, "origin": plane.origin, "shares": shares}
        return Shown("map", sheet, canvas.across, facts)

    def show_embeddings(self, embeddings: Embeddings | None, why_none: str = "") -> None:
        """Show these test images, or say why there are none."""
        before = self.points.embeddings
        if embeddings is not None and before is not None and embeddings.equals(before):
            self.post_message(self.Moved())
            return
        self._run.cancel()
        self.points.take(embeddings)
        self.panes.embedded.why_none = why_none
        self.axes.begin(embeddings)
        self._show_plane()

    def show_points(self) -> None:
        """Draw the points that are shown now, with their classes."""
        self.panes.embedded.show(self.points, marks_means=self._marks_means)
        self.panes.show_classes()
        if self.axes.projection == "tsne":
            self.panes.decoded.redraw()
        self.refresh_bindings()
        self.post_message(self.Moved())

    def action_other(self) -> None:
        """Show the other plane."""
        self.panes.turn()

    def action_legend(self) -> None:
        """Choose the classes that are shown."""
        self.panes.open_legend()

    def action_move(self, across: int, down: int) -> None:
        """Move the cursor by cells."""
        self.panes.move_by(across, down)

    def action_centre(self) -> None:
        """Move the cursor to the middle."""
        self.panes.go((0.5, 0.5), self.panes.corner)

    def action_box(self) -> None:
        """Begin a box at the cursor, or drop it."""
        self.panes.turn_box()

    def action_drop(self) -> None:
        """Drop the box, or stop t-SNE."""
        if self.panes.corner is not None:
            self.panes.turn_box()
        else:
            self._run.cancel()
            self.refresh_bindings()

    def action_images(self) -> None:
        """Show the images in the box."""
        box, embeddings = self.cursor.boxed(), self.points.embeddings
        if box is None or embeddings is None or not len(box):
            self.notify("There are no test images in the box.", severity="warning")
            return
        self.post_message(self.Boxed(embeddings, box))

    def action_density(self) -> None:
        """Shade by the number of images, or colour by class."""
        self.panes.embedded.shaded = not self.panes.embedded.shaded
        self._show_embedded()

    def action_means(self) -> None:
        """Mark the means of the classes, or remove the marks."""
        if self.points.embeddings is not None and not self.points.classes():
            self.notify("These images have no labels, so there are no class means.")
            return
        self._marks_means = not self._marks_means
        self._show_embedded()

    def action_turn_class(self, by: int) -> None:
        """Show the next class only, or all."""
        self.points.turn(by)
        self._show_embedded()

    def action_axis(self, axis: int, by: int) -> None:
        """Take the next dimension for an axis that the other axis has not."""
        self._run.cancel()
        self.axes.turn(axis, by)
        self._show_plane()

    def action_principal(self) -> None:
        """Change between principal components and dimensions."""
        if (embeddings := self._whole("Principal components use")) is not None:
            self._run.cancel()
            self.axes.turn_principal(embeddings)
            self._show_plane()

    def action_tsne(self) -> None:
        """Place the test images by t-SNE, or on a plane again."""
        if self.axes.projection == "tsne":
            self.axes.end_tsne(self.points.embeddings)
            self._show_plane()
        elif self._run.is_running:
            self._run.cancel()
        elif (embeddings := self._whole("t-SNE uses")) is not None:
            self._run.start(embeddings, self._take_tsne)
        self.refresh_bindings()

    def action_no_tsne(self) -> None:
        """Say why there is no t-SNE."""
        self.notify(_PLANE_IS_Z)

    def check_action(
        self,
        action: str,
        parameters: tuple[object, ...],  # noqa: ARG002 - the signature is Textual's
    ) -> bool | None:
        """Offer only what has an effect."""
        if action in ("axis", "principal", "tsne"):
            return self.axes.are_many
        if action == "drop":
            return self.panes.corner is not None or self._run.is_running
        if action == "images":
            return self.panes.corner is not None
        if action in ("legend", "turn_class"):
            return bool(self.points.classes())
        return not (action == "other" and self.panes.both)

    @on(MapPanes.Filtered)
    def _filter(self, event: MapPanes.Filtered) -> None:
        event.stop()
        self.show_points()

    @on(MapPanes.Left)
    def _return(self, event: MapPanes.Left) -> None:
        event.stop()
        self.focus()

    @on(MapPanes.Moved)
    def _move(self, event: MapPanes.Moved) -> None:
        event.stop()
        self.post_message(self.Moved())

    def _whole(self, what_uses: str) -> Embeddings | None:
        """The embeddings of all test images; without them, it is said that something needs them."""
        embeddings = self.points.embeddings
        if embeddings is not None and embeddings.complete:
            return embeddings
        self.notify(f"{what_uses} all test images at the best epoch.")
        return None

    def _take_tsne(self, places: TsnePlaces) -> None:
        self.axes.begin_tsne()
        self.points.place(places)
        self.panes.decoded.chosen_z = self.points.z_on_tiles
        self.panes.decoded.border_subtitle = "z_mean of the test image nearest to the middle"
        self._change_map(has_scale=False)

    def _show_plane(self) -> None:
        decoded, plane = self.panes.decoded, self.axes.plane
        self.points.project(plane)
        decoded.plane, decoded.chosen_z = plane, None
        across, up = plane.names
        decoded.border_subtitle = f"{across} across, {up} up" if up else f"{across} across"
        self._change_map(has_scale=True)

    def _change_map(self, *, has_scale: bool) -> None:
        """Draw other places: a box round old ones would be about other images."""
        panes = self.panes
        panes.go(panes.place, None)
        panes.decoded.has_scale = panes.embedded.has_scale = has_scale
        panes.decoded.redraw()
        self.show_points()

    def _show_embedded(self) -> None:
        if not self.panes.embedded.display:
            self.panes.turn()
        self.show_points()

    def _take_portrait(self, sheet: Sheet) -> None:
        self._portrait = sheet
