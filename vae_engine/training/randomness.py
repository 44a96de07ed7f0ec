"""All randomness, as functions of (seed, purpose, epoch, step): nothing has a hidden state.

So a run that was killed anywhere and resumed draws what the undisturbed run would have drawn.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Tensor = Any


class Purpose(IntEnum):
    """What a random stream is for; each has its own."""

    TRAINING_NOISE = 1
    VALIDATION_NOISE = 2
    TEST_NOISE = 3
    SHUFFLE = 4
    PREVIEW = 5


def epoch_order(seed: int, epoch: int, images: int) -> NDArray[np.int32]:
    """The order of the training images in an epoch: (images,) indices."""
    rng = np.random.Generator(
        np.random.Philox(np.random.SeedSequence([seed, Purpose.SHUFFLE, epoch]))
    )
    return rng.permutation(images).astype(np.int32)


def preview_z(seed: int, count: int, latent_dim: int) -> NDArray[np.float32]:
    """The z of a session's prior samples, the same in every epoch: (count, latent_dim)."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, Purpose.PREVIEW])))
    return rng.standard_normal((count, latent_dim)).astype(np.float32)


def normal_noise(
    seed: int, purpose: Tensor | Purpose, epoch: Tensor, step: Tensor, shape: Tensor
) -> Tensor:
    """Noise from N(0, I) for one step, inside a graph."""
    key = tf.stack([tf.constant(seed, tf.int32), tf.cast(purpose, tf.int32)])
    key = tf.random.fold_in(key, epoch)
    key = tf.random.fold_in(key, step)
    return tf.random.stateless_normal(shape, seed=key)
