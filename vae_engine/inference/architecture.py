"""The layers that a session's settings describe: names, kernels and shapes, without TensorFlow.

`vae_engine.model.network` builds the same layers in Keras. Here they are what the arrays of an
export are held against before any of them is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from vae_engine.settings import Settings

Shape = tuple[int, ...]
LayerKind = Literal["dense", "conv", "conv_transpose"]

IMAGE_SHAPE = (28, 28, 1)
Z_MEAN, Z_LOG_VAR, LOGITS = "z_mean", "z_log_var", "logits"


@dataclass(frozen=True)
class Layer:
    """One layer with weights.

    Attributes:
        name: of the Keras layer, and of its arrays in an export.
        kind: a Dense layer, or a convolution of stride 2 with "same" padding, maybe transposed.
        inputs: shape of what it takes, without the batch.
        outputs: shape of what it gives, without the batch.
        kernel: shape of its kernel, in the order of Keras.
        activation: as in the settings, or `linear`.
    """

    name: str
    kind: LayerKind
    inputs: Shape
    outputs: Shape
    kernel: Shape
    activation: str

    @property
    def bias(self) -> Shape:
        """Shape of its bias."""
        return self.outputs[-1:]

    @property
    def arrays(self) -> dict[str, Shape]:
        """Shapes of its arrays by their names in an export."""
        return {f"{self.name}.kernel": self.kernel, f"{self.name}.bias": self.bias}


def encoder_layers(settings: Settings, image: Shape = IMAGE_SHAPE) -> list[Layer]:
    """The encoder's layers in their order; the last two are the heads, z_mean and z_log_var.

    Args:
        settings: of the session.
        image: (height, width, channels).
    """
    layers: list[Layer] = []
    height, width, channels = image
    kernel = (settings.kernel_size, settings.kernel_size)
    for index, filters in enumerate(settings.filters, start=1):
        before = (height, width, channels)
        height, width = -(-height // 2), -(-width // 2)
        layers.append(
            Layer(
                f"conv_{index}",
                "conv",
                before,
                (height, width, filters),
                (*kernel, channels, filters),
                settings.activation,
            )
        )
        channels = filters
    units = height * width * channels
    for index, wanted in enumerate(settings.dense_units, start=1):
        layers.append(_dense(f"dense_{index}", units, wanted, settings.activation))
        units = wanted
    return [*layers, *(_dense(name, units, settings.latent_dim) for name in (Z_MEAN, Z_LOG_VAR))]


def decoder_layers(settings: Settings, image: Shape = IMAGE_SHAPE) -> list[Layer]:
    """The decoder's layers in their order; the last gives the logits of the pixels.

    Args:
        settings: of the session.
        image: (height, width, channels), the sides multiples of 2 to the number of convolutions.
    """
    layers: list[Layer] = []
    units = settings.latent_dim
    for index, wanted in enumerate(reversed(settings.dense_units), start=1):
        layers.append(_dense(f"dense_{index}", units, wanted, settings.activation))
        units = wanted
    scale = 2 ** len(settings.filters)
    height, width, channels = image[0] // scale, image[1] // scale, settings.filters[-1]
    layers.append(_dense("dense_image", units, height * width * channels, settings.activation))
    mirrored = [*reversed(settings.filters[:-1]), image[2]]
    for index, filters in enumerate(mirrored, start=1):
        is_last = index == len(mirrored)
        layers.append(
            Layer(
                LOGITS if is_last else f"conv_transpose_{index}",
                "conv_transpose",
                (height, width, channels),
                (2 * height, 2 * width, filters),
                (settings.kernel_size, settings.kernel_size, filters, channels),
                "linear" if is_last else settings.activation,
            )
        )
        height, width, channels = 2 * height, 2 * width, filters
    return layers


def count_bytes(layers: list[Layer]) -> int:
    """The size of all arrays of these layers, as float32."""
    return 4 * sum(math.prod(shape) for layer in layers for shape in layer.arrays.values())


def _dense(name: str, inputs: int, units: int, activation: str = "linear") -> Layer:
    return Layer(name, "dense", (inputs,), (units,), (inputs, units), activation)
