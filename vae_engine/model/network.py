"""Encoder, decoder and VAE as ordinary Keras models."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
from keras import layers

from vae_engine.model.weights import load_weights
from vae_engine.settings import Settings

IMAGE_SHAPE = (28, 28, 1)


@dataclass(frozen=True)
class Networks:
    """The Keras models of one VAE; they share their layers.

    Attributes:
        encoder: images (n, 28, 28, 1) to [z_mean, z_log_var], each (n, latent_dim).
        decoder: z (n, latent_dim) to pixel probabilities (n, 28, 28, 1).
        decoder_logits: the decoder before its sigmoid; the objective is computed from logits.
        vae: images to [images, z_mean, z_log_var], its `output_names`; the images are
            reconstructions. z is sampled when called with `training=True` and is z_mean otherwise.
            Layers of Keras only, so that its `.keras` file opens without this package.
    """

    encoder: keras.Model
    decoder: keras.Model
    decoder_logits: keras.Model
    vae: keras.Model

    @property
    def variables(self) -> list[Any]:
        """The trainable variables, encoder first, in a fixed order."""
        return [*self.encoder.trainable_variables, *self.decoder.trainable_variables]

    @property
    def parameters(self) -> int:
        """How many numbers are trained."""
        return sum(int(variable.numpy().size) for variable in self.variables)


def build_networks(settings: Settings, mean_pixel: float = 0.5) -> Networks:
    """Build freshly initialised networks; equal arguments give equal weights.

    Args:
        settings: widths, kernel, latent dimension and seed.
        mean_pixel: of the training images, in [0, 1]; the untrained decoder draws this grey.
    """
    # Every initialiser draws from this, in the order in which the layers are built.
    keras.utils.set_random_seed(settings.seed)
    encoder = build_encoder(settings)
    decoder = build_decoder(settings, mean_pixel)
    decoder_logits = keras.Model(
        decoder.input, decoder.get_layer("logits").output, name="decoder_logits"
    )
    return Networks(encoder, decoder, decoder_logits, build_vae(encoder, decoder))


def build_encoder(settings: Settings) -> keras.Model:
    """Stride-2 convolutions, Dense layers and two heads: the posterior's mean and log-variance."""
    images = keras.Input(IMAGE_SHAPE, name="images")
    x = images
    for index, filters in enumerate(settings.filters, start=1):
        x = layers.Conv2D(
            filters,
            settings.kernel_size,
            strides=2,
            padding="same",
            activation=settings.activation,
            name=f"conv_{index}",
        )(x)
    x = layers.Flatten(name="flatten")(x)
    for index, units in enumerate(settings.dense_units, start=1):
        x = layers.Dense(units, activation=settings.activation, name=f"dense_{index}")(x)
    z_mean = layers.Dense(settings.latent_dim, name="z_mean")(x)
    z_log_var = layers.Dense(settings.latent_dim, name="z_log_var")(x)
    return keras.Model(images, [z_mean, z_log_var], name="encoder")


def build_decoder(settings: Settings, mean_pixel: float = 0.5) -> keras.Model:
    """The encoder mirrored: Dense, Reshape, stride-2 Conv2DTranspose up to 28x28, sigmoid."""
    # Black or white data must not give an infinite bias.
    mean = min(max(mean_pixel, 0.01), 0.99)
    z = keras.Input((settings.latent_dim,), name="z")
    x = z
    for index, units in enumerate(reversed(settings.dense_units), start=1):
        x = layers.Dense(units, activation=settings.activation, name=f"dense_{index}")(x)
    side = IMAGE_SHAPE[0] // 2 ** len(settings.filters)
    deepest = settings.filters[-1]
    x = layers.Dense(side * side * deepest, activation=settings.activation, name="dense_image")(x)
    x = layers.Reshape((side, side, deepest), name="reshape")(x)
    for index, filters in enumerate(reversed(settings.filters[:-1]), start=1):
        x = layers.Conv2DTranspose(
            filters,
            settings.kernel_size,
            strides=2,
            padding="same",
            activation=settings.activation,
            name=f"conv_transpose_{index}",
        )(x)
    logits = layers.Conv2DTranspose(
        1,
        settings.kernel_size,
        strides=2,
        padding="same",
        bias_initializer=keras.initializers.Constant(math.log(mean / (1.0 - mean))),
        name="logits",
    )(x)
    return keras.Model(
        z, layers.Activation("sigmoid", name="probabilities")(logits), name="decoder"
    )


def build_vae(encoder: keras.Model, decoder: keras.Model) -> keras.Model:
    """Encoder, reparameterization and decoder in one model."""
    # Keras lets no input share a name with an output, and `images` is what the decoder gives.
    inputs = keras.Input(IMAGE_SHAPE, name="inputs")
    z_mean, z_log_var = encoder(inputs)
    # GaussianNoise adds noise in training only: a sampling layer that every Keras has.
    epsilon = layers.GaussianNoise(1.0, name="epsilon")(keras.ops.zeros_like(z_mean))
    z = z_mean + keras.ops.exp(0.5 * z_log_var) * epsilon
    named = {"images": decoder(z), "z_mean": z_mean, "z_log_var": z_log_var}
    outputs = [layers.Identity(name=name)(output) for name, output in named.items()]
    return keras.Model(inputs, outputs, name="vae")


def weights_sha256(networks: Networks) -> str:
    """A digest of the weights' values, equal for equal weights whatever file they came from."""
    digest = hashlib.sha256()
    for variable in networks.variables:
        value = variable.numpy()
        digest.update(f"{variable.path} {value.dtype} {value.shape}\n".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()


def load_networks(settings: Settings, path: Path, sha256: str) -> Networks:
    """Build networks and give them the weights of a `.weights.h5` file.

    Raises:
        FileNotFoundError: there is no such file.
        SessionDamagedError: the file has another digest, or weights of other shapes.
    """
    networks = build_networks(settings)
    load_weights(networks.vae, path, sha256)
    return networks
