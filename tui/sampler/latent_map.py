"""The map of latent space: the decoded plane and the embedded test images, under one cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message

from tui.rendering.glyphs import Glyphs
from tui.rendering.scatter import label_color, label_symbol
from tui.rendering.sizes import image_sizes
from tui.sampler.embeddings import Embeddings
from tui.sampler.latent import (
    Floats,
    Plane,
    dimension_plane,
    lattice,
    normal_quantile,
    principal_plane,
)
from tui.sampler.latent_plane import DecodedPlane, EmbeddedPlane, LatentPlane
from tui.sampler.model import Sampler
from tui.sampler.plane_canvas import Shares, fit_canvas
from tui.sampler.saving import Shown
from tui.sampler.views import Chosen, figure
from tui.text import fitted

_ROOM_FOR_BOTH: Final = 100
_FAR: Final = 5
_BORDER: Final = 2
_LEGIBLE_LABELS: Final = 12
# Cells of a label's name in the legend; the first that fits is taken, 0 leaves the names out.
_LEGEND_NAMES: Final = (20, 12, 8, 6, 4, 3, 0)
_LEGEND_MARGIN: Final = 6
_AXES: Final = Binding.Group("Axes", compact=True)


class LatentMap(Horizontal, can_focus=True):
    """Both planes, side by side where there is room, else one of them at a time."""

    DEFAULT_CSS = """
    LatentMap:focus > LatentPlane { border: round $accent; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.back", "Samples", tooltip="Back to the samples"),
        Binding("left,h", "move(-1, 0)", "Left", show=False),
        Binding("right,l", "move(1, 0)", "Right", show=False),
        Binding("up,k", "move(0, -1)", "Up", show=False),
        Binding("down,j", "move(0, 1)", "Down", show=False),
        Binding("shift+left,H", f"move(-{_FAR}, 0)", "Far left", show=False),
        Binding("shift+right,L", f"move({_FAR}, 0)", "Far right", show=False),
        Binding("shift+up,K", f"move(0, -{_FAR})", "Far up", show=False),
        Binding("shift+down,J", f"move(0, {_FAR})", "Far down", show=False),
        Binding("home", "centre", "Centre", show=False, id="map.centre", tooltip="Cursor to z = 0"),
        Binding("o", "other", "Plane", tooltip="Decoded z, or the test images"),
        Binding("x", "axis(0, 1)", "Across", group=_AXES, tooltip="Next dimension across"),
        Binding("y", "axis(1, 1)", "Up", group=_AXES, tooltip="Next dimension upwards"),
        Binding(
            "p",
            "principal",
            "Components",
            group=_AXES,
            tooltip="The first two principal components of the test images, or two dimensions",
        ),
        Binding("X", "axis(0, -1)", "Previous dimension across", show=False),
        Binding("Y", "axis(1, -1)", "Previous dimension upwards", show=False),
    ]

    @dataclass
    class Moved(Message):
        """The cursor stands elsewhere, or on another plane."""

        def can_replace(self, message: Message) -> bool:
            """Only the latest place counts."""
            return isinstance(message, LatentMap.Moved)

    def __init__(self, latent_dim: int, *, id: str | None = None) -> None:
        """Make a map that shows nothing yet.

        Args:
            latent_dim: of z.
            id: of the widget.
        """
        super().__init__(id=id)
        self._axes = [0, min(1, latent_dim - 1)]
        self._latent_dim = latent_dim
        self._principal = False
        self._dimensions_wanted = False
        self._embeddings: Embeddings | None = None
        self._both = False
        self.plane: Plane = dimension_plane(latent_dim, *self._axes)

    def compose(self) -> ComposeResult:
        """Both planes."""
        yield DecodedPlane("decoded z", id="decoded")
        yield EmbeddedPlane("test images", id="embedded")

    @property
    def decoded(self) -> DecodedPlane:
        """The plane of decoded images."""
        return self.query_one(DecodedPlane)

    @property
    def embedded(self) -> EmbeddedPlane:
        """The plane of test images."""
        return self.query_one(EmbeddedPlane)

    @property
    def place(self) -> Shares:
        """Where the cursor stands."""
        return self.decoded.cursor

    @property
    def coordinates(self) -> tuple[float, float]:
        """Where the cursor stands along both axes, in standard deviations."""
        x, y = normal_quantile(np.array(self.place)).tolist()
        return x, y

    @property
    def z(self) -> Floats:
        """The z under the cursor, (d,)."""
        z: Floats = self.plane.z(np.array([self.place]))[0]
        return z

    @property
    def glyphs(self) -> Glyphs:
        """The finest glyphs that may be used."""
        return self.decoded.glyphs

    @glyphs.setter
    def glyphs(self, glyphs: Glyphs) -> None:
        self.decoded.glyphs = glyphs

    def take(self, sampler: Sampler) -> None:
        """Decode with this from now on."""
        self.decoded.sampler = sampler
        sizes = image_sizes(*sampler.decoder.image_size)
        self.decoded.image_sizes = self.embedded.image_sizes = sizes

    def redraw(self) -> None:
        """Decode and draw again."""
        self.decoded.redraw()
        self.embedded.redraw()

    def resize_images(self) -> None:
        """The images are as large as the map leaves room for."""

    def changed(self) -> None:
        """Nothing on the map depends on the selected sample."""

    def chosen(self) -> Chosen | None:
        """What is decoded under the cursor."""
        sampler = self.decoded.sampler
        return Chosen(self.z, sampler.decode(self.z[None]).pixels[0]) if sampler else None

    def headline(self) -> Content:
        """Which plane this is, and where the cursor stands."""
        kind = "principal components" if self._principal else "dimensions"
        axes = [name for name in self.plane.names if name]
        places = zip(axes, self.coordinates, strict=False)
        parts = [figure(f"map of {kind}", " and ".join(axes))]
        return Content("   ").join([*parts, *(figure(name, f"{x:+.2f}") for name, x in places)])

    def shown(self) -> Shown | None:
        """The decoded plane; the scatter can be drawn from the session's embeddings."""
        sheet, canvas = self.decoded.sheet, self.decoded.canvas
        if not len(sheet.z) or len(sheet.z) != canvas.across * canvas.down:
            return None
        facts = {
            "axes": self.plane.axes,
            "origin": self.plane.origin,
            "shares": lattice(canvas.across, canvas.down),
        }
        return Shown("map", sheet, canvas.across, facts)

    def show_embeddings(self, embeddings: Embeddings | None, why_none: str = "") -> None:
        """Show these test images, or say why there are none."""
        self._embeddings = embeddings
        if embeddings is None:
            self.embedded.border_title, self.embedded.border_subtitle = why_none, ""
        else:
            count = f"{len(embeddings.labels):,}"
            self.embedded.border_title = f"{count} test images at epoch {embeddings.epoch}"
            self._name_labels()
        complete = embeddings is not None and embeddings.complete
        # Principal components by default: where the digits spread most.
        self._principal = self._latent_dim > 2 and complete and not self._dimensions_wanted
        self._take_plane()

    def _name_labels(self) -> None:
        """Write the legend that has room."""
        if (shown := self._embeddings) is not None:
            width = self.size.width // (2 if self._both else 1)
            entries = legend(shown.labels, shown.label_names, width - _LEGEND_MARGIN)
            self.embedded.border_subtitle = entries

    def _fit_frames(self) -> None:
        """Make the frames as high as what they hold: whole images leave rows empty."""
        width = self.size.width // (2 if self._both else 1) - _BORDER
        canvas = fit_canvas(width, self.size.height - _BORDER, self.decoded.image_sizes)
        for plane in (self.decoded, self.embedded):
            plane.styles.height = canvas.height + 1 + _BORDER if canvas.height else "1fr"

    def on_resize(self) -> None:
        """Show both planes, if there is room."""
        self._both = self.size.width >= _ROOM_FOR_BOTH
        self._share_room()

    def action_move(self, across: int, down: int) -> None:
        """Move the cursor by cells."""
        canvas = self._plane_shown().canvas
        x, y = canvas.cell(self.place)
        self._go(canvas.place(x + across, y + down))

    def action_centre(self) -> None:
        """Move the cursor to the middle."""
        self._go((0.5, 0.5))

    def action_other(self) -> None:
        """Show the other plane."""
        if not self._both:
            shown = self._plane_shown()
            self.decoded.display = shown is self.embedded
            self.embedded.display = shown is self.decoded
            self.redraw()

    def action_axis(self, axis: int, by: int) -> None:
        """Take the next dimension for an axis that the other axis has not."""
        if self._latent_dim <= 2:
            return
        if not self._principal:
            self._axes[axis] = (self._axes[axis] + by) % self._latent_dim
            if self._axes[0] == self._axes[1]:
                self._axes[axis] = (self._axes[axis] + by) % self._latent_dim
        self._principal, self._dimensions_wanted = False, True
        self._take_plane()

    def action_principal(self) -> None:
        """Change between principal components and dimensions."""
        if self._latent_dim <= 2:
            return
        if self._embeddings is None or not self._embeddings.complete:
            self.notify("Principal components use all test images at the best epoch.")
            return
        self._principal = not self._principal
        self._dimensions_wanted = not self._principal
        self._take_plane()

    def check_action(
        self,
        action: str,
        parameters: tuple[object, ...],  # noqa: ARG002 - the signature is Textual's
    ) -> bool | None:
        """Offer only what has an effect."""
        if action in ("axis", "principal"):
            return self._latent_dim > 2
        return not (action == "other" and self._both)

    @on(LatentPlane.Clicked)
    def _click(self, event: LatentPlane.Clicked) -> None:
        event.stop()
        self._go(event.place)

    def _go(self, place: Shares) -> None:
        if place != self.place:
            self.decoded.cursor = self.embedded.cursor = place
            self.post_message(self.Moved())

    def _take_plane(self) -> None:
        embeddings = self._embeddings
        if self._principal and embeddings is not None:
            self.plane = principal_plane(embeddings.z_mean)
        else:
            self.plane = dimension_plane(self._latent_dim, self._axes[0], self._axes[1])
        if embeddings is None:
            self.embedded.clear()
        else:
            self.embedded.places = self.plane.shares(embeddings.z_mean)
            self.embedded.labels = embeddings.labels
        self.decoded.plane = self.plane
        across, up = self.plane.names
        self.decoded.border_subtitle = f"{across} across, {up} up" if up else f"{across} across"
        self.redraw()
        self.post_message(self.Moved())

    def _plane_shown(self) -> LatentPlane:
        return self.decoded if self.decoded.display else self.embedded

    def _share_room(self) -> None:
        self.embedded.display = self._both or not self.decoded.display
        self.decoded.display = self._both or self.decoded.display
        self._fit_frames()
        self._name_labels()
        self.refresh_bindings()
        self.redraw()


def legend(labels: NDArray[np.int64], names: Sequence[str], room: int) -> Content:
    """The labels in their colours, with their names as far as there is room.

    Args:
        labels: (n,), -1 for none.
        names: of the labels 0, 1, ...; a label without one is a number.
        room: cells; names are shortened alike to fit, or left out.

    Returns:
        Nothing where the labels are too many to tell apart.
    """
    known = np.unique(labels[labels >= 0]).tolist()
    if len(known) > _LEGIBLE_LABELS:
        return Content("")
    for longest in _LEGEND_NAMES:
        texts = [_legend_text(label, names, longest) for label in known]
        if sum(cell_len(text) + 1 for text in texts) <= room:
            break
    colors = ["#{:02x}{:02x}{:02x}".format(*label_color(label)) for label in known]
    parts = [Content.styled(t, f"bold {c}") for t, c in zip(texts, colors, strict=True)]
    return Content(" ").join(parts)


def _legend_text(label: int, names: Sequence[str], longest: int) -> str:
    symbol = label_symbol(label)
    if label >= len(names) or not longest:
        return symbol
    return f"{symbol} {fitted(names[label], min(longest, cell_len(names[label])))}"
