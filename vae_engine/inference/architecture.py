"""Layers of a session's networks: names, kernels and shapes, without TensorFlow.

`vae_engine.model.network` builds the same layers in Keras. Here they are what the arrays of an
export are held against before any of them is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from vae_engine.errors import SettingError
from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.likelihoods import pixel_likelihood
from vae_engine.settings import AUTO, Settings, usual_dense_units

Shape = tuple[int, ...]
LayerKind = Literal["dense", "conv", "conv_transpose"]

Z_MEAN, Z_LOG_VAR, LOGITS, LOG_SIGMA = "z_mean", "z_log_var", "logits", "log_sigma"

# Auto stops halving when the deepest level has about this many pixels per side.
_DEEPEST_SIDE = 8
# Filters of the first level, and a limit of the work per level: filters squared times pixels.
_GREY_FILTERS, _COLOUR_FILTERS, _MOST_WORK = 16, 32, 32**2 * 64**2
_FEWEST_FILTERS, _MOST_FILTERS = 8, 256
_UNITS = 256
RESIDUAL_BLOCKS, RESIDUAL_KERNEL = 2, 3
"""Residual blocks per level, and the kernel size of their convolutions."""

_MOST_WEIGHTS = 2**28
"""Maximum number of weights of encoder and decoder: 1 GiB, four times that in training."""


@dataclass(frozen=True)
class Layer:
    """One layer with weights.

    Attributes:
        name: of the Keras layer, and of its arrays in an export.
        kind: a Dense layer, or a convolution with "same" padding, maybe transposed.
        inputs: shape of what it takes, without the batch.
        outputs: shape of what it gives, without the batch.
        kernel: shape of its kernel, in the order of Keras.
        activation: as in the settings, or `linear`.
        stride: of a convolution; a transposed one has 2.
        ends_block: whether it is the second convolution of a residual block: the input of the layer
            before it is added to its output.
    """

    name: str
    kind: LayerKind
    inputs: Shape
    outputs: Shape
    kernel: Shape
    activation: str
    stride: int = 2
    ends_block: bool = False

    @property
    def bias(self) -> Shape:
        """Shape of the bias."""
        return self.outputs[-1:]

    @property
    def arrays(self) -> dict[str, Shape]:
        """Shapes of the arrays by their names in an export."""
        return {f"{self.name}.kernel": self.kernel, f"{self.name}.bias": self.bias}


def auto_filters(shape: ImageShape) -> tuple[int, ...]:
    """Choose the filters of each level for images of this shape: 16, 32 for 28x28 grey.

    Levels halve the sides until 8 are left, by their geometric mean. Each level has twice the
    filters of the one before, so all of them take about as long; of large images the first has
    fewer, so that a step takes no longer than one of 64x64 colour images with 32, 64, 128.
    """
    side = math.sqrt(shape.height * shape.width)
    levels = max(1, math.ceil(math.log2(side / _DEEPEST_SIDE)))
    first = _GREY_FILTERS if shape.channels == 1 else _COLOUR_FILTERS
    while first > _FEWEST_FILTERS and first**2 * shape.height * shape.width > _MOST_WORK:
        first //= 2
    return tuple(min(first * 2**level, _MOST_FILTERS) for level in range(levels))


def level_filters(settings: Settings, shape: ImageShape = GREY_28) -> tuple[int, ...]:
    """Return the filters of each level, with `auto` resolved."""
    return settings.filters or auto_filters(shape)


def auto_dense_units(latent_dim: int, shape: ImageShape = GREY_28) -> tuple[int, ...]:
    """Choose the units of each Dense layer: one for colour, two for other images than 28x28."""
    if shape == GREY_28:
        return usual_dense_units(latent_dim)
    return (_UNITS,) if shape.channels > 1 else (_UNITS, _UNITS)


def dense_units(settings: Settings, shape: ImageShape = GREY_28) -> tuple[int, ...]:
    """Return the units of each Dense layer of the encoder, with `auto` resolved."""
    return settings.dense_units or auto_dense_units(settings.latent_dim, shape)


def hidden_activation(settings: Settings, shape: ImageShape = GREY_28) -> str:
    """Return the activation of the hidden layers, with `auto` resolved."""
    if settings.activation != AUTO:
        return settings.activation
    return "silu" if shape == GREY_28 else "relu"


def check_network_size(settings: Settings, shape: ImageShape) -> None:
    """Check that the networks are small enough to train.

    Raises:
        SettingError: they have more than 268 million weights.
    """
    layers = [*encoder_layers(settings, shape), *decoder_layers(settings, shape)]
    weights = count_bytes(layers) // 4
    if weights > _MOST_WEIGHTS:
        filters = ",".join(map(str, level_filters(settings, shape)))
        raise SettingError(
            f"the network would have {weights / 1e6:,.0f} million weights for images of "
            f"{shape.text} with filters {filters}, at most {_MOST_WEIGHTS / 1e6:,.0f} million are "
            "possible: choose more levels of filters, or fewer dense_units"
        )


def encoder_layers(settings: Settings, shape: ImageShape = GREY_28) -> list[Layer]:
    """List the encoder's layers; the last two are the heads, z_mean and z_log_var.

    Sides that are odd are padded by the convolutions' "same" padding.

    Args:
        settings: of the session.
        shape: of its images.
    """
    layers: list[Layer] = []
    height, width, channels = shape
    kernel = (settings.kernel_size, settings.kernel_size)
    activation = hidden_activation(settings, shape)
    for index, filters in enumerate(level_filters(settings, shape), start=1):
        before = (height, width, channels)
        height, width = -(-height // 2), -(-width // 2)
        layers.append(
            Layer(
                f"conv_{index}",
                "conv",
                before,
                (height, width, filters),
                (*kernel, channels, filters),
                activation,
            )
        )
        channels = filters
        layers += _residual_blocks(settings, layers[-1].name, layers[-1].outputs, activation)
    units = height * width * channels
    for index, wanted in enumerate(dense_units(settings, shape), start=1):
        layers.append(_dense(f"dense_{index}", units, wanted, activation))
        units = wanted
    return [*layers, *(_dense(name, units, settings.latent_dim) for name in (Z_MEAN, Z_LOG_VAR))]


def decoder_layers(settings: Settings, shape: ImageShape = GREY_28) -> list[Layer]:
    """List the decoder's layers; the last one gives the logits of the pixels.

    Their image may be larger than `shape`: see `cropping`.

    Args:
        settings: of the session.
        shape: of its images.
    """
    layers: list[Layer] = []
    activation = hidden_activation(settings, shape)
    units = settings.latent_dim
    for index, wanted in enumerate(reversed(dense_units(settings, shape)), start=1):
        layers.append(_dense(f"dense_{index}", units, wanted, activation))
        units = wanted
    every = level_filters(settings, shape)
    scale = 2 ** len(every)
    height, width, channels = -(-shape.height // scale), -(-shape.width // scale), every[-1]
    layers.append(_dense("dense_image", units, height * width * channels, activation))
    layers += _residual_blocks(settings, "image", (height, width, channels), activation)
    mirrored = [*reversed(every[:-1]), shape.channels]
    for index, filters in enumerate(mirrored, start=1):
        is_last = index == len(mirrored)
        layers.append(
            Layer(
                LOGITS if is_last else f"conv_transpose_{index}",
                "conv_transpose",
                (height, width, channels),
                (2 * height, 2 * width, filters),
                (settings.kernel_size, settings.kernel_size, filters, channels),
                "linear" if is_last else activation,
            )
        )
        height, width, channels = 2 * height, 2 * width, filters
        if not is_last:
            layers += _residual_blocks(settings, layers[-1].name, layers[-1].outputs, activation)
    return layers


def cropping(settings: Settings, shape: ImageShape) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the rows (top, bottom) and columns (left, right) to crop from the last layer's output.

    All are 0 if the sides are multiples of 2 to the power of the number of levels.
    """
    scale = 2 ** len(level_filters(settings, shape))
    rows, columns = (-side % scale for side in (shape.height, shape.width))
    return (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2)


def likelihood_arrays(settings: Settings, shape: ImageShape) -> dict[str, Shape]:
    """Return the shapes of an exported decoder's further arrays, by name."""
    return {LOG_SIGMA: (1,)} if pixel_likelihood(settings, shape) == "gaussian" else {}


def count_multiplications(layer: Layer) -> int:
    """Count the multiplications of a layer per image."""
    # A strided kernel is applied at each position of its smaller side.
    places = layer.inputs if layer.kind == "conv_transpose" else layer.outputs
    return math.prod(layer.kernel) * math.prod(places[:-1])


def count_bytes(layers: list[Layer]) -> int:
    """Return the size of these layers' arrays in bytes, as float32."""
    return 4 * sum(math.prod(shape) for layer in layers for shape in layer.arrays.values())


def _residual_blocks(settings: Settings, level: str, image: Shape, activation: str) -> list[Layer]:
    """List the convolutions of a level's residual blocks; none of a plain network.

    A block adds `conv(activation(conv(x)))` to its input x, with stride 1 and as many filters as x
    has channels (He et al., "Deep Residual Learning for Image Recognition", 2016).
    """
    if settings.network == "plain":
        return []
    kernel = (RESIDUAL_KERNEL, RESIDUAL_KERNEL, image[-1], image[-1])
    return [
        Layer(
            f"{level}_block_{block}_{part}",
            "conv",
            image,
            image,
            kernel,
            activation if part == 1 else "linear",
            stride=1,
            ends_block=part == 2,
        )
        for block in range(1, RESIDUAL_BLOCKS + 1)
        for part in (1, 2)
    ]


def _dense(name: str, inputs: int, units: int, activation: str = "linear") -> Layer:
    return Layer(name, "dense", (inputs,), (units,), (inputs, units), activation)
