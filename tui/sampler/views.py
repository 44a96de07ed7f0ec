"""Views of the sampler: samples of a draw, and the path between two marked samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from textual.binding import Binding, BindingType
from textual.content import Content

from tui.sampler.decoding import Decoding
from tui.sampler.latent import Floats
from tui.sampler.model import NO_SHEET, Sampler, Sheet
from tui.sampler.sample_grid import SampleGrid
from tui.sampler.saving import Shown
from tui.text import one_line

QUIET: Final = "$text-muted"
_MOST_STEPS: Final = 64


@dataclass(frozen=True, eq=False)
class Chosen:
    """The selected image.

    Attributes:
        z: (d,).
        image: (h, w) or (h, w, 3).
        nudged: dimensions that were moved by hand.
    """

    z: Floats
    image: NDArray[np.uint8]
    nudged: frozenset[int] = frozenset()


class View(Protocol):
    """Interface of the sampler's views."""

    def take(self, sampler: Sampler) -> None:
        """Use this sampler from now on."""

    def redraw(self) -> None:
        """Decode again and show the images."""

    def changed(self) -> None:
        """Update the selected sample, whose z has changed."""

    def resize_images(self) -> None:
        """Show the images at another size, if the view has several."""

    def chosen(self) -> Chosen | None:
        """Return the image under the cursor."""

    def headline(self) -> Content:
        """Describe in one line what is shown."""

    def shown(self) -> Shown | None:
        """Return what can be saved; None if nothing is shown."""


class _SheetView(SampleGrid):
    """Base of views that show decoded images in a grid."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sampler: Sampler | None = None
        self._sheet = NO_SHEET
        self._decoding = Decoding(self)

    def take(self, sampler: Sampler) -> None:
        """Use this sampler from now on."""
        self._sampler = sampler
        self.show_images_of(*sampler.decoder.image_size)


class SamplesView(_SheetView):
    """Shows samples of the present draw, as many as fit."""

    def redraw(self) -> None:
        """Decode as many samples as fit."""
        if self._sampler is not None:
            z = self._sampler.drawn(self.room())
            self._decoding.want(self._sampler.decoder, z, self._show)

    def changed(self) -> None:
        """Decode only the selected sample, whose z has changed."""
        if self._sampler is None:
            return
        if self._decoding.busy or not self._sampler.decoder.is_quick(1):
            self.redraw()
        elif self._sampler.selected < len(self._sheet.z):
            self._show(self._sampler.with_changed(self._sheet, self._sampler.selected))

    def watch_selected(self, before: int | None, after: int | None) -> None:
        """Move the frame; keys now act on this sample."""
        super().watch_selected(before, after)
        if self._sampler is not None and after is not None:
            self._sampler.selected = after

    def mark(self) -> None:
        """Mark or unmark the selected sample."""
        if self._sampler is not None and self.selected is not None:
            self._sampler.marks.toggle(self._sampler.draws.current, self.selected)
            self.show_letters()

    def show_letters(self) -> None:
        """Frame the samples that are marked or in a group."""
        if self._sampler is not None:
            self.marks = self._sampler.letters()

    def chosen(self) -> Chosen | None:
        """Return the selected sample."""
        if self._sampler is None or self.selected is None:
            return None
        nudged = self._sampler.nudged_dimensions
        return Chosen(self._sheet.z[self.selected], self.images[self.selected], nudged)

    def headline(self) -> Content:
        """Describe the draw."""
        if self._sampler is None:
            return Content()
        draw, (at, draws) = self._sampler.draws.current, self._sampler.draws.position
        parts = [
            *direction_figure(self._sampler),
            prior_figure(self._sampler),
            figure("seed", f"{draw.seed}"),
            figure("temperature", f"{draw.temperature:.1f}"),
            *([figure("draw", f"{at} of {draws}")] if draws > 1 else []),
        ]
        if self.selected is not None:
            parts.append(figure("sample", f"{self.selected + 1} of {len(self.images)}"))
            if self.selected in draw.pins:
                parts.append(Content(one_line(draw.origin(self.selected))))
        if draw.nudges:
            parts.append(Content.styled(f"{len(draw.nudges)} nudged", "$text-success"))
        return Content("   ").join(parts)

    def shown(self) -> Shown | None:
        """The samples that are on the screen."""
        if self._sampler is None or not len(self._sheet.z):
            return None
        draw = self._sampler.draws.current
        facts = {"seed": draw.seed, "temperature": draw.temperature, "prior": draw.prior_name}
        of = "" if draw.mixture is None else f"-{draw.prior_name}"
        return Shown(f"samples{of}-seed{draw.seed}", self._sheet, self.tiling.across, facts)

    def _show(self, sheet: Sheet) -> None:
        assert self._sampler is not None
        self._sheet = sheet
        self.show_letters()
        self.show(sheet.pixels)


class PathView(_SheetView):
    """The path from mark A to mark B, in as many steps as fit."""

    CAPTIONED: ClassVar[bool] = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.back", "Samples", tooltip="Back to the samples")
    ]

    def redraw(self) -> None:
        """Decode the path."""
        steps = min(_MOST_STEPS, self.room())
        z = self._sampler.path(steps) if self._sampler is not None else None
        if self._sampler is not None and z is not None:
            self._decoding.want(self._sampler.decoder, z, self._show)

    def _show(self, sheet: Sheet) -> None:
        self._sheet, steps = sheet, len(sheet.z)
        shares = [f"{share:.2f}" for share in np.linspace(0, 1, steps)]
        self.show(sheet.pixels, captions=["A", *shares[1:-1], "B"][:steps])

    def changed(self) -> None:
        """Decode again: it may be an end of the path."""
        self.redraw()

    def chosen(self) -> Chosen | None:
        """The selected step."""
        if self.selected is None:
            return None
        return Chosen(self._sheet.z[self.selected], self.images[self.selected])

    def headline(self) -> Content:
        """Which path this is."""
        pair = self._sampler.marks.pair if self._sampler is not None else None
        if self._sampler is None or pair is None:
            return Content()
        kind = Content.styled(f"{self._sampler.path_kind} path", "bold")
        steps = Content(f"{len(self.images)} steps")
        ends = [figure(letter, f"{mark}") for letter, mark in zip("AB", pair, strict=True)]
        return Content("   ").join([kind, steps, *ends])

    def shown(self) -> Shown | None:
        """The steps that are on the screen."""
        pair = self._sampler.marks.pair if self._sampler is not None else None
        if self._sampler is None or pair is None or not len(self._sheet.z):
            return None
        facts = {
            "path": self._sampler.path_kind,
            "seed": [mark.draw.seed for mark in pair],
            "temperature": [mark.draw.temperature for mark in pair],
            "prior": [mark.draw.prior_name for mark in pair],
            "sample": [mark.index for mark in pair],
        }
        name = f"{self._sampler.path_kind}-path"
        return Shown(name, self._sheet, self.tiling.across, facts, steps=len(self._sheet.z))


def direction_figure(sampler: Sampler) -> list[Content]:
    """The direction along which keys move z, and how far the selected sample was moved."""
    if sampler.direction is None:
        return []
    return [figure(one_line(sampler.direction.name), f"{sampler.strength():+.2f}")]


def prior_figure(sampler: Sampler) -> Content:
    """The prior of the present draw; with the encoder's epoch where that is not the decoder's."""
    mixture = sampler.draws.current.mixture
    if mixture is None:
        return figure("prior", "standard")
    gaussians = f"mixture of {mixture.components}"
    if mixture.is_of(sampler.decoder.entry):
        return figure("prior", gaussians)
    stale = f"{gaussians} for epoch {mixture.epoch}"
    return Content.styled("prior ", QUIET) + Content.styled(stale, "$text-warning")


def figure(name: str, value: str) -> Content:
    """Format a value after its name."""
    return Content.styled(f"{name} ", QUIET) + Content(value)
