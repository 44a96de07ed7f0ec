"""What the process that compares models replies: the messages of several models."""

from __future__ import annotations

from typing import Literal

import msgspec

from vae_engine.inspection.packed_array import Array


class ModelFacts(msgspec.Struct, frozen=True):
    """One of the compared models: its session, the epoch of its weights, dimensions of z."""

    session: str
    epoch: int
    latent_dim: int


class ModelsOpened(msgspec.Struct, frozen=True, tag=True):
    """The compared models are loaded.

    Attributes:
        epoch: that was asked for, 0 for the current weights; later replies carry it.
        models: in the order of the sessions.
        kept: epochs of which some session keeps weights, in order.
        measure: by which they are compared.
        shape: height, width and channels of the images.
    """

    epoch: int
    models: tuple[ModelFacts, ...]
    kept: tuple[int, ...]
    measure: Literal["negative_elbo", "squared_error"]
    shape: tuple[int, int, int]


class Figures(msgspec.Struct, frozen=True):
    """Figures of n images with m models: each (m, n) float32, losses in nats."""

    reconstruction_loss: Array
    kl_loss: Array
    squared_error: Array


class ImagesCompared(msgspec.Struct, frozen=True, tag=True):
    """Images of a split and what each model makes of them.

    Attributes:
        epoch: as in `ModelsOpened`.
        split: which.
        indices: which images of it, n.
        originals: uint8 (n, h, w) or (n, h, w, 3).
        reconstructions: (m, n, ...), of m models.
        figures: of these images.
    """

    epoch: int
    split: str
    indices: tuple[int, ...]
    originals: Array
    reconstructions: Array
    figures: Figures


class SplitCompared(msgspec.Struct, frozen=True, tag=True):
    """The figures of all images of a split, at the `epoch` of `ModelsOpened`."""

    epoch: int
    split: str
    figures: Figures


class SamplesCompared(msgspec.Struct, frozen=True, tag=True):
    """What m models decode from the same n z.

    Attributes:
        epoch: as in `ModelsOpened`.
        seed: of the draw.
        z: (n, latent_dim) float32.
        images: (m, n, ...) uint8.
        differences: (m, n) float32, mean squared difference to the first model's image.
    """

    epoch: int
    seed: int
    z: Array
    images: Array
    differences: Array
