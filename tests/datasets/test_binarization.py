"""Binarized splits: fixed, fair draws of the grey levels, for evaluation alone."""

from dataclasses import replace

import numpy as np

from vae_engine.datasets import Dataset, load_dataset, to_float
from vae_engine.datasets.binarization import (
    as_evaluated,
    images_to_train_on,
    own_as_evaluated,
    split_as_evaluated,
)
from vae_engine.settings import make_settings

DYNAMIC = make_settings(binarize="dynamic", seed=3)
STATIC = make_settings(binarize="static", seed=3)


def digits() -> Dataset:
    return load_dataset("mnist")


def test_grey_images_stay_as_they_are() -> None:
    dataset = digits()
    assert as_evaluated(dataset, make_settings()) is dataset


def test_pixels_are_black_or_white_as_often_as_their_grey_level_says() -> None:
    grey, drawn = digits(), as_evaluated(digits(), DYNAMIC)
    for before, after in (
        (grey.val_images, drawn.val_images),
        (grey.test_images, drawn.test_images),
    ):
        assert after.dtype == np.uint8
        assert set(np.unique(after)) == {0, 255}
        assert (after[before == 0] == 0).all()
        assert (after[before == 255] == 255).all()
        half = after[(before > 118) & (before < 138)]
        assert abs((half == 255).mean() - 0.5) < 0.01
        assert abs(after.mean() - before.mean()) < 0.05


def test_the_draw_is_fixed_by_the_seed_and_leaves_training_and_origin_alone() -> None:
    grey = digits()
    drawn = as_evaluated(grey, DYNAMIC)
    np.testing.assert_array_equal(drawn.test_images, as_evaluated(grey, DYNAMIC).test_images)
    other = as_evaluated(grey, make_settings(binarize="dynamic", seed=4))
    assert not np.array_equal(drawn.test_images, other.test_images)
    assert drawn.train_images is grey.train_images
    assert drawn.sha256 == grey.sha256


def test_floats_are_drawn_as_bytes_are() -> None:
    grey = digits()
    floats = replace(
        grey,
        val_images=to_float(grey.val_images[:50])[..., 0],
        test_images=to_float(grey.test_images[:50])[..., 0],
    )
    drawn = as_evaluated(floats, DYNAMIC).val_images
    assert set(np.unique(drawn)) == {0, 255}
    assert abs(drawn.mean() - grey.val_images[:50].mean()) < 1


def test_static_draws_the_training_images_once_too() -> None:
    grey = digits().limited(2000)
    drawn = as_evaluated(grey, STATIC)
    assert set(np.unique(drawn.train_images)) == {0, 255}
    assert (drawn.train_images[grey.train_images == 0] == 0).all()
    assert abs(drawn.train_images.mean() - grey.train_images.mean()) < 0.3
    again = images_to_train_on(digits().limited(2000), STATIC)
    np.testing.assert_array_equal(drawn.train_images, again)
    np.testing.assert_array_equal(again, split_as_evaluated(grey, "train", STATIC))
    other = images_to_train_on(grey, make_settings(binarize="static", seed=4))
    assert not np.array_equal(again, other)
    assert images_to_train_on(grey, DYNAMIC) is grey.train_images
    # What a session records of its data does not depend on the draw.
    assert drawn.sha256 == grey.sha256


def test_static_is_evaluated_on_the_images_of_dynamic() -> None:
    static, dynamic = (as_evaluated(digits(), settings) for settings in (STATIC, DYNAMIC))
    np.testing.assert_array_equal(static.val_images, dynamic.val_images)
    np.testing.assert_array_equal(static.test_images, dynamic.test_images)
    own = digits().test_images[:5]
    np.testing.assert_array_equal(own_as_evaluated(own, STATIC), own_as_evaluated(own, DYNAMIC))


def test_binary_images_stay_as_they_are() -> None:
    drawn = as_evaluated(digits().limited(500), STATIC)
    again = as_evaluated(drawn, make_settings(binarize="static", seed=9))
    np.testing.assert_array_equal(again.train_images, drawn.train_images)
    np.testing.assert_array_equal(again.test_images, drawn.test_images)
