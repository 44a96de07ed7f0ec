"""Rate against distortion: what a model pays in KL for the reconstruction it gets.

The rate is the KL term, the distortion the reconstruction loss, both in nats per image of the
validation split; their sum is the negative ELBO, so models of equal ELBO lie on a falling diagonal:
Alemi, Poole, Fischer, Dillon, Saurous & Murphy, "Fixing a Broken ELBO", 2018, section 2.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tui.comparison import Compared, comparable

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RatePath:
    """One session's way through the plane, epoch by epoch.

    Attributes:
        id: of the session.
        name: safe to show.
        epochs: (n,) finished epochs with finite losses, in order; n at least 1.
        rate: (n,) KL term, nats per image.
        distortion: (n,) reconstruction loss, nats per image.
        measured_on: distortions with other such words do not compare.
        tone: of its colour.
    """

    id: str
    name: str
    epochs: Doubles
    rate: Doubles
    distortion: Doubles
    measured_on: str = ""
    tone: int = 0

    @property
    def negative_elbo(self) -> Doubles:
        """Sum of both, (n,)."""
        return self.rate + self.distortion

    @property
    def best(self) -> int:
        """Index of the epoch with the lowest negative ELBO."""
        return int(self.negative_elbo.argmin())


def rate_path(one: Compared, tone: int = 0) -> RatePath | None:
    """Return the way of a session; None before an epoch has finished with finite losses."""
    points = np.array(
        [
            (epoch.epoch, epoch.val_kl_loss, epoch.val_reconstruction_loss)
            for epoch in one.history.ended
        ],
        np.float64,
    ).reshape(-1, 3)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return None
    epochs, rate, distortion = points.T
    return RatePath(one.id, one.name, epochs, rate, distortion, one.measured_on, tone)


def rate_paths(compared: Sequence[Compared], beside: str | None = None) -> list[RatePath]:
    """Return the ways of the sessions whose losses compare with those of `beside`.

    Args:
        compared: the sessions; the tone of each is its place.
        beside: id of a session; None takes the first that has trained.
    """
    drawn = {one.id for one in comparable(compared, "val_reconstruction_loss", beside)}
    found = (rate_path(one, place) for place, one in enumerate(compared) if one.id in drawn)
    return [path for path in found if path is not None]
