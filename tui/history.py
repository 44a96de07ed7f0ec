"""Finished epochs of a session as arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np

from tui.rendering.series import Floats, Series
from vae_engine.sessions.events import EpochEnded

Metric = Literal["loss", "reconstruction_loss", "kl_loss"]

TRAINING, VALIDATION = 0, 1
"""Tones of the training and the validation curve."""

_LEAST_TO_COMPARE = 2


@dataclass(frozen=True, eq=False)
class History:
    """Finished epochs in order, each exactly once."""

    ended: Sequence[EpochEnded] = ()

    def __len__(self) -> int:
        return len(self.ended)

    @property
    def newest(self) -> int:
        """Last finished epoch, 0 for none."""
        return self.ended[-1].epoch if self.ended else 0

    @cached_property
    def epochs(self) -> Floats:
        """Numbers of the epochs, (n,)."""
        return np.array([epoch.epoch for epoch in self.ended], dtype=np.float64)

    @property
    def best(self) -> int | None:
        """First epoch with the lowest validation loss; None before there are two epochs."""
        known = [epoch for epoch in self.ended if math.isfinite(epoch.val_loss)]
        if len(known) < _LEAST_TO_COMPARE:
            return None
        return min(known, key=lambda epoch: epoch.val_loss).epoch

    def nearest(self, epoch: int) -> EpochEnded | None:
        """Return the newest finished epoch up to `epoch`; otherwise the first, or None."""
        if not self.ended:
            return None
        at = int(np.searchsorted(self.epochs, epoch, side="right")) - 1
        return self.ended[max(0, at)]

    def curves(self, metric: Metric) -> tuple[Series, Series]:
        """Return a metric's training and validation curves, in nats per image; always the same
        objects."""
        return self._curves[metric]

    @cached_property
    def _curves(self) -> dict[Metric, tuple[Series, Series]]:
        figures: tuple[Metric, ...] = get_args(Metric)
        return {
            metric: (
                Series("train", self.epochs, self._values(metric), TRAINING),
                Series(
                    "val",
                    self.epochs,
                    self._values(f"val_{metric}"),
                    VALIDATION,
                    best=self.best if metric == "loss" else None,
                ),
            )
            for metric in figures
        }

    def _values(self, name: str) -> Floats:
        return np.array([getattr(epoch, name) for epoch in self.ended], dtype=np.float64)
