"""Model of the sampler: a decoder, draws from the prior, and paths between samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tui.decoders import LoadedDecoder
from tui.sampler.draws import Draws, Groups, Marks
from tui.sampler.latent import Floats
from vae_engine.inference.paths import linear_path, spherical_path

PathKind = Literal["linear", "spherical"]


@dataclass(frozen=True, eq=False)
class Sheet:
    """Decoded images.

    Attributes:
        z: (n, d).
        pixels: (n, h, w) or (n, h, w, 3), levels from 0 to 255.
        decoder: which made them; None of no images.
    """

    z: Floats
    pixels: NDArray[np.uint8]
    decoder: LoadedDecoder | None = None

    @property
    def images(self) -> Floats:
        """The means of the pixels, decoded again: they take four times the memory."""
        if self.decoder is None:
            return np.zeros(self.pixels.shape, np.float32)
        return self.decoder.decode(self.z)


@dataclass(frozen=True, eq=False)
class Direction:
    """A vector (d,) from the mean of some points to that of others, with its name."""

    name: str
    vector: Floats


NO_SHEET = Sheet(np.zeros((0, 1), np.float32), np.zeros((0, 28, 28), np.uint8))


def decoded_sheet(decoder: LoadedDecoder, z: Floats) -> Sheet:
    """Decode any z (n, d), in any thread."""
    return Sheet(z, decoder.levels(z), decoder)


class Sampler:
    """Samples with one decoder at a time; draws and marks stay when it changes.

    Attributes:
        decoder: the one in use.
        draws: from the prior.
        marks: the ends of an interpolation.
        path_kind: how an interpolation goes.
        groups: of samples, whose means a direction may join.
        direction: along which keys move z; None before one was chosen.
        selected: index of the sample that keys change and that traversals start from.
    """

    def __init__(self, decoder: LoadedDecoder) -> None:
        self.decoder = decoder
        self.draws = Draws()
        self.marks = Marks()
        self.path_kind: PathKind = "linear"
        self.selected = 0
        self.groups = Groups()
        self.direction: Direction | None = None

    def letters(self) -> dict[int, str]:
        """The marks and groups of the samples of the present draw, by index."""
        draw = self.draws.current
        marks, groups = self.marks.letters(draw), self.groups.letters(draw)
        return {at: marks.get(at, "") + groups.get(at, "") for at in sorted({*marks, *groups})}

    def strength(self) -> float:
        """How far the selected sample was nudged along the direction; 1 is from mean to mean."""
        nudge = self.draws.current.nudges.get(self.selected)
        if nudge is None or self.direction is None:
            return 0.0
        vector = self.direction.vector.astype(np.float64)
        return float(nudge @ vector / max(float(vector @ vector), np.finfo(np.float64).tiny))

    @property
    def selected_z(self) -> Floats:
        """The z of the selected sample, (d,)."""
        return self.draws.current.z_of(self.selected, self.decoder.latent_dim)

    @property
    def selected_origin(self) -> str:
        """Where the selected sample comes from, in words."""
        return self.draws.current.origin(self.selected)

    @property
    def nudged_dimensions(self) -> frozenset[int]:
        """The dimensions of the selected sample that were moved by hand."""
        nudge = self.draws.current.nudges.get(self.selected)
        return frozenset() if nudge is None else frozenset(np.flatnonzero(nudge).tolist())

    def drawn(self, count: int) -> Floats:
        """The z of the first samples of the present draw, (count, d)."""
        return self.draws.current.z(count, self.decoder.latent_dim)

    def with_changed(self, sheet: Sheet, index: int) -> Sheet:
        """The samples of the present draw of which one has another z: it is decoded alone."""
        z, pixels = self.drawn(len(sheet.z)), sheet.pixels.copy()
        pixels[index] = self.decoder.levels(z[index : index + 1])[0]
        return Sheet(z, pixels, self.decoder)

    def path(self, steps: int) -> Floats | None:
        """The way from mark A to mark B, both included; None before there are two marks."""
        pair = self.marks.pair
        if pair is None:
            return None
        start, end = (mark.z(self.decoder.latent_dim) for mark in pair)
        way = linear_path if self.path_kind == "linear" else spherical_path
        return way(start, end, steps)

    def turn_path(self) -> None:
        """Change between the linear and the spherical way."""
        self.path_kind = "spherical" if self.path_kind == "linear" else "linear"
