import numpy as np
import tensorflow as tf

from vae_engine.random_purposes import Purpose
from vae_engine.training.randomness import binarized, epoch_order, normal_noise, preview_z


def test_an_epoch_s_order_holds_every_image_once_and_depends_on_seed_and_epoch() -> None:
    order = epoch_order(1, 2, 1000)
    np.testing.assert_array_equal(np.sort(order), np.arange(1000))
    np.testing.assert_array_equal(order, epoch_order(1, 2, 1000))
    assert not np.array_equal(order, epoch_order(1, 3, 1000))
    assert not np.array_equal(order, epoch_order(2, 2, 1000))


def test_preview_z_depends_on_the_seed_alone() -> None:
    np.testing.assert_array_equal(preview_z(3, 64, 2), preview_z(3, 64, 2))
    assert not np.array_equal(preview_z(3, 64, 2), preview_z(4, 64, 2))


def test_noise_differs_by_seed_purpose_epoch_and_step() -> None:
    def noise(seed: int, purpose: Purpose, epoch: int, step: int) -> bytes:
        values: bytes = (
            normal_noise(seed, purpose, epoch, step, tf.constant([8, 2])).numpy().tobytes()
        )
        return values

    drawn = {
        noise(seed, purpose, epoch, step)
        for seed in (0, 1)
        for purpose in (Purpose.TRAINING_NOISE, Purpose.TEST_NOISE)
        for epoch in (1, 2)
        for step in (0, 1, 2)
    }
    assert len(drawn) == 24
    again = noise(1, Purpose.TEST_NOISE, 2, 1)
    assert again in drawn


def test_noise_is_standard_normal() -> None:
    noise = normal_noise(0, Purpose.TRAINING_NOISE, 1, 1, tf.constant([200_000, 1])).numpy()
    assert abs(noise.mean()) < 0.01
    assert abs(noise.std() - 1) < 0.01


def test_binarized_images_are_fair_draws_that_differ_by_epoch_and_step() -> None:
    grey = tf.fill([50, 28, 28, 1], 0.3)
    drawn = [binarized(0, epoch, step, grey).numpy() for epoch, step in ((1, 0), (1, 1), (2, 0))]
    for images in drawn:
        assert set(np.unique(images)) == {0.0, 1.0}
        assert abs(images.mean() - 0.3) < 0.01
    assert len({images.tobytes() for images in drawn}) == 3
    np.testing.assert_array_equal(drawn[0], binarized(0, 1, 0, grey).numpy())
    ends = binarized(0, 1, 0, tf.constant([[0.0, 1.0]] * 1000)).numpy()
    np.testing.assert_array_equal(ends, [[0.0, 1.0]] * 1000)
