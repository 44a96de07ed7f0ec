"""What z is drawn from: N(0, I), or a Gaussian mixture fitted to the aggregate posterior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from vae_engine.inference.sampling import draw_prior
from vae_engine.priors.names import PriorName
from vae_engine.random_purposes import Purpose

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


class Prior(Protocol):
    """A distribution of z."""

    @property
    def name(self) -> PriorName:
        """Its name in options and files."""

    def draw(self, count: int, *, seed: int, temperature: float = 1.0) -> Floats:
        """Draw z (count, latent_dim); the first rows do not depend on `count`."""


@dataclass(frozen=True)
class StandardPrior:
    """N(0, I), the prior of the objective.

    Attributes:
        latent_dim: dimensions of z.
    """

    latent_dim: int
    name: Final[PriorName] = "standard"

    def draw(self, count: int, *, seed: int, temperature: float = 1.0) -> Floats:
        """Draw z (count, latent_dim) from N(0, temperature^2 I)."""
        return draw_prior(count, self.latent_dim, seed=seed, temperature=temperature)


@dataclass(frozen=True, eq=False)
class MixturePrior:
    """A mixture of k Gaussians.

    Attributes:
        weights: (k,), positive, of sum 1.
        means: (k, latent_dim).
        scales: (k, latent_dim, latent_dim), lower triangular: the covariance of a component is
            scale @ scale.T.
    """

    weights: Doubles
    means: Doubles
    scales: Doubles
    name: Final[PriorName] = "gmm"

    @property
    def latent_dim(self) -> int:
        """Dimensions of z."""
        return int(self.means.shape[1])

    def draw(self, count: int, *, seed: int, temperature: float = 1.0) -> Floats:
        """Draw z (count, latent_dim): `mean + temperature * scale @ epsilon` of a component.

        Epsilon is what the standard prior draws with the same seed. At temperature 0 each z is the
        mean of its component.
        """
        key = np.random.SeedSequence([seed, Purpose.MIXTURE_COMPONENT])
        shares = np.random.Generator(np.random.Philox(key)).random(count)
        chosen = np.searchsorted(np.cumsum(self.weights)[:-1], shares, side="right")
        epsilon = draw_prior(count, self.latent_dim, seed=seed).astype(np.float64)
        z = np.empty((count, self.latent_dim))
        for component in np.unique(chosen).tolist():
            rows = np.flatnonzero(chosen == component)
            moved = np.zeros((len(rows), self.latent_dim))
            # A matrix product's last bits depend on the number of rows.
            for column, noise in zip(self.scales[component].T, epsilon[rows].T, strict=True):
                moved += noise[:, None] * column
            z[rows] = self.means[component] + temperature * moved
        with np.errstate(over="ignore"):
            return z.astype(np.float32)
