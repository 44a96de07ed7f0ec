"""Planes through latent space, and where embeddings lie on them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_LEAST_SPREAD = 1e-3

_quantile = np.frompyfunc(NormalDist().inv_cdf, 1, 1)
_erfc = np.frompyfunc(math.erfc, 1, 1)


def normal_quantile(share: Doubles) -> Doubles:
    """The inverse CDF of N(0, 1), for shares in the open interval (0, 1)."""
    return np.asarray(_quantile(share), np.float64)


def normal_cdf(values: Doubles) -> Doubles:
    """The share of N(0, 1) below each value."""
    return np.asarray(_erfc(-values / math.sqrt(2)), np.float64) / 2


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane in latent space, on which each axis is about N(0, 1).

    A place on it is given in shares (u, v): how much of N(0, 1) lies to the left, and below. Evenly
    spaced shares are the inverse Gaussian CDF's values on the plane.

    Attributes:
        origin: (d,), the z in the middle.
        axes: (2, d), orthogonal; each as long as one standard deviation. The second is 0 at d = 1.
        names: what the axes are.
    """

    origin: Doubles
    axes: Doubles
    names: tuple[str, str]

    def z(self, shares: Doubles) -> Floats:
        """The z (n, d) at places (n, 2)."""
        return (self.origin + normal_quantile(shares) @ self.axes).astype(np.float32)

    def shares(self, z: Floats) -> Doubles:
        """The places (n, 2) onto which z (n, d) project."""
        squares = np.maximum((self.axes**2).sum(axis=1), np.finfo(np.float64).tiny)
        return normal_cdf((z - self.origin) @ self.axes.T / squares)


def dimension_plane(latent_dim: int, across: int, up: int) -> Plane:
    """The plane of two dimensions of z, where all others are 0."""
    axes = np.zeros((2, latent_dim))
    axes[0, across] = 1.0
    if across != up:
        axes[1, up] = 1.0
    return Plane(np.zeros(latent_dim), axes, (f"z{across}", f"z{up}" if across != up else ""))


def principal_plane(z_mean: Floats) -> Plane:
    """The plane of the first two principal components of embeddings (n, d), d > 1."""
    origin = z_mean.mean(axis=0, dtype=np.float64)
    centred = z_mean - origin
    variances, components = np.linalg.eigh(centred.T @ centred / len(z_mean))
    first_two = components.T[::-1][:2]
    # The sign of a component is arbitrary: point its largest entry upwards.
    largest = np.abs(first_two).argmax(axis=1)
    signs = np.sign(first_two[np.arange(2), largest])
    spread = np.sqrt(np.maximum(variances[::-1][:2], _LEAST_SPREAD**2))
    return Plane(origin, first_two * (signs * spread)[:, np.newaxis], ("PC1", "PC2"))


def lattice(across: int, down: int) -> Doubles:
    """The middles of `across` x `down` equal parts of the plane: (down * across, 2) shares.

    From left to right, then from top to bottom: v falls.
    """
    u = (np.arange(across) + 0.5) / across
    v = 1 - (np.arange(down) + 0.5) / down
    return np.stack(np.meshgrid(u, v), axis=-1).reshape(-1, 2)
