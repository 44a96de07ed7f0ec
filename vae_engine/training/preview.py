"""Previews after an epoch: reconstructions of fixed test images, samples at fixed z."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from vae_engine.datasets import to_float
from vae_engine.inference.sampling import to_uint8, without_grey_axis
from vae_engine.model.network import Networks
from vae_engine.sessions.previews import Originals, Preview, sample_count
from vae_engine.training.randomness import preview_z


class PreviewMaker:
    """Makes previews from the current weights of the networks."""

    def __init__(self, networks: Networks, originals: Originals, *, seed: int) -> None:
        latent_dim = networks.decoder.input_shape[-1]
        self._originals = tf.constant(to_float(originals.images))
        self._z = tf.constant(preview_z(seed, sample_count(networks.shape), latent_dim))
        self._networks = networks
        self._compiled = tf.function(self._decode, autograph=False)

    def make(self) -> Preview:
        """Compute reconstructions at z = z_mean, and samples at the session's fixed z."""
        reconstructions, samples = self._compiled()
        return Preview(_pixels(reconstructions), _pixels(samples))

    def _decode(self) -> tuple[Any, Any]:
        z_mean, _ = self._networks.encoder(self._originals, training=False)
        decoder = self._networks.decoder
        return decoder(z_mean, training=False), decoder(self._z, training=False)


def _pixels(means: Any) -> NDArray[np.uint8]:
    return to_uint8(without_grey_axis(means.numpy()))
