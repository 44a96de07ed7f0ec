"""Training images changed at random in every step: mirrored left to right, or shifted.

Few images are learnt by heart before what they have in common is learnt; of changed ones there are
many more. Validation and test images stay as they are.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from vae_engine.settings import Settings
from vae_engine.training.randomness import Purpose, step_key

Tensor = Any

_SHIFT_PART = 32
"""An image is shifted by at most such a part of its sides, and by at least one pixel."""


def augmented(settings: Settings, epoch: Tensor, step: Tensor, images: Tensor) -> Tensor:
    """The images of one step, inside a graph, changed as the setting `augment` says.

    Args:
        settings: of the session.
        epoch: from 1.
        step: from 0.
        images: (n, h, w, c) float32.
    """
    if settings.augment == "none":
        return images
    key = step_key(settings.seed, Purpose.AUGMENTATION, epoch, step)
    if settings.augment in ("flip", "flip_shift"):
        images = _flipped(key, images)
    if settings.augment in ("shift", "flip_shift"):
        images = _shifted(tf.random.fold_in(key, 1), images)
    return images


def _flipped(key: Tensor, images: Tensor) -> Tensor:
    """Every other image, on average, mirrored left to right."""
    chance = tf.random.stateless_uniform([tf.shape(images)[0], 1, 1, 1], seed=key)
    return tf.where(chance < 0.5, tf.reverse(images, [2]), images)


def _shifted(key: Tensor, images: Tensor) -> Tensor:
    """Each image moved by whole pixels; its edges are repeated where it moved away from."""
    count, height, width = tf.unstack(tf.shape(images)[:3])
    for axis, side in ((1, height), (2, width)):
        most = tf.maximum(1, side // _SHIFT_PART)
        key = tf.random.fold_in(key, axis)
        moved = tf.random.stateless_uniform([count, 1], key, -most, most + 1, tf.int32)
        places = tf.clip_by_value(tf.range(side) + moved, 0, side - 1)
        images = tf.gather(images, places, axis=axis, batch_dims=1)
    return images
