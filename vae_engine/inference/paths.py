"""Paths between two points of latent space."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_PARALLEL = 1e-6


def linear_path(start: Floats, end: Floats, steps: int) -> Floats:
    """Return `steps` z on the straight line from start to end, both included: (steps, d)."""
    share = np.linspace(0.0, 1.0, steps)[:, np.newaxis]
    return ((1 - share) * start + share * end).astype(np.float32)


def spherical_path(start: Floats, end: Floats, steps: int) -> Floats:
    """Return `steps` z on the great arc from start to end, both included: (steps, d).

    The prior of many dimensions lies near a sphere, which a straight line would leave (slerp;
    Shoemake 1985, White 2016). Where no arc is defined, between parallel z, the line is taken.
    """
    lengths = float(np.linalg.norm(start)) * float(np.linalg.norm(end))
    cosine = float(start.astype(np.float64) @ end) / lengths if lengths > _PARALLEL else 1.0
    angle = math.acos(min(1.0, max(-1.0, cosine)))
    if math.sin(angle) < _PARALLEL:
        return linear_path(start, end, steps)
    share = np.linspace(0.0, 1.0, steps)[:, np.newaxis]
    arc = np.sin((1 - share) * angle) * start + np.sin(share * angle) * end
    return (arc / math.sin(angle)).astype(np.float32)
