"""Random numbers of evaluation: functions of a session's seed and of nothing else."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vae_engine.random_purposes import Purpose

BLOCK: Final = 256
"""Images per block; their noise depends on it."""


def noise(seed: int, block: int, sample: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Draw epsilon of one sample of a block's images, from N(0, I).

    A function of its arguments alone: the numbers of processes and samples do not affect
    it.
    """
    key = np.random.SeedSequence([seed, Purpose.EVALUATION_NOISE, block, sample])
    return np.random.Generator(np.random.Philox(key)).standard_normal(shape, np.float32)


def aggregate_noise(seed: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Draw epsilon for samples of the aggregate posterior, from N(0, I)."""
    key = np.random.SeedSequence([seed, Purpose.AGGREGATE_NOISE])
    return np.random.Generator(np.random.Philox(key)).standard_normal(shape)
