"""Latent traversals: one dimension of z varies, the others stay constant."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vae_engine.sessions.records import ExportEntry
from vae_engine.sessions.session import Session

Floats = NDArray[np.float32]

REACH = 3.0
"""Standard deviations of the prior to each side, which cover 99.7 % of N(0, 1)."""


def traversal_values(steps: int, reach: float = REACH) -> Floats:
    """Return `steps` evenly spaced values from -reach to reach, (steps,); one step is 0."""
    if steps == 1:
        return np.zeros(1, np.float32)
    values: Floats = np.linspace(-reach, reach, steps).astype(np.float32)
    return values


def traverse(start: Floats, dimensions: Sequence[int], values: Floats) -> Floats:
    """Compute the z of a traversal: one row per dimension, one column per value.

    Args:
        start: (d,), where the other dimensions stay.
        dimensions: n of them, in the order of the rows.
        values: (k,), that each takes in turn.

    Returns:
        (n * k, d), row after row.
    """
    z = np.tile(start.astype(np.float32), (len(dimensions), len(values), 1))
    for row, dimension in enumerate(dimensions):
        z[row, :, dimension] = values
    return z.reshape(-1, len(start))


def order_by_kl(kl: Sequence[float], latent_dim: int) -> list[int]:
    """Sort the dimensions by KL, the largest first; unknown KL (none, or NaN) comes last.

    Args:
        kl: nats of each dimension; empty where it is not known.
        latent_dim: how many there are.
    """
    known = [-math.inf if math.isnan(value) else value for value in kl]
    known += [-math.inf] * (latent_dim - len(known))
    return sorted(range(latent_dim), key=lambda dimension: -known[dimension])


def kl_of_export(session: Session, entry: ExportEntry) -> tuple[float, ...]:
    """Return the KL of each dimension at the epoch of an export, in nats, from the log.

    It is of the validation split. For an export within an epoch that of the last whole epoch is
    taken. Call `session.poll` first.

    Returns:
        (latent_dim,), or nothing where the log does not know it.
    """
    before = [epoch for epoch in session.log.history if epoch.epoch <= entry.epoch]
    if not before or len(before[-1].kl_per_dimension) != session.settings.latent_dim:
        return ()
    return tuple(before[-1].kl_per_dimension)
