"""Draw samples of every setting with the same seed, by the exported decoders of its trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui.decoders import LoadedDecoder, find_supply
from tui.sweeps.grid import SettingRow
from vae_engine.errors import EngineError
from vae_engine.inference.sampling import draw_prior, to_uint8
from vae_engine.sessions.session import Session
from vae_engine.sweeps.store import Sweep
from vae_engine.sweeps.trials import Trial

COUNT = 24
"""Number of samples drawn per setting; the strip shows as many as fit."""

Images = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class SettingSamples:
    """Samples of one setting.

    Attributes:
        row: the setting.
        trial: the trial whose decoder drew them.
        epoch: of the decoder.
        images: (COUNT, h, w) or (COUNT, h, w, 3).
    """

    row: SettingRow
    trial: Trial
    epoch: int
    images: Images


class SampleSource:
    """Draws samples and keeps the decoders in use; not thread-safe."""

    def __init__(self, sweep: Sweep) -> None:
        self._root = sweep.sessions.root
        self._drawn: dict[str, tuple[LoadedDecoder, int, Images]] = {}

    def draw(
        self, rows: Sequence[SettingRow], trials: Sequence[Trial], seed: int
    ) -> list[SettingSamples]:
        """Draw samples of the settings that have a decoder.

        z depends only on seed and latent_dim: settings of equal latent_dim have equal z.
        Of each setting the first trial that has a decoder draws.
        """
        found = [samples for row in rows if (samples := self._of(row, trials, seed)) is not None]
        used = {samples.trial.session for samples in found}
        self._drawn = {key: drawn for key, drawn in self._drawn.items() if key in used}
        return found

    def _of(self, row: SettingRow, trials: Sequence[Trial], seed: int) -> SettingSamples | None:
        for trial in (trials[index] for index in row.trials):
            if trial.epoch and trial.status not in ("deleted", "damaged"):
                decoder = self._decoder(trial.session)
                if decoder is not None:
                    images = self._images(trial.session, decoder, seed)
                    return SettingSamples(row, trial, decoder.entry.epoch, images)
        return None

    def _decoder(self, session: str) -> LoadedDecoder | None:
        held = self._drawn.get(session)
        try:
            supply = find_supply(Session(self._root / session), None, held[0] if held else None)
        except (EngineError, OSError):
            return None
        return supply.decoder

    def _images(self, session: str, decoder: LoadedDecoder, seed: int) -> Images:
        before = self._drawn.get(session)
        if before is not None and before[0] is decoder and before[1] == seed:
            return before[2]
        z = draw_prior(COUNT, decoder.latent_dim, seed=seed)
        images = to_uint8(decoder.decode(z))
        self._drawn[session] = (decoder, seed, images)
        return images
