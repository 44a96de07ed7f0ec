"""The objective: negative log-likelihood of the pixels and analytic KL, in nats per image.

Kingma & Welling, "Auto-Encoding Variational Bayes", 2013, section 3 and appendices B and C.1.
"""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from vae_engine.inference.pixels import SERIES_LOGIT
from vae_engine.likelihoods import Likelihood

Tensor = Any


def kl_per_dimension(z_mean: Tensor, z_log_var: Tensor) -> Tensor:
    """KL(q(z|x) || N(0, I)) of each dimension, (n, latent_dim), nats.

    `0.5 * (mean^2 + var - log var - 1)`: Kingma & Welling 2013, appendix B.
    """
    return 0.5 * (tf.square(z_mean) + tf.exp(z_log_var) - z_log_var - 1.0)


def negative_log_likelihood(
    images: Tensor, logits: Tensor, likelihood: Likelihood = "bernoulli", log_sigma: Tensor = None
) -> Tensor:
    """-log p(x|z) summed over the pixels, (n,), nats: the reconstruction loss.

    Formulas and sources are those of `vae_engine.inference.pixels`. It is below 0 where a density
    (gaussian, continuous bernoulli) is above 1.

    Args:
        images: (n, h, w, c) in [0, 1].
        logits: the decoder's output before the means, same shape.
        likelihood: of the pixels.
        log_sigma: of the gaussian one, a scalar.
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
    """Binary cross-entropy summed over pixels, (n,), nats: -log p(x|z), Bernoulli pixels.

    Args:
        images: (n, h, w, c) in [0, 1].
        logits: the decoder's output before the sigmoid, same shape.
    """
    # max(l, 0) - l x + log(1 + exp(-|l|)): exact for every logit, where log(sigmoid) is not.
    cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=images, logits=logits)
    return tf.reduce_sum(cross_entropy, axis=[1, 2, 3])


def continuous_bernoulli_log_constant(logits: Tensor) -> Tensor:
    """As `vae_engine.inference.pixels.continuous_bernoulli_log_constant`, with a gradient."""
    size = tf.abs(logits)
    is_small = size < SERIES_LOGIT
    square = tf.square(logits)
    series = math.log(2.0) + square * (1 / 12 + square * (31 / 90720 * square - 7 / 1440))
    # The branch that is not taken must have a finite gradient too.
    large = tf.where(is_small, 1.0, size)
    exact = tf.math.log(large) - tf.math.log(tf.tanh(0.5 * large))
    return tf.where(is_small, series, exact)


def charged_kl(mean_kl: Tensor, free_bits: float) -> Tensor:
    """What the loss is charged for KL, a scalar: `sum_j max(free_bits, KL_j)`, nats.

    Kingma et al., "Improved Variational Inference with Inverse Autoregressive Flow", 2016,
    equation 15, with one dimension a group: KL_j is the mean over the batch, (latent_dim,), and a
    dimension below `free_bits` is not pushed further to the prior.
    """
    return tf.reduce_sum(tf.maximum(mean_kl, free_bits))


def reparameterize(z_mean: Tensor, z_log_var: Tensor, epsilon: Tensor) -> Tensor:
    """z = mean + exp(0.5 log-variance) * epsilon, (n, latent_dim); epsilon is from N(0, I)."""
    return z_mean + tf.exp(0.5 * z_log_var) * epsilon
