"""The objective: binary cross-entropy and analytic KL, in nats an image.

Kingma & Welling, "Auto-Encoding Variational Bayes", 2013, section 3 and appendices B and C.1.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

Tensor = Any


def kl_per_dimension(z_mean: Tensor, z_log_var: Tensor) -> Tensor:
    """KL(q(z|x) || N(0, I)) of each dimension, (n, latent_dim), nats.

    `0.5 * (mean^2 + var - log var - 1)`: Kingma & Welling 2013, appendix B.
    """
    return 0.5 * (tf.square(z_mean) + tf.exp(z_log_var) - z_log_var - 1.0)


def reconstruction_per_image(images: Tensor, logits: Tensor) -> Tensor:
    """Binary cross-entropy summed over pixels, (n,), nats: -log p(x|z), Bernoulli pixels.

    Args:
        images: (n, 28, 28, 1) in [0, 1].
        logits: the decoder's output before the sigmoid, same shape.
    """
    # max(l, 0) - l x + log(1 + exp(-|l|)): exact for every logit, where log(sigmoid) is not.
    cross_entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=images, logits=logits)
    return tf.reduce_sum(cross_entropy, axis=[1, 2, 3])


def reparameterize(z_mean: Tensor, z_log_var: Tensor, epsilon: Tensor) -> Tensor:
    """z = mean + exp(0.5 log-variance) * epsilon, (n, latent_dim); epsilon is from N(0, I)."""
    return z_mean + tf.exp(0.5 * z_log_var) * epsilon
