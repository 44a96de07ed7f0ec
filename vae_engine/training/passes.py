"""A batch's way through the networks to its losses, whole or in parts that run side by side."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from vae_engine.model.forward import Forward
from vae_engine.model.network import Networks
from vae_engine.model.objective import (
    kl_per_dimension,
    limited_log_var,
    negative_log_likelihood,
    reparameterize,
)
from vae_engine.settings import Settings

Tensor = Any


class Outputs(NamedTuple):
    """What the networks make of n images, at sampled z.

    Attributes:
        reconstruction: -log p(x|z), (n,), nats.
        kl: KL(q(z|x) || N(0, I)), (n, latent_dim), nats.
        z_mean: (n, latent_dim).
        z_log_var: (n, latent_dim).
    """

    reconstruction: Tensor
    kl: Tensor
    z_mean: Tensor
    z_log_var: Tensor


class Passes:
    """Passes of batches through networks; differentiable.

    With `batch_parts` n, each of n parts of a batch has its own operations, which TensorFlow runs
    on a thread of its own. That wastes less time than n threads within every operation. With 0, a
    batch goes through the Keras models whole.

    Attributes:
        networks: that batches pass through.
    """

    def __init__(self, settings: Settings, networks: Networks, *, limits_variance: bool) -> None:
        """Build the operations.

        Args:
            settings: `batch_parts`, and those of the network.
            networks: that batches pass through.
            limits_variance: for training, see `limited_log_var`.
        """
        self.networks = networks
        self._limits_variance = limits_variance
        self._parts = settings.batch_parts
        if self._parts:
            forward = Forward(settings, networks)
            self._encode, self._decode = forward.encode, forward.decode
        else:
            self._encode, self._decode = networks.encoder, networks.decoder_logits

    def run(self, images: Tensor, epsilon: Tensor) -> Outputs:
        """Encode images, sample z, decode it and compare.

        Args:
            images: (n, h, w, c) float32 in [0, 1].
            epsilon: (n, latent_dim) standard normal noise.
        """
        if self._parts < 2:
            return self._run(images, epsilon)
        outputs = [self._run_part(part, images, epsilon) for part in range(self._parts)]
        return Outputs(*(tf.concat(several, axis=0) for several in zip(*outputs, strict=True)))

    def _run_part(self, part: int, images: Tensor, epsilon: Tensor) -> Outputs:
        count = tf.shape(images)[0]
        first, last = part_bounds(count, part, self._parts)
        # oneDNN fails on no images, as in a small last batch: take one and drop it.
        start = tf.minimum(first, count - 1)
        stop = tf.maximum(last, start + 1)
        outputs = self._run(images[start:stop], epsilon[start:stop])
        return Outputs(*(output[: last - first] for output in outputs))

    def _run(self, images: Tensor, epsilon: Tensor) -> Outputs:
        networks = self.networks
        z_mean, z_log_var = self._encode(images)
        if self._limits_variance:
            z_log_var = limited_log_var(z_log_var)
        logits = self._decode(reparameterize(z_mean, z_log_var, epsilon))
        reconstruction = negative_log_likelihood(
            images, logits, networks.likelihood, networks.log_sigma
        )
        return Outputs(reconstruction, kl_per_dimension(z_mean, z_log_var), z_mean, z_log_var)


def part_bounds(count: Tensor, part: int, parts: int) -> tuple[Tensor, Tensor]:
    """Return start and end of one of the parts of `count` images; sizes differ by at most one."""
    return count * part // parts, count * (part + 1) // parts
