"""How many floating point operations the network needs, from its settings alone.

Counted are the multiplications and additions of convolutions and Dense layers, two for each weight
that meets a value. Activations, losses and Adam are a few in a hundred beside them and not
counted, so that what they cost shows as a smaller share of the peak.
"""

from __future__ import annotations

from dataclasses import dataclass

from vae_engine.inference.architecture import dense_units, level_filters
from vae_engine.settings import Settings

_SIDE = 28


@dataclass(frozen=True)
class LayerOperations:
    """One layer's floating point operations for one image.

    Attributes:
        name: as the Keras layer is called, with its model: `encoder/conv_1`.
        forward: operations of the forward pass.
        reaches_images: its input is the image itself, which needs no gradient.
    """

    name: str
    forward: int
    reaches_images: bool = False

    @property
    def training(self) -> int:
        """Of forward and backward pass: a gradient costs what the forward pass does.

        There is one with respect to the weights and, but for the first layer, one with respect
        to the input.
        """
        return (2 if self.reaches_images else 3) * self.forward


def network_operations(settings: Settings) -> list[LayerOperations]:
    """The operations of every layer, encoder first."""
    return [*_encoder(settings), *_decoder(settings)]


def training_operations(settings: Settings) -> int:
    """Operations that one image needs in a training step."""
    return sum(layer.training for layer in network_operations(settings))


def _encoder(settings: Settings) -> list[LayerOperations]:
    layers = []
    side, channels = _SIDE, 1
    for index, filters in enumerate(level_filters(settings), start=1):
        side = -(-side // 2)
        work = side**2 * _kernel(settings, channels, filters)
        layers.append(LayerOperations(f"encoder/conv_{index}", work, reaches_images=index == 1))
        channels = filters
    width = side**2 * channels
    for index, units in enumerate(dense_units(settings), start=1):
        layers.append(LayerOperations(f"encoder/dense_{index}", 2 * width * units))
        width = units
    for head in ("z_mean", "z_log_var"):
        layers.append(LayerOperations(f"encoder/{head}", 2 * width * settings.latent_dim))
    return layers


def _decoder(settings: Settings) -> list[LayerOperations]:
    layers = []
    width = settings.latent_dim
    for index, units in enumerate(reversed(dense_units(settings)), start=1):
        layers.append(LayerOperations(f"decoder/dense_{index}", 2 * width * units))
        width = units
    every = level_filters(settings)
    side, channels = _SIDE // 2 ** len(every), every[-1]
    layers.append(LayerOperations("decoder/dense_image", 2 * width * side**2 * channels))
    outputs = [*reversed(every[:-1]), 1]
    names = [f"conv_transpose_{index}" for index in range(1, len(outputs))] + ["logits"]
    for name, filters in zip(names, outputs, strict=True):
        # Each input value meets the whole kernel once, wherever its products then go.
        work = side**2 * _kernel(settings, channels, filters)
        layers.append(LayerOperations(f"decoder/{name}", work))
        side, channels = 2 * side, filters
    return layers


def _kernel(settings: Settings, channels: int, filters: int) -> int:
    return 2 * settings.kernel_size**2 * channels * filters
