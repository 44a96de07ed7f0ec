"""The map of latent space: the decoded plane and the embedded test images, under one cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from tui.sampler.embeddings import Embeddings
from tui.sampler.latent import (
    Floats,
    Plane,
    dimension_plane,
    lattice,
    normal_quantile,
    principal_plane,
)
from tui.sampler.latent_plane import LatentPlane
from tui.sampler.map_headline import (
    box_figure,
    mean_figures,
    nearest_figures,
    plane_figures,
    projection_figures,
)
from tui.sampler.map_panes import MapPanes, key
from tui.sampler.map_points import Indices, Projection, TsnePlaces
from tui.sampler.map_tsne import TsneRun
from tui.sampler.plane_canvas import Canvas, Shares
from tui.sampler.saving import Shown
from tui.sampler.views import Chosen

_FAR: Final = 5
_LAYERS: Final = Binding.Group("Layers", compact=True)
_AXES: Final = Binding.Group("Axes", compact=True)
_PLANE_IS_Z: Final = "t-SNE is for more than two dimensions: here the plane is z itself."


class LatentMap(MapPanes, can_focus=True):
    """Test images and decoded images on a plane of z, or where t-SNE puts them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Each falls through to the next, and to the screen, where it has no effect.
        key("escape", "drop", "Cancel", "Drop the box, or stop t-SNE", show=True),
        Binding("escape", "screen.back", "Samples", tooltip="Back to the samples"),
        key("enter", "images", "Images", "Show the images in the box", show=True),
        Binding("left,h", "move(-1, 0)", "Left", show=False),
        Binding("right,l", "move(1, 0)", "Right", show=False),
        Binding("up,k", "move(0, -1)", "Up", show=False),
        Binding("down,j", "move(0, 1)", "Down", show=False),
        Binding("shift+left,H", f"move(-{_FAR}, 0)", "Far left", show=False),
        Binding("shift+right,L", f"move({_FAR}, 0)", "Far right", show=False),
        Binding("shift+up,K", f"move(0, -{_FAR})", "Far up", show=False),
        Binding("shift+down,J", f"move(0, {_FAR})", "Far down", show=False),
        key("home", "centre", "Centre", "Cursor to z = 0"),
        key("space", "box", "Box", "Begin a box at the cursor, or drop it", show=True),
        key(
            "D",
            "density",
            "Density",
            "Shade by the number of images, or colour by class",
            group=_LAYERS,
            show=True,
        ),
        key("M", "means", "Means", "Mark the mean of each class", group=_LAYERS, show=True),
        key("c", "turn_class(1)", "Class", "The next class only, or all"),
        key("C", "turn_class(-1)", "Previous class", "The previous class only, or all"),
        key("x", "axis(0, 1)", "Across", "Next dimension across", group=_AXES, show=True),
        key("y", "axis(1, 1)", "Up", "Next dimension upwards", group=_AXES, show=True),
        key(
            "p",
            "principal",
            "Components",
            "The first two principal components of the test images, or two dimensions",
            group=_AXES,
            show=True,
        ),
        key(
            "T",
            "tsne",
            "t-SNE",
            "Place the test images by t-SNE, or on a plane",
            group=_AXES,
            show=True,
        ),
        Binding("T", "no_tsne", "No t-SNE", show=False),
        Binding("X", "axis(0, -1)", "Previous dimension across", show=False),
        Binding("Y", "axis(1, -1)", "Previous dimension upwards", show=False),
    ]

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
        self._axes = [0, min(1, latent_dim - 1)]
        self._latent_dim = latent_dim
        self._projection: Projection = "dimensions"
        self._plane_wanted: Projection | None = None
        self._run = TsneRun(self, lambda: self.post_message(self.Said()))
        self._marks_means = False
        self.plane: Plane = dimension_plane(latent_dim, *self._axes)

    def on_unmount(self) -> None:
        """Compute for nobody no more."""
        self._run.cancel()

    @property
    def coordinates(self) -> tuple[float, float]:
        """Where the cursor stands along both axes, in standard deviations."""
        x, y = normal_quantile(np.array(self.place)).tolist()
        return x, y

    @property
    def nearest(self) -> int | None:
        """The embedding of the test image nearest to the cursor, of those that are shown."""
        return self.points.nearest(self.place, self.plane_shown.canvas)

    @property
    def z(self) -> Floats:
        """The z of the plane under the cursor, (d,)."""
        z: Floats = self.plane.z(np.array([self.place]))[0]
        return z

    @property
    def z_shown(self) -> Floats | None:
        """The z under the cursor; by t-SNE the z_mean of the nearest image, if there is one."""
        if self._projection != "tsne":
            return self.z
        at, embeddings = self.nearest, self.points.embeddings
        return None if at is None or embeddings is None else embeddings.z_mean[at]

    def resize_images(self) -> None:
        """The images are as large as the map leaves room for."""

    def changed(self) -> None:
        """Nothing on the map depends on the selected sample."""

    def chosen(self) -> Chosen | None:
        """What is decoded under the cursor."""
        sampler, z = self.decoded.sampler, self.z_shown
        if sampler is None or z is None:
            return None
        return Chosen(z, sampler.decode(z[None]).pixels[0])

    def headline(self) -> Content:
        """Which plane this is, and where the cursor stands."""
        parts = [Content.styled(self._run.said, "$text-accent")] if self._run.said else []
        parts += projection_figures(self._projection, self.plane, self.points)
        box = self._boxed()
        if box is not None:
            parts.append(box_figure(self.points, box))
        elif self._projection == "tsne":
            parts += nearest_figures(self.points, self.nearest)
        else:
            parts += plane_figures(self.plane, self.coordinates)
        if self._marks_means and (z := self.z_shown) is not None:
            parts += mean_figures(self.points.means(), z)
        return Content("   ").join(parts)

    def shown(self) -> Shown | None:
        """The decoded plane; the scatter can be drawn from the session's embeddings."""
        sheet, canvas = self.decoded.sheet, self.decoded.canvas
        count = canvas.across * canvas.down
        if self.decoded.decoding.busy or not len(sheet.z) or len(sheet.z) != count:
            return None
        shares = lattice(canvas.across, canvas.down)
        if self._projection == "tsne":
            return Shown("map-tsne", sheet, canvas.across, {"shares": shares})
        facts = {"axes": self.plane.axes, "origin": self.plane.origin, "shares": shares}
        return Shown("map", sheet, canvas.across, facts)

    def show_embeddings(self, embeddings: Embeddings | None, why_none: str = "") -> None:
        """Show these test images, or say why there are none."""
        before = self.points.embeddings
        if embeddings is not None and before is not None and embeddings.equals(before):
            self.post_message(self.Moved())
            return
        self._run.cancel()
        self.points.take(embeddings)
        self.embedded.border_title = why_none
        complete = embeddings is not None and embeddings.complete
        # Principal components by default: where the digits spread most.
        self._projection = self._plane_wanted or "principal"
        if self._latent_dim <= 2 or not complete:
            self._projection = "dimensions"
        self._take_plane()

    def show_points(self) -> None:
        """Draw the points that are shown now, with their classes."""
        points, plane = self.points, self.embedded
        if (embeddings := points.embeddings) is None:
            plane.border_subtitle = ""
            plane.clear()
        else:
            count, every = len(points.members), len(embeddings.labels)
            counted = f"{count:,} of {every:,}" if count < every else f"{every:,}"
            plane.border_title = f"{counted} test images at epoch {embeddings.epoch}"
            plane.places, plane.labels = points.places, points.labels
            plane.means = points.means() if self._marks_means else ()
        self.show_classes()
        if self._projection == "tsne":
            self.decoded.redraw()
        plane.redraw()
        self.refresh_bindings()
        self.post_message(self.Moved())

    def action_move(self, across: int, down: int) -> None:
        """Move the cursor by cells."""
        canvas = self.plane_shown.canvas
        x, y = canvas.cell(self.place)
        self._go(canvas.place(x + across, y + down), self.corner)

    def action_centre(self) -> None:
        """Move the cursor to the middle."""
        self._go((0.5, 0.5), self.corner)

    def action_box(self) -> None:
        """Begin a box at the cursor, or drop it."""
        self._go(self.place, self.place if self.corner is None else None)

    def action_drop(self) -> None:
        """Drop the box, or stop t-SNE."""
        if self.corner is not None:
            self._go(self.place, None)
        else:
            self._run.cancel()
            self.refresh_bindings()

    def action_images(self) -> None:
        """Show the images in the box."""
        box, embeddings = self._boxed(), self.points.embeddings
        if box is None or embeddings is None or not len(box):
            self.notify("There are no test images in the box.", severity="warning")
            return
        self.post_message(self.Boxed(embeddings, box))

    def action_density(self) -> None:
        """Shade by the number of images, or colour by class."""
        self.embedded.shaded = not self.embedded.shaded
        self._show_embedded()

    def action_means(self) -> None:
        """Mark the means of the classes, or no more."""
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
        if self._projection == "dimensions":
            self._axes[axis] = (self._axes[axis] + by) % self._latent_dim
            if self._axes[0] == self._axes[1]:
                self._axes[axis] = (self._axes[axis] + by) % self._latent_dim
        self._turn_to("dimensions")

    def action_principal(self) -> None:
        """Change between principal components and dimensions."""
        if self._whole("Principal components use") is not None:
            self._turn_to("dimensions" if self._projection == "principal" else "principal")

    def action_tsne(self) -> None:
        """Place the test images by t-SNE, or on a plane again."""
        if self._projection == "tsne":
            self._turn_to(self._plane_wanted or "principal")
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
            return self._latent_dim > 2
        if action == "drop":
            return self.corner is not None or self._run.is_running
        if action == "images":
            return self.corner is not None
        if action in ("legend", "turn_class"):
            return bool(self.points.classes())
        return not (action == "other" and self._both)

    @on(MapPanes.Filtered)
    def _filter(self, event: MapPanes.Filtered) -> None:
        event.stop()
        self.show_points()

    @on(LatentPlane.Clicked)
    def _click(self, event: LatentPlane.Clicked) -> None:
        event.stop()
        self._go(event.place, self.corner)

    @on(LatentPlane.Dragged)
    def _drag(self, event: LatentPlane.Dragged) -> None:
        event.stop()
        self._go(event.place, event.start)

    def _go(self, place: Shares, corner: Shares | None) -> None:
        had_box = self.corner is not None
        if self.move_to(place, corner):
            if had_box != (corner is not None):
                self.refresh_bindings()
            self.post_message(self.Moved())

    def _boxed(self) -> Indices | None:
        """The embeddings in the box; None without one."""
        if self.corner is None:
            return None
        return self.points.within((self.corner, self.place), self.plane_shown.canvas)

    def _whole(self, what_uses: str) -> Embeddings | None:
        """The embeddings of all test images; without them, it is said that something needs them."""
        embeddings = self.points.embeddings
        if embeddings is not None and embeddings.complete:
            return embeddings
        self.notify(f"{what_uses} all test images at the best epoch.")
        return None

    def _turn_to(self, plane: Projection) -> None:
        self._run.cancel()
        self._projection = self._plane_wanted = plane
        self._take_plane()

    def _take_tsne(self, places: TsnePlaces) -> None:
        self._projection = "tsne"
        self.points.place(places)
        self.decoded.chosen_z = self._z_on_tiles
        self.decoded.border_subtitle = "z_mean of the test image nearest to the middle"
        self._change_map(has_scale=False)

    def _take_plane(self) -> None:
        embeddings = self.points.embeddings
        if self._projection == "principal" and embeddings is not None:
            self.plane = principal_plane(embeddings.z_mean)
        else:
            self.plane = dimension_plane(self._latent_dim, self._axes[0], self._axes[1])
        self.points.project(self.plane)
        self.decoded.plane, self.decoded.chosen_z = self.plane, None
        across, up = self.plane.names
        self.decoded.border_subtitle = f"{across} across, {up} up" if up else f"{across} across"
        self._change_map(has_scale=True)

    def _change_map(self, *, has_scale: bool) -> None:
        """Draw other places: a box round old ones would be about other images."""
        self.move_to(self.place, None)
        self.decoded.has_scale = self.embedded.has_scale = has_scale
        self.decoded.redraw()
        self.show_points()

    def _show_embedded(self) -> None:
        if not self.embedded.display:
            self.action_other()
        self.show_points()

    def _z_on_tiles(self, canvas: Canvas) -> tuple[Indices, Floats]:
        tiles, members = self.points.on_tiles(canvas)
        assert self.points.embeddings is not None
        return tiles, self.points.embeddings.z_mean[members]
