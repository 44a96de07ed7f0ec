"""Random augmentation of training images: horizontal flips and shifts, new in every step.

A model memorises a small dataset before it learns what the images have in common; augmentation
makes the dataset larger. Validation and test images are not changed.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from vae_engine.random_purposes import Purpose
from vae_engine.settings import Settings
from vae_engine.training.randomness import step_key

Tensor = Any

_SHIFT_PART = 32
"""The maximum shift is this part of a side, and at least one pixel."""


def augmented(settings: Settings, epoch: Tensor, step: Tensor, images: Tensor) -> Tensor:
    """Augment the images of one step according to the setting `augment`, inside a graph.

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
    """Flip each image left to right with probability 1/2."""
    chance = tf.random.stateless_uniform([tf.shape(images)[0], 1, 1, 1], seed=key)
    return tf.where(chance < 0.5, tf.reverse(images, [2]), images)


def _shifted(key: Tensor, images: Tensor) -> Tensor:
    """Shift each image by whole pixels, repeating its edges."""
    count, height, width = tf.unstack(tf.shape(images)[:3])
    for axis, side in ((1, height), (2, width)):
        most = tf.maximum(1, side // _SHIFT_PART)
        key = tf.random.fold_in(key, axis)
        moved = tf.random.stateless_uniform([count, 1], key, -most, most + 1, tf.int32)
        places = tf.clip_by_value(tf.range(side) + moved, 0, side - 1)
        images = tf.gather(images, places, axis=axis, batch_dims=1)
    return images
