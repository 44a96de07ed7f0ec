"""The finished epochs of a session as columns, for notebooks and scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_engine.sessions.events import EpochEnded

_VECTOR = "kl_per_dimension"
_LEFT_OUT = ("seq", _VECTOR)


class History(dict[str, NDArray[Any]]):
    """One array per metric, with one entry per epoch: `pandas.DataFrame(history)` works.

    The columns have the names of `EpochEnded`; the KL of each latent dimension is in `kl_z0`,
    `kl_z1`..., as in a CSV export. `history["kl_per_dimension"]` stacks these into one array
    (epochs, latent_dim). Losses are in nats per image.
    """

    def __init__(self, epochs: Sequence[EpochEnded], latent_dim: int) -> None:
        """Make a history of finished epochs, in order.

        Args:
            epochs: as a session's log has them.
            latent_dim: of the session; missing values of a damaged epoch are NaN.
        """
        super().__init__(
            (name, np.array([getattr(epoch, name) for epoch in epochs]))
            for name in EpochEnded.__struct_fields__
            if name not in _LEFT_OUT
        )
        kl = np.full((len(epochs), latent_dim), np.nan)
        for row, epoch in zip(kl, epochs, strict=True):
            known = epoch.kl_per_dimension[:latent_dim]
            row[: len(known)] = known
        self._kl = kl
        self.update((f"kl_z{dimension}", kl[:, dimension]) for dimension in range(latent_dim))

    def __missing__(self, name: str) -> NDArray[Any]:
        if name == _VECTOR:
            return self._kl
        raise KeyError(name)
