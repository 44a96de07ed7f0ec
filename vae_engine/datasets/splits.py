"""How images are divided into training, validation and test splits; their order never changes.

The last 5,000 training images are the validation split, of a small dataset the last quarter. Where
a source has no test split, its last seventh is the test split, so that 70,000 images divide as
MNIST does: 55,000, 5,000 and 10,000.
"""

from __future__ import annotations

from vae_engine.datasets.arrays import AnyArray, Arrays

MIN_TRAINING_IMAGES = 8
"""Fewer, validation included, are refused: 8 leave 6 to train on and 2 to validate."""

_VALIDATION_IMAGES = 5_000


def validation_count(training_images: int) -> int:
    """How many of the last training images are for validation: min(5000, n // 4)."""
    return min(_VALIDATION_IMAGES, training_images // 4)


def split_off_test(images: AnyArray) -> Arrays:
    """Divide unlabelled images (n, ...): the last n // 7 are for the test."""
    first_test = len(images) - len(images) // 7
    return Arrays(images[:first_test], None, images[first_test:], None)
