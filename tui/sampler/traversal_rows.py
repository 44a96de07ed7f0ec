"""The decoded rows of a traversal, of which only those that are new are decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui.decoders import LoadedDecoder
from tui.sampler.latent import Floats
from tui.sampler.model import Sheet
from vae_engine.inference.traversal import traverse


class Window(NamedTuple):
    """The part of a traversal that is on the screen.

    Attributes:
        dimensions: of the rows, from the top.
        values: of the columns, (k,).
        start: (d,), where the other dimensions stay.
    """

    dimensions: list[int]
    values: Floats
    start: Floats


@dataclass(frozen=True, eq=False)
class Rows:
    """A window, decoded.

    Attributes:
        window: which.
        decoder: by which decoder.
        start: z it starts from and its image.
        pixels: of each dimension of the window, (k, h, w) or (k, h, w, 3), levels from 0 to 255.
    """

    window: Window
    decoder: LoadedDecoder
    start: Sheet
    pixels: dict[int, NDArray[np.uint8]]

    @property
    def sheet(self) -> Sheet:
        """All images, row after row, with their z."""
        z = traverse(self.window.start, self.window.dimensions, self.window.values)
        rows = [self.pixels[dimension] for dimension in self.window.dimensions]
        return Sheet(z, np.concatenate(rows), self.decoder)


def decoded(decoder: LoadedDecoder, window: Window, before: Rows | None) -> Rows:
    """Decode a window, any thread.

    Args:
        decoder: which.
        window: what.
        before: what was decoded last; rows that stay the same are taken from it.
    """
    same = (
        before is not None
        and before.decoder is decoder
        and np.array_equal(before.window.start, window.start)
        and np.array_equal(before.window.values, window.values)
    )
    known = before.pixels if before is not None and same else {}
    missing = [dimension for dimension in window.dimensions if dimension not in known]
    z = np.concatenate([window.start[None], traverse(window.start, missing, window.values)])
    pixels = decoder.levels(z)
    rows = np.split(pixels[1:], len(missing)) if missing else []
    every = {**known, **dict(zip(missing, rows, strict=True))}
    kept = {dimension: every[dimension] for dimension in window.dimensions}
    return Rows(window, decoder, Sheet(z[:1], pixels[:1], decoder), kept)
