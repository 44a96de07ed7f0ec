"""Objective: negative log-likelihood of the pixels and analytic KL, in nats per image.

Kingma & Welling, "Auto-Encoding Variational Bayes", 2013, section 3 and appendices B and C.1.
"""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from vae_engine.inference.pixels import SERIES_LOGIT
from vae_engine.likelihoods import Likelihood

Tensor = Any

_LARGE_LOG_VAR, _SLOPE_ABOVE = 2.0, 0.1


def kl_per_dimension(z_mean: Tensor, z_log_var: Tensor) -> Tensor:
    """Compute KL(q(z|x) || N(0, I)) per image and dimension, (n, latent_dim), nats.

    `0.5 * (mean^2 + var - log var - 1)`: Kingma & Welling 2013, appendix B.
    """
    return 0.5 * (tf.square(z_mean) + tf.exp(z_log_var) - z_log_var - 1.0)


def negative_log_likelihood(
    images: Tensor, logits: Tensor, likelihood: Likelihood = "bernoulli", log_sigma: Tensor = None
) -> Tensor:
    """Compute the reconstruction loss, -log p(x|z) summed over the pixels: (n,), nats.

    For formulas and sources see `vae_engine.inference.pixels`. Negative where a density
    (gaussian, continuous bernoulli) exceeds 1.

    Args:
        images: (n, h, w, c) in [0, 1].
        logits: the decoder's output before the means, same shape.
        likelihood: of the pixels.
        log_sigma: log standard deviation, a scalar; only for the gaussian likelihood.
    """
    if likelihood == "gaussian":
        errors = tf.reduce_sum(tf.square(images - tf.sigmoid(logits)), axis=[1, 2, 3])
        values = tf.cast(tf.reduce_prod(tf.shape(images)[1:]), tf.float32)
        constant = values * (log_sigma + 0.5 * math.log(2.0 * math.pi))
        return 0.5 * errors * tf.exp(-2.0 * log_sigma) + constant
    loss = reconstruction_per_image(images, logits)
    if likelihood == "continuous_bernoulli":
        loss -= tf.reduce_sum(continuous_bernoulli_log_constant(logits), axis=[1, 2, 3])
    return loss


def reconstruction_per_image(images: Tensor, logits: Tensor) -> Tensor:
    """Sum the binary cross-entropy over the pixels: -log p(x|z) of Bernoulli pixels, (n,), nats.

    Args:
        images: (n, h, w, c) in [0, 1].
        logits: the decoder's output before the sigmoid, same shape.
    """
    # max(l, 0) - l x + log(1 + exp(-|l|)): exact for every logit, where log(sigmoid) is not.
    cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=images, logits=logits)
    return tf.reduce_sum(cross_entropy, axis=[1, 2, 3])


def continuous_bernoulli_log_constant(logits: Tensor) -> Tensor:
    """Differentiable `vae_engine.inference.pixels.continuous_bernoulli_log_constant`."""
    size = tf.abs(logits)
    is_small = size < SERIES_LOGIT
    square = tf.square(logits)
    series = math.log(2.0) + square * (1 / 12 + square * (31 / 90720 * square - 7 / 1440))
    # The branch that `where` discards needs a finite gradient too.
    large = tf.where(is_small, 1.0, size)
    exact = tf.math.log(large) - tf.math.log(tf.tanh(0.5 * large))
    return tf.where(is_small, series, exact)


def kl_with_free_bits(mean_kl: Tensor, free_bits: float) -> Tensor:
    """Compute the KL term of the loss with free bits: `sum_j max(free_bits, KL_j)`, a scalar, nats.

    Kingma et al., "Improved Variational Inference with Inverse Autoregressive Flow", 2016,
    equation 15, with one dimension per group. KL_j is the mean over the batch, (latent_dim,); a
    dimension below `free_bits` gets no gradient towards the prior.
    """
    return tf.reduce_sum(tf.maximum(mean_kl, free_bits))


def reparameterize(z_mean: Tensor, z_log_var: Tensor, epsilon: Tensor) -> Tensor:
    """Sample z = mean + exp(0.5 log-variance) * epsilon, (n, latent_dim); epsilon ~ N(0, I)."""
    return z_mean + tf.exp(0.5 * z_log_var) * epsilon


def limited_log_var(z_log_var: Tensor) -> Tensor:
    """Let a log-variance above 2 rise by a tenth only, for training; the rest keep their bits.

    No posterior needs more than the prior's variance, but of a million images one may be so far
    from all others that its log-variance is extrapolated to 25. The KL of that one image was then
    10^10 nats, which hid all other images in the gradient and in the mean loss. The slope keeps a
    gradient that brings such an image back.
    """
    return tf.minimum(z_log_var, _LARGE_LOG_VAR + _SLOPE_ABOVE * (z_log_var - _LARGE_LOG_VAR))
