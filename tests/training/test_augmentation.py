from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from vae_engine.settings import make_settings
from vae_engine.training.augmentation import augmented

# Of two sizes of shift: every pixel has its own value, and no image is its mirror's.
SHAPE = (40, 64, 20, 3)
IMAGES = np.arange(np.prod(SHAPE), dtype=np.float32).reshape(SHAPE) / np.float32(np.prod(SHAPE))


def changed(augment: str, *, seed: int = 0, epoch: int = 1, step: int = 0) -> Any:
    settings = make_settings(augment=augment, seed=seed)
    return augmented(settings, tf.constant(epoch), tf.constant(step), tf.constant(IMAGES)).numpy()


def moved(image: Any, down: int, right: int) -> Any:
    """The image moved by so many pixels, its edges repeated."""
    rows = np.clip(np.arange(image.shape[0]) - down, 0, image.shape[0] - 1)
    columns = np.clip(np.arange(image.shape[1]) - right, 0, image.shape[1] - 1)
    return image[rows][:, columns]


def moves(image: Any, original: Any) -> list[tuple[int, int]]:
    return [
        (down, right)
        for down in range(-4, 5)
        for right in range(-4, 5)
        if np.array_equal(image, moved(original, down, right))
    ]


def test_none_changes_nothing() -> None:
    np.testing.assert_array_equal(changed("none"), IMAGES)


def test_half_of_the_images_are_mirrored() -> None:
    mirrored = 0
    for image, original in zip(changed("flip"), IMAGES, strict=True):
        is_mirrored = np.array_equal(image, original[:, ::-1])
        assert is_mirrored or np.array_equal(image, original)
        mirrored += is_mirrored
    assert 10 <= mirrored <= 30


def test_images_are_shifted_by_a_thirty_second_of_each_side_or_one_pixel() -> None:
    found = [
        moves(image, original) for image, original in zip(changed("shift"), IMAGES, strict=True)
    ]
    assert all(len(places) == 1 for places in found)
    downs, rights = zip(*(places[0] for places in found), strict=True)
    assert set(downs) == {-2, -1, 0, 1, 2}
    assert set(rights) == {-1, 0, 1}
    assert np.corrcoef(downs, rights)[0, 1] < 0.5


def test_both_together() -> None:
    mirrored = 0
    for image, original in zip(changed("flip_shift"), IMAGES, strict=True):
        straight, across = moves(image, original), moves(image, original[:, ::-1])
        assert len(straight) + len(across) == 1
        mirrored += len(across)
    assert 10 <= mirrored <= 30


@pytest.mark.parametrize("augment", ["flip", "shift", "flip_shift"])
def test_equal_steps_change_alike_and_others_otherwise(augment: str) -> None:
    first = changed(augment)
    np.testing.assert_array_equal(first, changed(augment))
    for other in ({"seed": 1}, {"epoch": 2}, {"step": 1}):
        assert not np.array_equal(first, changed(augment, **other))
