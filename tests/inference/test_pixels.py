"""Likelihoods of pixels against closed forms and integrals, in NumPy and in TensorFlow."""

import math

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.inference.pixels import (
    PixelModel,
    bernoulli_log_likelihood,
    continuous_bernoulli_log_constant,
    continuous_bernoulli_mean,
)
from vae_engine.likelihoods import Likelihood, bits_per_dimension, collapse_warning
from vae_engine.model.objective import (
    continuous_bernoulli_log_constant as in_tensorflow,
)
from vae_engine.model.objective import (
    kl_with_free_bits,
    negative_log_likelihood,
)

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

LOGITS = np.array([-60, -8, -2.5, -0.6, -0.499, -0.3, -1e-3, -1e-9, 0, 1e-6, 0.4, 0.501, 1, 7, 90])


def test_the_continuous_bernoullis_constant_makes_its_density_integrate_to_one() -> None:
    for logit in LOGITS:
        # e^(l x), normalized: its integral over [0, 1] is expm1(l) / l.
        area = 1.0 if logit == 0 else math.expm1(logit) / logit
        expected = math.log1p(math.exp(-abs(logit))) + max(logit, 0) - math.log(area)
        found = continuous_bernoulli_log_constant(np.array([logit]))[0]
        assert found == pytest.approx(expected, abs=2e-7)


def test_the_continuous_bernoullis_mean_is_that_of_its_density() -> None:
    nodes, weights = np.polynomial.legendre.leggauss(200)
    x, weights = (nodes + 1) / 2, weights / 2
    for logit in LOGITS:
        density = np.exp(logit * (x - (logit > 0)))
        mean = (weights * x * density).sum() / (weights * density).sum()
        assert continuous_bernoulli_mean(np.array([logit]))[0] == pytest.approx(mean, abs=1e-8)


def test_single_precision_holds_around_one_half_and_far_out() -> None:
    logits = np.concatenate([np.linspace(-1, 1, 4001), np.linspace(-200, 200, 4001)])
    for function in (continuous_bernoulli_log_constant, continuous_bernoulli_mean):
        exact, single = function(logits), function(logits.astype(np.float32))
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, exact, atol=2e-6, rtol=1e-6)


def test_the_constants_gradient_is_finite_and_that_of_the_formula() -> None:
    logits = tf.constant(LOGITS, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        values = in_tensorflow(logits)
    slopes = tape.gradient(values, logits).numpy()
    # d/dl log(l / tanh(l/2)) = sigmoid(l) - mean(l).
    expected = 1 / (1 + np.exp(-LOGITS)) - continuous_bernoulli_mean(LOGITS)
    np.testing.assert_allclose(slopes, expected, atol=2e-6)
    np.testing.assert_allclose(
        values.numpy(), continuous_bernoulli_log_constant(LOGITS), atol=1e-12
    )


def log_likelihood(pixels: PixelModel, images: Floats, logits: Floats) -> Doubles:
    """Of images with their number first."""
    count = len(images)
    return pixels.log_likelihood(images.reshape(count, -1).T, logits.reshape(count, -1).T)


@pytest.mark.parametrize("shape", [(3, 5, 7, 1), (2, 8, 8, 3)])
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "continuous_bernoulli"])
def test_numpy_and_tensorflow_agree(shape: tuple[int, ...], likelihood: Likelihood) -> None:
    rng = np.random.default_rng(0)
    images = rng.random(shape).astype(np.float32)
    logits = (3 * rng.standard_normal(shape)).astype(np.float32)
    log_sigma = -1.7 if likelihood == "gaussian" else None
    pixels = PixelModel(likelihood, log_sigma)
    given = None if log_sigma is None else tf.constant(log_sigma)
    found = negative_log_likelihood(tf.constant(images), tf.constant(logits), likelihood, given)
    np.testing.assert_allclose(found.numpy(), -log_likelihood(pixels, images, logits), rtol=2e-6)


@pytest.mark.parametrize("values", [1, 2, 63, 64, 65, 784, 12_288])
def test_the_bernoullis_sum_is_exact_for_any_number_of_values(values: int) -> None:
    rng = np.random.default_rng(values)
    logits = rng.choice([0.0, 1e-30, 0.3, 5.0, 17.0, 60.0, 88.0, 200.0, 3e4], (values, 5))
    logits = (logits * rng.choice([-1.0, 1.0], logits.shape)).astype(np.float32)
    images = rng.choice([0.0, 1.0, 0.25, 1 / 255], logits.shape).astype(np.float32)
    exact = logits.astype(np.float64)
    expected = (images * exact - np.logaddexp(0.0, exact)).sum(axis=0)
    found = bernoulli_log_likelihood(images, logits)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)
    # Sure of every pixel: all factors are 1, or all of them 2.
    sure = np.where(images > 0.5, 300.0, -300.0).astype(np.float32)
    found = bernoulli_log_likelihood(np.round(images), sure)
    np.testing.assert_array_equal(found, np.zeros(5))
    found = bernoulli_log_likelihood(images, np.zeros_like(logits))
    np.testing.assert_allclose(found, -values * math.log(2.0), rtol=1e-6)


def test_the_gaussian_is_the_density_of_independent_normals() -> None:
    rng = np.random.default_rng(1)
    images = rng.random((4, 6, 5, 3)).astype(np.float32)
    logits = rng.standard_normal(images.shape).astype(np.float32)
    means = 1 / (1 + np.exp(-logits.astype(np.float64)))
    densities = np.exp(-0.5 * ((images - means) / 0.13) ** 2) / (0.13 * math.sqrt(2 * math.pi))
    expected = np.log(densities).sum(axis=(1, 2, 3))
    found = log_likelihood(PixelModel("gaussian", math.log(0.13)), images, logits)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_best_sigma_is_the_root_of_the_mean_squared_error() -> None:
    rng = np.random.default_rng(2)
    images = rng.random((16, 8, 8, 3)).astype(np.float32)
    logits = rng.standard_normal(images.shape).astype(np.float32)
    best = math.sqrt(np.square(images - 1 / (1 + np.exp(-logits))).mean())
    log_sigma = tf.Variable(math.log(best))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(negative_log_likelihood(images, logits, "gaussian", log_sigma))
    assert abs(float(tape.gradient(loss, log_sigma))) < 1e-2


def test_bits_per_dimension_of_uniform_images_are_eight() -> None:
    # Every one of 256 levels as likely: a density of 1 on [0, 1], a loss of 0.
    colour = ImageShape(64, 64, 3)
    assert bits_per_dimension(0.0, colour, "gaussian") == 8.0
    assert bits_per_dimension(0.0, colour, "continuous_bernoulli") == 8.0
    # One bit per pixel: of fair coins.
    assert bits_per_dimension(784 * math.log(2), GREY_28, "bernoulli") == pytest.approx(1.0)
    narrow = -colour.values * math.log(2.0)
    assert bits_per_dimension(narrow, colour, "gaussian") == pytest.approx(7.0)


def test_free_bits_charge_each_dimension_at_least_their_price() -> None:
    mean_kl = tf.Variable([0.1, 2.0, 0.5])
    with tf.GradientTape() as tape:
        charged = kl_with_free_bits(mean_kl, 0.5)
    assert float(charged) == pytest.approx(0.5 + 2.0 + 0.5)
    slopes = tape.gradient(charged, mean_kl).numpy()
    assert slopes[:2].tolist() == [0.0, 1.0]
    assert float(kl_with_free_bits(mean_kl, 0.0)) == pytest.approx(2.6)


def test_a_collapsed_variance_is_reported_with_a_way_out() -> None:
    assert collapse_warning(math.log(0.08), 3) == ""
    assert collapse_warning(math.log(1 / 254), 3) == ""
    said = collapse_warning(math.log(0.003), 7)
    assert "epoch 7" in said
    assert "`likelihood=bernoulli`" in said
    assert "\n" not in said
