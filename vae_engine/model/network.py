"""Encoder, decoder and VAE as ordinary Keras models."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.inference.architecture import (
    LOG_SIGMA,
    RESIDUAL_BLOCKS,
    RESIDUAL_KERNEL,
    cropping,
    decoder_layers,
    dense_units,
    hidden_activation,
    level_filters,
)
from vae_engine.inference.pixels import SERIES_LOGIT, continuous_bernoulli_mean
from vae_engine.likelihoods import LOWEST_LOG_SIGMA, Likelihood, pixel_likelihood
from vae_engine.model.weights import load_weights
from vae_engine.settings import Settings

_SHALLOW, _FEW_DIMENSIONS = 2, 20
"""Dense layers, and dimensions above which so few begin with Glorot's kernels."""

_FIRST_SIGMA = 0.25
"""Initial sigma: about the standard deviation of pixels in natural images."""

_SIGMA_RATE = 10.0
"""How much faster than a weight log sigma moves; Adam moves a weight by about the learning rate."""


@dataclass(frozen=True)
class Networks:
    """The Keras models of one VAE; they share their layers.

    Attributes:
        encoder: images (n, h, w, c) to [z_mean, z_log_var], each (n, latent_dim).
        decoder: z (n, latent_dim) to the pixels' means (n, h, w, c), in [0, 1].
        decoder_logits: the decoder before the means; the objective is computed from logits.
        vae: images to [images, z_mean, z_log_var], its `output_names`; the images are
            reconstructions. z is sampled when called with `training=True` and is z_mean otherwise.
            A gaussian model has a fourth output, log_sigma, (n, 1), equal for all images.
            Built from standard Keras layers, so that its `.keras` file opens without this package.
        shape: of the images.
        likelihood: of the pixels.
        log_sigma_layer: the trained parameter behind `log_sigma`; None unless gaussian.
    """

    encoder: keras.Model
    decoder: keras.Model
    decoder_logits: keras.Model
    vae: keras.Model
    shape: ImageShape = GREY_28
    likelihood: Likelihood = "bernoulli"
    log_sigma_layer: keras.layers.Dense | None = None

    @property
    def variables(self) -> list[Any]:
        """The trainable variables, encoder first, in a fixed order."""
        shared = [] if self.log_sigma_layer is None else self.log_sigma_layer.trainable_variables
        return [
            *self.encoder.trainable_variables,
            *self.decoder.trainable_variables,
            *shared,
        ]

    @property
    def log_sigma(self) -> Any:
        """Log standard deviation of the gaussian likelihood, a scalar; None for the others."""
        if self.log_sigma_layer is None:
            return None
        return LOWEST_LOG_SIGMA + self.log_sigma_layer(keras.ops.full((1, 1), _SIGMA_RATE))[0, 0]

    @property
    def parameters(self) -> int:
        """Number of trainable parameters."""
        return sum(int(variable.numpy().size) for variable in self.variables)


def build_networks(
    settings: Settings, mean_pixel: float = 0.5, shape: ImageShape = GREY_28
) -> Networks:
    """Build freshly initialised networks; equal arguments give equal weights.

    Args:
        settings: widths, kernel, latent dimension, likelihood and seed.
        mean_pixel: mean of the training images, in [0, 1]; the untrained decoder's output.
        shape: of the images.
    """
    # All initialisers draw from this seed, so the order of the layers below is part of the result.
    keras.utils.set_random_seed(settings.seed)
    likelihood = pixel_likelihood(settings, shape)
    encoder = build_encoder(settings, shape)
    decoder = build_decoder(settings, mean_pixel, shape)
    is_cropped = any(layer.name == "cropped" for layer in decoder.layers)
    decoder_logits = keras.Model(
        decoder.input,
        decoder.get_layer("cropped" if is_cropped else "logits").output,
        name="decoder_logits",
    )
    log_sigma = _log_sigma_layer() if likelihood == "gaussian" else None
    vae = build_vae(encoder, decoder, log_sigma)
    return Networks(encoder, decoder, decoder_logits, vae, shape, likelihood, log_sigma)


def build_encoder(settings: Settings, shape: ImageShape = GREY_28) -> keras.Model:
    """Build the encoder: stride-2 convolutions, Dense layers, heads for z_mean and z_log_var.

    A residual network has residual blocks after each convolution.
    """
    images = keras.Input(tuple(shape), name="images")
    activation = hidden_activation(settings, shape)
    x = images
    for index, filters in enumerate(level_filters(settings, shape), start=1):
        x = layers.Conv2D(
            filters,
            settings.kernel_size,
            strides=2,
            padding="same",
            activation=activation,
            name=f"conv_{index}",
        )(x)
        x = _residual_blocks(settings, f"conv_{index}", x, activation)
    x = layers.Flatten(name="flatten")(x)
    for index, units in enumerate(dense_units(settings, shape), start=1):
        x = _hidden_dense(settings, shape, units, f"dense_{index}")(x)
    z_mean = layers.Dense(settings.latent_dim, name="z_mean")(x)
    z_log_var = layers.Dense(settings.latent_dim, name="z_log_var")(x)
    return keras.Model(images, [z_mean, z_log_var], name="encoder")


def build_decoder(
    settings: Settings, mean_pixel: float = 0.5, shape: ImageShape = GREY_28
) -> keras.Model:
    """Build the decoder: Dense, Reshape, stride-2 Conv2DTranspose, cropping, pixel means.

    A residual network has residual blocks before each transposed convolution.
    """
    likelihood = pixel_likelihood(settings, shape)
    activation = hidden_activation(settings, shape)
    z = keras.Input((settings.latent_dim,), name="z")
    x = z
    for index, units in enumerate(reversed(dense_units(settings, shape)), start=1):
        x = _hidden_dense(settings, shape, units, f"dense_{index}")(x)
    filters_per_level = level_filters(settings, shape)
    deepest = next(
        layer.inputs for layer in decoder_layers(settings, shape) if layer.kind == "conv_transpose"
    )
    x = _hidden_dense(settings, shape, math.prod(deepest), "dense_image")(x)
    x = layers.Reshape(deepest, name="reshape")(x)
    x = _residual_blocks(settings, "image", x, activation)
    for index, filters in enumerate(reversed(filters_per_level[:-1]), start=1):
        x = layers.Conv2DTranspose(
            filters,
            settings.kernel_size,
            strides=2,
            padding="same",
            activation=activation,
            name=f"conv_transpose_{index}",
        )(x)
        x = _residual_blocks(settings, f"conv_transpose_{index}", x, activation)
    logits = layers.Conv2DTranspose(
        shape.channels,
        settings.kernel_size,
        strides=2,
        padding="same",
        bias_initializer=keras.initializers.Constant(_first_logit(mean_pixel, likelihood)),
        name="logits",
    )(x)
    crop = cropping(settings, shape)
    if any(map(any, crop)):
        logits = layers.Cropping2D(crop, name="cropped")(logits)
    return keras.Model(z, _means(logits, likelihood), name="decoder")


def _hidden_dense(settings: Settings, shape: ImageShape, units: int, name: str) -> layers.Dense:
    """Build a hidden Dense layer; with SiLU, most kernels begin as twice Glorot's.

    SiLU has a slope of 1/2 at 0: with Glorot's kernels, every layer halves a small signal, and the
    first steps do not see z. Two layers and many dimensions are better off with Glorot's:
    docs/decisions/0061.
    """
    activation = hidden_activation(settings, shape)
    is_deep = len(dense_units(settings, shape)) > _SHALLOW
    is_larger = is_deep or settings.latent_dim <= _FEW_DIMENSIONS
    gain = 2.0 if activation == "silu" and is_larger else 1.0
    start = keras.initializers.VarianceScaling(gain**2, "fan_avg", "uniform")
    return layers.Dense(units, activation, kernel_initializer=start, name=name)


def _residual_blocks(settings: Settings, level: str, x: Any, activation: str) -> Any:
    """Add the residual blocks of a level, as in `vae_engine.inference.architecture`.

    The second convolution of each begins at 0, so the untrained network is the plain one (as in
    Zhang, Dauphin & Ma, "Fixup Initialization", 2019): it needs no normalization.
    """
    for block in range(1, RESIDUAL_BLOCKS + 1 if settings.network == "residual" else 1):
        branch = x
        for part in (1, 2):
            branch = layers.Conv2D(
                x.shape[-1],
                RESIDUAL_KERNEL,
                padding="same",
                activation=activation if part == 1 else None,
                kernel_initializer="glorot_uniform" if part == 1 else "zeros",
                name=f"{level}_block_{block}_{part}",
            )(branch)
        x = layers.Add(name=f"{level}_block_{block}")([x, branch])
    return x


def _first_logit(mean_pixel: float, likelihood: Likelihood) -> float:
    """Invert the likelihood's mean: the logit whose pixel mean is `mean_pixel`."""
    # All-black or all-white images would give an infinite bias.
    mean = min(max(mean_pixel, 0.01), 0.99)
    if likelihood != "continuous_bernoulli":
        return math.log(mean / (1.0 - mean))
    logits = np.linspace(-101.0, 101.0, 20_201)
    return float(np.interp(mean, continuous_bernoulli_mean(logits), logits))


def _means(logits: Any, likelihood: Likelihood) -> Any:
    """Compute the pixel means from logits: a sigmoid, or the continuous Bernoulli's mean.

    The latter is `1/2 + 1/2 coth(l/2) - 1/l` for the logit l, with a series near 0; see
    `vae_engine.inference.pixels.continuous_bernoulli_mean`.
    """
    if likelihood != "continuous_bernoulli":
        return layers.Activation("sigmoid", name="probabilities")(logits)
    ops = keras.ops
    is_small = ops.less(ops.abs(logits), SERIES_LOGIT)
    large = ops.where(is_small, 1.0, logits)
    square = ops.square(logits)
    series = 0.5 + logits * (1 / 12 + square * (square / 30240 - 1 / 720))
    exact = 0.5 + 0.5 / ops.tanh(0.5 * large) - 1.0 / large
    return ops.where(is_small, series, exact)


def _log_sigma_layer() -> keras.layers.Dense:
    """Build a one-weight Dense layer whose output is log sigma minus its lower bound.

    A Keras layer, so that the weight is saved with the others. Its constant input speeds up its
    learning; without it sigma would need a thousand steps to change by a factor of e. The softplus
    keeps log sigma above its bound, as in sigma-VAE (Rybkin, Daniilidis & Levine, "Simple and
    Effective VAE Training with Calibrated Decoders", 2021).
    """
    above = math.log(_FIRST_SIGMA) - LOWEST_LOG_SIGMA
    return layers.Dense(
        1,
        use_bias=False,
        kernel_initializer=keras.initializers.Constant(math.log(math.expm1(above)) / _SIGMA_RATE),
        activation="softplus",
        name="log_sigma_above_lowest",
    )


def build_vae(
    encoder: keras.Model, decoder: keras.Model, log_sigma: keras.layers.Dense | None = None
) -> keras.Model:
    """Join encoder, reparameterization and decoder into one model."""
    # Keras does not allow an input and an output of the same name; the output is `images`.
    inputs = keras.Input(encoder.input_shape[1:], name="inputs")
    z_mean, z_log_var = encoder(inputs)
    # GaussianNoise adds noise in training only; a standard layer keeps the file portable.
    epsilon = layers.GaussianNoise(1.0, name="epsilon")(keras.ops.zeros_like(z_mean))
    z = z_mean + keras.ops.exp(0.5 * z_log_var) * epsilon
    outputs = {"images": decoder(z), "z_mean": z_mean, "z_log_var": z_log_var}
    if log_sigma is not None:
        rate = _SIGMA_RATE * keras.ops.ones_like(z_mean[:, :1])
        outputs[LOG_SIGMA] = LOWEST_LOG_SIGMA + log_sigma(rate)
    named = [layers.Identity(name=name)(output) for name, output in outputs.items()]
    return keras.Model(inputs, named, name="vae")


def weights_sha256(networks: Networks) -> str:
    """Hash the values of the weights, independent of the file that they were loaded from."""
    digest = hashlib.sha256()
    for variable in networks.variables:
        value = variable.numpy()
        digest.update(f"{variable.path} {value.dtype} {value.shape}\n".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()


def load_networks(
    settings: Settings, path: Path, sha256: str, shape: ImageShape = GREY_28
) -> Networks:
    """Build networks for images of `shape` and load their weights from a `.weights.h5` file.

    Raises:
        FileNotFoundError: the file does not exist.
        SessionDamagedError: the digest or the shapes of the weights do not match.
    """
    networks = build_networks(settings, shape=shape)
    load_weights(networks.vae, path, sha256)
    return networks
