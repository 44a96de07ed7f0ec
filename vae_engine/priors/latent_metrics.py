"""Precision, recall and coverage of a prior by nearest neighbours in latent space.

The metrics are those for generated images, applied to z itself: what they say of a prior is
whether its draws lie where posteriors lie, not whether the images look right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vae_engine.inference.blas import one_thread

Doubles = NDArray[np.float64]

NEIGHBOURS: Final = 5
"""The k of Naeem et al., 2020, for all three metrics."""

LEAST_POINTS: Final = NEIGHBOURS + 1
_ROWS_AT_ONCE: Final = 256


@dataclass(frozen=True)
class LatentMetrics:
    """How draws of a prior match posterior draws of held-out images, each from 0 to 1.

    Attributes:
        precision: share of the prior's draws that are near a posterior draw.
        recall: share of posterior draws that are near one of the prior's draws.
        coverage: share of posterior draws with one of the prior's draws among their neighbours.
    """

    precision: float
    recall: float
    coverage: float


def latent_metrics(posterior: NDArray[np.floating], prior: NDArray[np.floating]) -> LatentMetrics:
    """Compare draws of a prior with draws of posteriors, both in latent space.

    With r(x) the distance of x to its k-th nearest neighbour in its own set, k = 5:

    - latent precision: share of prior draws y with |y - x| <= r(x) for some posterior draw x;
    - latent recall: share of posterior draws x with |x - y| <= r(y) for some prior draw y
      (Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models",
      2019, equations 1 and 2);
    - latent coverage: share of posterior draws x with |x - y| <= r(x) for some prior draw y
      (Naeem et al., "Reliable fidelity and diversity metrics for generative models", 2020,
      equation 4).

    All three depend on the numbers of draws: compare only where they are equal.

    Args:
        posterior: (n, latent_dim), finite; n at least 6.
        prior: (m, latent_dim), finite; m at least 6.
    """
    # The expanded square below is less exact far from 0.
    middle = posterior.mean(axis=0, dtype=np.float64)
    real, drawn = posterior - middle, prior - middle
    real_reach, drawn_reach = _squared_reach(real), _squared_reach(drawn)
    squares = np.square(drawn).sum(axis=1)
    near_real = np.zeros(len(drawn), bool)
    recalled, covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    with one_thread():
        for start in range(0, len(real), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            distances = real[rows] @ drawn.T
            distances *= -2
            distances += squares
            distances += np.square(real[rows]).sum(axis=1)[:, None]
            inside = distances <= real_reach[rows, None]
            near_real |= inside.any(axis=0)
            covered[rows] = inside.any(axis=1)
            recalled[rows] = (distances <= drawn_reach).any(axis=1)
    shares = (float(hits.mean()) for hits in (near_real, recalled, covered))
    return LatentMetrics(*shares)


def _squared_reach(points: Doubles) -> Doubles:
    """Squared distances to the k-th nearest other point, (n,)."""
    from sklearn.neighbors import NearestNeighbors

    neighbours = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(points)
    distances, _ = neighbours.kneighbors()
    reach: Doubles = np.square(distances[:, -1])
    return reach
