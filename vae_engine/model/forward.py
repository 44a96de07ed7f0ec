"""Forward passes for training and evaluation: the Keras layers, with faster convolutions.

They compute what `Networks.encoder` and `Networks.decoder_logits` compute, from the same variables,
up to rounding. On CPUs, two things cost Keras's layers more than their arithmetic: the transposed
convolution to one or three channels, and the gradient of a strided convolution's bias, which
TensorFlow fuses into a slower kernel. Measurements: docs/decisions/0057-parts-of-a-batch.md.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from vae_engine.inference.architecture import (
    LOGITS,
    Layer,
    decoder_layers,
    encoder_layers,
)
from vae_engine.model.network import Networks
from vae_engine.settings import Settings

Tensor = Any

_DECODER = "decoder"
_FEW_CHANNELS = 4
"""Up to as many output channels, transposed convolutions are faster as ordinary ones."""


class Forward:
    """The forward passes of a session's networks, layer by layer; differentiable."""

    def __init__(self, settings: Settings, networks: Networks) -> None:
        self._networks = networks
        self._encoder = [
            (layer, networks.encoder.get_layer(layer.name))
            for layer in encoder_layers(settings, networks.shape)
        ]
        self._decoder = [
            (layer, networks.decoder_logits.get_layer(layer.name))
            for layer in decoder_layers(settings, networks.shape)
        ]

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Encode images (n, h, w, c) in [0, 1] to (z_mean, z_log_var), each (n, latent_dim)."""
        *trunk, z_mean, z_log_var = self._encoder
        with tf.name_scope("encoder"):
            x = _run(trunk, images)
            return _run([z_mean], x), _run([z_log_var], x)

    def decode(self, z: Tensor) -> Tensor:
        """Decode z (n, latent_dim) to logits (n, h, w, c)."""
        with tf.name_scope(_DECODER):
            logits = _run(self._decoder, z)
        height, width, _ = self._networks.shape
        if logits.shape[1:3] != (height, width):
            logits = self._networks.decoder_logits.get_layer("cropped")(logits)
        return logits


def _run(layers: list[tuple[Layer, Any]], x: Tensor) -> Tensor:
    before = x
    for layer, keras_layer in layers:
        if x.shape[1:] != layer.inputs:
            x = tf.reshape(x, (-1, *layer.inputs))
        with tf.name_scope(layer.name):  # For whoever reads a trace of TensorFlow's profiler.
            y = _apply(layer, keras_layer, x)
        if layer.ends_block:
            y = before + y
        before, x = x, y
    return x


def _apply(layer: Layer, keras_layer: Any, x: Tensor) -> Tensor:
    if layer.kind == "conv" and layer.stride == 2:
        y = tf.nn.conv2d(x, keras_layer.kernel.value, strides=2, padding="SAME")
        return keras_layer.activation(_add_bias(y, keras_layer.bias.value))
    if layer.name == LOGITS and layer.outputs[-1] <= _FEW_CHANNELS:
        return upsampling_convolution(x, keras_layer.kernel.value, keras_layer.bias.value)
    return keras_layer(x)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _add_bias(x: Tensor, bias: Tensor) -> Any:
    """Add a bias (c,) to (n, h, w, c), with a gradient that no kernel of the filters absorbs."""
    return tf.nn.bias_add(x, bias), lambda dy: (dy, tf.reduce_sum(dy, [0, 1, 2]))


@tf.custom_gradient  # type: ignore[untyped-decorator]
def upsampling_convolution(x: Tensor, kernel: Tensor, bias: Tensor) -> Any:
    """Compute a transposed convolution with stride 2 and "same" padding by an ordinary one.

    Each output pixel meets half of the kernel's rows and columns: the odd or the even ones. So the
    four pixels of a 2x2 square are four channels of an ordinary convolution with a kernel of half
    the size (sub-pixel convolution: Shi et al., "Is the deconvolution layer the same as a
    convolutional layer?", 2016).

    Args:
        x: (n, h, w, c), h and w known.
        kernel: (k, k, outputs, c), as Keras's Conv2DTranspose has it.
        bias: (outputs,).

    Returns:
        (n, 2h, 2w, outputs).
    """
    size, _, outputs, channels = kernel.shape
    height, width = x.shape[1:3]
    half = -(-size // 2)
    # What "same" cuts off before the first row, of which whole squares are not computed at all.
    squares, rest = divmod(max(size - 2, 0) // 2, 2)
    padding = (half - 1 - squares, squares + rest)

    even = tf.pad(kernel, [[0, size % 2], [0, size % 2], [0, 0], [0, 0]])
    taps = tf.reverse(tf.reshape(even, (half, 2, half, 2, outputs, channels)), [0, 2])
    taps = tf.reshape(tf.transpose(taps, (0, 2, 5, 1, 3, 4)), (half, half, channels, 4 * outputs))
    padded = tf.pad(x, [[0, 0], padding, padding, [0, 0]])
    squares_of_pixels = tf.nn.bias_add(
        tf.nn.conv2d(padded, taps, strides=1, padding="VALID"), tf.tile(bias, [4])
    )
    y = tf.nn.depth_to_space(squares_of_pixels, 2)
    y = y[:, rest : rest + 2 * height, rest : rest + 2 * width]

    def gradient(dy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        # Those of the transposed convolution itself are fast.
        with tf.name_scope(f"{_DECODER}/{LOGITS}"):
            return (
                tf.nn.conv2d(dy, kernel, strides=2, padding="SAME"),
                tf.raw_ops.Conv2DBackpropFilter(
                    input=dy,
                    filter_sizes=kernel.shape,
                    out_backprop=x,
                    strides=[1, 2, 2, 1],
                    padding="SAME",
                ),
                tf.reduce_sum(dy, [0, 1, 2]),
            )

    return y, gradient
