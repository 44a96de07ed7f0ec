"""Find and load a session's exported decoders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import EngineError
from vae_engine.inference.networks import Decoder
from vae_engine.inference.sampling import open_decoder, to_uint8
from vae_engine.sessions.records import ExportEntry
from vae_engine.sessions.session import Session

Floats = NDArray[np.float32]

_VALUES_AT_ONCE = 2**20
_QUICK_OPERATIONS = 6 * 10**8
"""Some 40 ms of a processor from 2023."""
_OPERATIONS_PER_VALUE = 100
"""What a pixel's mean and level cost, as multiplications of a network."""


@dataclass(frozen=True)
class LoadedDecoder:
    """A decoder and its export."""

    entry: ExportEntry
    model: Decoder

    @property
    def latent_dim(self) -> int:
        """Dimensions of z."""
        return self.model.latent_dim

    @property
    def image_size(self) -> tuple[int, int]:
        """Height and width of the images in pixels."""
        return self.model.shape.height, self.model.shape.width

    def decode(self, z: Floats) -> Floats:
        """Decode z (n, latent_dim) to pixel means, (n, h, w) or (n, h, w, 3).

        NaN is black.
        """
        with np.errstate(all="ignore"):
            return np.nan_to_num(self.model.pixels.means(self.model.decode_logits(z)))

    def levels(self, z: Floats) -> NDArray[np.uint8]:
        """Decode z (n, latent_dim) to levels from 0 to 255, (n, h, w) or (n, h, w, 3).

        In parts, as floats of many large images would take a hundred megabytes.
        """
        shape = self.model.shape
        levels = np.empty((len(z), *shape.array), np.uint8)
        step = max(1, _VALUES_AT_ONCE // shape.values)
        for start in range(0, len(z), step):
            part = slice(start, start + step)
            levels[part] = to_uint8(self.decode(z[part]))
        return levels

    def is_quick(self, count: int) -> bool:
        """Whether this number of images is decoded before a key press feels slow."""
        values = self.model.shape.values
        cost = self.model.multiplications + _OPERATIONS_PER_VALUE * values
        return count * cost <= _QUICK_OPERATIONS


@dataclass(frozen=True)
class Supply:
    """Exports of a session, and the decoder in use.

    Attributes:
        entries: the exports, oldest first.
        newest: the default export.
        live: whether a running worker may write newer ones.
        decoder: the requested decoder, if it could be loaded.
        problem: why there is none, or none newer; empty if all is well.
    """

    entries: tuple[ExportEntry, ...] = ()
    newest: ExportEntry | None = None
    live: bool = False
    decoder: LoadedDecoder | None = None
    problem: str = ""

    def neighbour(self, epoch: int | None, by: int) -> int | None:
        """Return the epoch of the next older (-1) or later (1) export; None is the newest."""
        if self.newest is None:
            return None
        epochs = [entry.epoch for entry in self.entries]
        start = self.newest.epoch if epoch is None or epoch not in epochs else epoch
        found = epochs[min(len(epochs) - 1, max(0, epochs.index(start) + by))]
        return None if found == self.newest.epoch else found


def find_supply(session: Session, epoch: int | None, held: LoadedDecoder | None) -> Supply:
    """List a session's exports, and load the requested decoder unless it is in use already.

    Args:
        session: only its folder is read, so any thread may call this.
        epoch: of the requested decoder; the newest for None, or if it does not exist.
        held: the decoder in use.
    """
    live = False
    try:
        if not session.folder.exists():
            return Supply(decoder=held, problem="This session was deleted or moved.")
        live = session.alive()
        index = session.exports()
        if index is None:
            return Supply(live=live, problem=_nothing_yet(live=live))
        entries = {entry.epoch: entry for entry in [*index.kept, index.current]}
        supply = Supply(tuple(entries[at] for at in sorted(entries)), index.current, live)
        wanted = index.current if epoch is None else entries.get(epoch, index.current)
        decoder = (
            held
            if held and held.entry == wanted
            else LoadedDecoder(wanted, open_decoder(session, wanted))
        )
    except (EngineError, OSError) as error:
        return Supply(live=live, decoder=held, problem=f"No decoder can be loaded: {error}.")
    return Supply(supply.entries, supply.newest, live, decoder)


def _nothing_yet(*, live: bool) -> str:
    if live:
        return (
            "There is nothing to sample from yet: the first decoder is exported after epoch 1. "
            "The samples will appear here then."
        )
    return (
        "There is nothing to sample from: this session ended before its first decoder was "
        "exported. Resume it and come back after epoch 1."
    )
