"""Finished epochs of a session as arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal, get_args

import numpy as np

from tui.rendering.canvas import Mark
from tui.rendering.series import Doubles, Series
from vae_engine.sessions.events import EpochEnded

Metric = Literal["loss", "reconstruction_loss", "kl_loss"]

TRAINING, VALIDATION = 0, 1
"""Tones of the training and the validation curve."""

MOST_MARKS = 12
"""The number of changes of the schedule that are marked, the newest ones."""
_LEAST_TO_COMPARE = 2
# Learning rates that differ by less are equal.
_TOLERANCE = 1e-6


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
    def epochs(self) -> Doubles:
        """Numbers of the epochs, (n,)."""
        return np.array([epoch.epoch for epoch in self.ended], dtype=np.float64)

    @property
    def best(self) -> int | None:
        """First epoch with the lowest validation loss; None before there are two epochs."""
        known = [epoch for epoch in self.ended if math.isfinite(epoch.val_loss)]
        if len(known) < _LEAST_TO_COMPARE:
            return None
        return min(known, key=lambda epoch: epoch.val_loss).epoch

    @cached_property
    def schedule_marks(self) -> tuple[Mark, ...]:
        """Epochs from which the schedule is another: warm-up over, decay begun, started again."""
        rates = _turns([epoch.learning_rate for epoch in self.ended])
        betas = _turns([epoch.beta for epoch in self.ended])
        words = {
            ("rises", "stays"): "lr warm-up ends",
            ("rises", "falls"): "lr decay",
            ("stays", "falls"): "lr decay",
            ("stays", "rises"): "lr restart",
            ("falls", "rises"): "lr restart",
        }
        numbers = [epoch.epoch for epoch in self.ended]
        marks: dict[int, str] = {}
        for at, turn in rates:
            if turn in words:
                # A restart has a warm-up too, often of less than an epoch.
                marks.setdefault(numbers[at - (turn == ("rises", "stays"))], words[turn])
        for at, turn in betas:
            if turn == ("rises", "stays"):
                marks.setdefault(numbers[at - 1], "beta warm-up ends")
        return tuple(Mark(epoch, marks[epoch]) for epoch in sorted(marks)[-MOST_MARKS:])

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

    def _values(self, name: str) -> Doubles:
        return np.array([getattr(epoch, name) for epoch in self.ended], dtype=np.float64)


def _turns(values: Sequence[float]) -> list[tuple[int, tuple[str, str]]]:
    """Return where a schedule's course changes: the index from which on, before and after."""
    courses = [_course(before, now) for before, now in pairwise(values)]
    # Before the first epoch it was constant, unless that was a warm-up.
    begin = ["rises" if courses[0] == "rises" else "stays"] if courses else []
    return [
        (at, (before, now))
        for at, (before, now) in enumerate(pairwise([*begin, *courses]), start=1)
        if before != now
    ]


def _course(before: float, now: float) -> str:
    if now > before * (1 + _TOLERANCE):
        return "rises"
    return "falls" if now < before * (1 - _TOLERANCE) else "stays"
