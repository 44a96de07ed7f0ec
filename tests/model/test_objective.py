import math

import numpy as np
import pytest
import tensorflow as tf

from vae_engine.model.objective import (
    kl_per_dimension,
    limited_log_var,
    reconstruction_per_image,
    reparameterize,
)


def test_kl_of_the_prior_itself_is_zero() -> None:
    kl = kl_per_dimension(tf.zeros((3, 5)), tf.zeros((3, 5)))
    np.testing.assert_array_equal(kl.numpy(), np.zeros((3, 5)))


@pytest.mark.parametrize(
    ("mean", "variance", "nats"),
    [
        # 0.5 (m^2 + v - log v - 1), by hand
        (1.0, 1.0, 0.5),
        (0.0, math.e, 0.5 * (math.e - 2.0)),
        (-2.0, 0.25, 0.5 * (4.0 + 0.25 + math.log(4.0) - 1.0)),
    ],
)
def test_kl_equals_the_closed_form(mean: float, variance: float, nats: float) -> None:
    kl = kl_per_dimension(tf.constant([[mean]]), tf.constant([[math.log(variance)]]))
    assert kl.numpy()[0, 0] == pytest.approx(nats, rel=1e-6)


def test_kl_equals_its_monte_carlo_estimate() -> None:
    mean, log_variance = 0.7, -1.2
    rng = np.random.default_rng(1)
    z = mean + math.exp(0.5 * log_variance) * rng.standard_normal(400_000)
    log_q = -0.5 * (math.log(2 * math.pi) + log_variance + (z - mean) ** 2 / math.exp(log_variance))
    log_p = -0.5 * (math.log(2 * math.pi) + z**2)
    ratios = log_q - log_p
    kl = kl_per_dimension(tf.constant([[mean]]), tf.constant([[log_variance]])).numpy()[0, 0]
    error = ratios.std() / math.sqrt(len(ratios))
    assert abs(kl - ratios.mean()) < 5 * error


def test_reconstruction_is_the_bernoulli_log_likelihood_summed_over_pixels() -> None:
    rng = np.random.default_rng(2)
    images = rng.random((4, 28, 28, 1)).astype(np.float32)
    probabilities = rng.uniform(0.01, 0.99, images.shape)
    logits = np.log(probabilities / (1 - probabilities)).astype(np.float32)
    expected = -(images * np.log(probabilities) + (1 - images) * np.log(1 - probabilities))
    found = reconstruction_per_image(tf.constant(images), tf.constant(logits)).numpy()
    np.testing.assert_allclose(found, expected.sum(axis=(1, 2, 3)), rtol=1e-5)


def test_zero_logits_cost_log_two_a_pixel() -> None:
    images = tf.random.stateless_uniform((2, 28, 28, 1), seed=[1, 2])
    found = reconstruction_per_image(images, tf.zeros((2, 28, 28, 1)))
    np.testing.assert_allclose(found.numpy(), 784 * math.log(2), rtol=1e-6)


def test_extreme_logits_stay_finite_and_exact() -> None:
    images = tf.constant([0.0, 1.0, 0.5], shape=(3, 1, 1, 1))
    logits = tf.constant([500.0, -500.0, 500.0], shape=(3, 1, 1, 1))
    np.testing.assert_allclose(
        reconstruction_per_image(images, logits).numpy(), [500.0, 500.0, 250.0]
    )


def test_reparameterized_samples_have_the_posterior_moments() -> None:
    z_mean, z_log_var = tf.fill((100_000, 1), 1.5), tf.fill((100_000, 1), math.log(0.09))
    epsilon = tf.random.stateless_normal((100_000, 1), seed=[3, 4])
    z = reparameterize(z_mean, z_log_var, epsilon).numpy()
    assert z.mean() == pytest.approx(1.5, abs=0.01)
    assert z.std() == pytest.approx(0.3, rel=0.01)


def test_reparameterization_lets_gradients_through_to_both_heads() -> None:
    z_mean, z_log_var = tf.Variable([[0.3]]), tf.Variable([[0.8]])
    with tf.GradientTape() as tape:
        z = reparameterize(z_mean, z_log_var, tf.constant([[2.0]]))
    gradients = tape.gradient(z, [z_mean, z_log_var])
    assert gradients[0].numpy()[0, 0] == pytest.approx(1.0)
    # d/dv exp(v / 2) e = e exp(v / 2) / 2
    assert gradients[1].numpy()[0, 0] == pytest.approx(math.exp(0.4), rel=1e-6)


def test_a_log_variance_up_to_two_keeps_its_bits() -> None:
    values = np.random.default_rng(5).uniform(-30.0, 2.0, 10_000).astype(np.float32)
    assert limited_log_var(tf.constant(values)).numpy().tobytes() == values.tobytes()


def test_a_larger_log_variance_rises_by_a_tenth_and_is_brought_back() -> None:
    z_log_var = tf.Variable([3.0, 25.0, 500.0])
    with tf.GradientTape() as tape:
        limited = limited_log_var(z_log_var)
        kl = kl_per_dimension(tf.zeros(3), limited)
    np.testing.assert_allclose(limited.numpy(), [2.1, 4.3, 51.8], rtol=1e-6)
    # d/dv 0.5 (e^l - l - 1) = 0.05 (e^l - 1), with l the limited one
    expected = 0.05 * (np.exp(np.array([2.1, 4.3, 51.8])) - 1.0)
    np.testing.assert_allclose(tape.gradient(kl, z_log_var), expected, rtol=1e-5)
