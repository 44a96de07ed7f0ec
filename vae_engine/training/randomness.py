"""Random numbers of training: functions of (seed, purpose, epoch, step) without hidden state.

A run that was killed anywhere and resumed therefore draws the same numbers as an uninterrupted one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from vae_engine.random_purposes import Purpose

Tensor = Any


def epoch_order(seed: int, epoch: int, images: int) -> NDArray[np.int32]:
    """Shuffle the training images for an epoch: (images,) indices."""
    rng = np.random.Generator(
        np.random.Philox(np.random.SeedSequence([seed, Purpose.SHUFFLE, epoch]))
    )
    return rng.permutation(images).astype(np.int32)


def preview_z(seed: int, count: int, latent_dim: int) -> NDArray[np.float32]:
    """Draw the z of a session's prior samples, equal in every epoch: (count, latent_dim)."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, Purpose.PREVIEW])))
    return rng.standard_normal((count, latent_dim)).astype(np.float32)


def normal_noise(
    seed: int, purpose: Tensor | Purpose, epoch: Tensor, step: Tensor, shape: Tensor
) -> Tensor:
    """Draw noise from N(0, I) for one step, inside a graph."""
    return tf.random.stateless_normal(shape, seed=step_key(seed, purpose, epoch, step))


def binarized(seed: int, epoch: Tensor, step: Tensor, images: Tensor) -> Tensor:
    """Sample binary images for one step, inside a graph.

    Args:
        seed: of the session.
        epoch: from 1.
        step: from 0.
        images: probability of a 1 per pixel, float32 in [0, 1].
    """
    key = step_key(seed, Purpose.BINARIZATION, epoch, step)
    return tf.cast(tf.random.stateless_uniform(tf.shape(images), seed=key) < images, images.dtype)


def step_key(seed: int, purpose: Tensor | Purpose, epoch: Tensor, step: Tensor) -> Tensor:
    """The key of one step's draws for a purpose, inside a graph: (2,) int32."""
    key = tf.stack([tf.constant(seed, tf.int32), tf.cast(purpose, tf.int32)])
    return tf.random.fold_in(tf.random.fold_in(key, epoch), step)
