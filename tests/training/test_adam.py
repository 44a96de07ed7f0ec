"""The fused Adam against the paper's algorithm and against Keras."""

import keras
import msgspec
import numpy as np
import pytest
import tensorflow as tf

from vae_engine.settings import make_settings
from vae_engine.training.adam import Adam

SETTINGS = make_settings(
    learning_rate=0.01, adam_beta_1=0.8, adam_beta_2=0.95, adam_epsilon=1e-4, weight_decay=0
)


def gradients(step: int) -> list[tf.Tensor]:
    rng = np.random.default_rng(step)
    return [tf.constant(rng.normal(size=size), tf.float32) for size in ((3, 2), (4,))]


def variables() -> list[keras.Variable]:
    return [keras.Variable(np.ones((3, 2), np.float32)), keras.Variable(np.zeros(4, np.float32))]


def test_updates_are_those_of_the_paper() -> None:
    trained = variables()
    adam = Adam(SETTINGS, trained)
    x, m, v = np.zeros(4), np.zeros(4), np.zeros(4)
    for t in range(1, 6):
        rate = 0.01 / t
        adam.apply(gradients(t), tf.constant(rate))
        g = gradients(t)[1].numpy()
        m, v = 0.8 * m + 0.2 * g, 0.95 * v + 0.05 * g**2
        step = rate * np.sqrt(1 - 0.95**t) / (1 - 0.8**t)
        x -= step * m / (np.sqrt(v) + 1e-4)
    np.testing.assert_allclose(trained[1].numpy(), x, rtol=1e-5)


@pytest.mark.parametrize("weight_decay", [0.0, 0.5])
def test_updates_and_state_are_those_of_keras(weight_decay: float) -> None:
    ours, theirs = variables(), variables()
    adam = Adam(msgspec.structs.replace(SETTINGS, weight_decay=weight_decay), ours)
    reference = keras.optimizers.AdamW(
        0.01, weight_decay=weight_decay, beta_1=0.8, beta_2=0.95, epsilon=1e-4
    )
    reference.exclude_from_weight_decay([theirs[1]])
    reference.build(theirs)
    for step in range(5):
        adam.apply(gradients(step), tf.constant(0.01))
        reference.apply(gradients(step), theirs)
    for one, other in zip([*ours, *adam.variables], [*theirs, *reference.variables], strict=True):
        assert one.shape == other.shape
        assert keras.backend.standardize_dtype(one.dtype) == other.dtype
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-5)


def test_steep_gradients_are_scaled_to_the_largest_norm() -> None:
    limited, free = variables(), variables()
    norm = float(tf.linalg.global_norm(gradients(1)))
    for trained, clip_norm, factor in ((limited, norm / 4, 1.0), (free, 0.0, 0.25)):
        adam = Adam(msgspec.structs.replace(SETTINGS, clip_norm=clip_norm), trained)
        adam.apply([factor * gradient for gradient in gradients(1)], tf.constant(0.01))
    for one, other in zip(limited, free, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-5)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 3e38])
def test_a_gradient_that_is_not_finite_counts_as_0(value: float) -> None:
    trained, untouched = variables(), variables()
    settings = msgspec.structs.replace(SETTINGS, clip_norm=1.0)
    one, other = Adam(settings, trained), Adam(settings, untouched)
    steep, flat = gradients(2)
    steep = tf.tensor_scatter_nd_update(steep, [[1, 1]], [value])
    for adam, second in ((one, [steep, flat]), (other, [tf.zeros((3, 2)), tf.zeros(4)])):
        adam.apply(gradients(1), tf.constant(0.01))
        adam.apply(second, tf.constant(0.01))
    for variable, wanted in zip(
        [*trained, *one.variables], [*untouched, *other.variables], strict=True
    ):
        np.testing.assert_array_equal(variable.numpy(), wanted.numpy())
