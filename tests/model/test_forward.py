"""The training's forward passes compute what the Keras models compute, with the same gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.model.forward import Forward, upsampling_convolution
from vae_engine.model.network import build_networks
from vae_engine.settings import make_settings

Tensor = Any


def value_and_gradients(function: Callable[[], Tensor], of: list[Any], dy: Tensor) -> list[Any]:
    with tf.GradientTape() as tape:
        tape.watch(of)
        y = function()
        total = tf.reduce_sum(y * dy)
    return [value.numpy() for value in (y, *tape.gradient(total, of))]


def values(model: Any) -> list[Tensor]:
    return [variable.value for variable in model.trainable_variables]


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("size", range(2, 10))
def test_an_upsampling_convolution_is_a_transposed_one(size: int, outputs: int) -> None:
    random = np.random.default_rng(size)

    def draw(*shape: int) -> Tensor:
        return tf.constant(random.normal(size=shape).astype(np.float32))

    x, kernel, bias = draw(2, 7, 5, 6), draw(size, size, outputs, 6), draw(outputs)
    shape = (2, 14, 10, outputs)
    dy = draw(*shape)
    ours = value_and_gradients(
        lambda: upsampling_convolution(x, kernel, bias), [x, kernel, bias], dy
    )
    theirs = value_and_gradients(
        lambda: tf.nn.conv2d_transpose(x, kernel, shape, 2, "SAME") + bias, [x, kernel, bias], dy
    )
    for mine, others in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, others, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("shape", "changes"),
    [
        (GREY_28, {}),
        (GREY_28, {"network": "residual"}),
        (ImageShape(30, 27, 1), {"kernel_size": 3, "activation": "leaky_relu"}),
        (ImageShape(21, 33, 3), {"kernel_size": 5, "filters": (4, 6, 8)}),
        (ImageShape(8, 8, 3), {"kernel_size": 2, "filters": (4,), "network": "residual"}),
    ],
)
def test_the_passes_are_those_of_the_keras_models(
    shape: ImageShape, changes: dict[str, Any]
) -> None:
    settings = make_settings(latent_dim=3, dense_units=(16,), **changes)
    networks = build_networks(settings, shape=shape)
    random = np.random.default_rng(0)
    for variable in networks.variables:  # Otherwise biases and residual blocks are 0.
        variable.assign_add(0.1 * random.normal(size=variable.shape))
    forward = Forward(settings, networks)
    images = tf.constant(random.random((3, *shape)), tf.float32)
    z = tf.constant(random.normal(size=(3, 3)), tf.float32)
    encoder, decoder = networks.encoder, networks.decoder_logits

    def encoded(encode: Callable[[Tensor], Any]) -> list[Any]:
        return value_and_gradients(lambda: tf.concat(encode(images), axis=1), values(encoder), 1.0)

    def decoded(decode: Callable[[Tensor], Any]) -> list[Any]:
        return value_and_gradients(lambda: decode(z), values(decoder), images)

    for ours, theirs in (
        (encoded(forward.encode), encoded(encoder)),
        (decoded(forward.decode), decoded(decoder)),
    ):
        for mine, others in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine, others, rtol=1e-3, atol=1e-4)
