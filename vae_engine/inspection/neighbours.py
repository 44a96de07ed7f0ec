"""Find the training images nearest to samples: a model may have memorised them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vae_engine.datasets import to_float
from vae_engine.datasets.arrays import Images
from vae_engine.datasets.parallel_files import Report
from vae_engine.inference.blas import one_thread
from vae_engine.inference.exported import ExportedModel

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

_VALUES_AT_ONCE = 2**18


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest images of a split to each of n queries, the nearest first.

    Attributes:
        indices: (n, k) of the images in the split.
        distances: (n, k), in pixels the root of the mean squared difference of values in [0, 1], in
            latent space the Euclidean distance of z and z_mean.
    """

    indices: Indices
    distances: Floats


def nearest_images(
    model: ExportedModel,
    images: Images,
    z: Floats,
    count: int,
    report: Report = lambda *_: None,
) -> tuple[Neighbours, Neighbours]:
    """Find the images of a split nearest to decoded z, by pixels and by z.

    Args:
        model: of the session.
        images: (m, h, w) or (m, h, w, 3), uint8 or float32 in [0, 1]; m at least 1.
        z: (n, latent_dim) of the queries.
        count: how many to find per query; at most m are found.
        report: called with the progress.

    Returns:
        The nearest by pixels, and the nearest by z.

    Raises:
        SessionDamagedError: the model's output is not finite.
    """
    by_pixels = nearest_by_pixels(model.decoder.decode(z), images, count)
    by_z = _Nearest(len(z), count)
    step = max(1, _VALUES_AT_ONCE // model.shape.values)
    for start in range(0, len(images), step):
        report("comparing with training images", start, len(images))
        z_mean, _ = model.encoder.encode(to_float(images[start : start + step]))
        with one_thread():
            by_z.offer(start, _squared(z, z_mean))
    report("comparing with training images", len(images), len(images))
    return by_pixels, by_z.found()


def nearest_by_pixels(queries: Floats, images: Images, count: int) -> Neighbours:
    """Find the images of a split nearest to images, which takes a thirtieth of the time of z.

    Args:
        queries: (n, h, w) or (n, h, w, 3) in [0, 1].
        images: (m, h, w) or (m, h, w, 3), uint8 or float32 in [0, 1]; m at least 1.
        count: how many to find per query; at most m are found.
    """
    # Bytes stay as they are: to scale the queries is less work.
    white = np.float32(255 if images.dtype == np.uint8 else 1)
    flat = queries.reshape(len(queries), -1) * white
    nearest = _Nearest(len(flat), count)
    step = max(1, _VALUES_AT_ONCE // flat.shape[1])
    with one_thread():
        for start in range(0, len(images), step):
            pixels = images[start : start + step].astype(np.float32)
            nearest.offer(start, _squared(flat, pixels.reshape(len(pixels), -1)))
    scale = white * np.float32(np.sqrt(flat.shape[1]))
    found = nearest.found()
    return Neighbours(found.indices, found.distances / scale)


class _Nearest:
    """Keeps the smallest squared distances."""

    def __init__(self, queries: int, count: int) -> None:
        self._count = count
        self._indices = np.zeros((queries, 0), np.intp)
        self._squares = np.zeros((queries, 0), np.float32)

    def offer(self, start: int, squares: Floats) -> None:
        """Take (n, b) squared distances to the images from `start` on."""
        indices = np.broadcast_to(start + np.arange(squares.shape[1]), squares.shape)
        squares = np.concatenate([self._squares, squares], axis=1)
        indices = np.concatenate([self._indices, indices], axis=1)
        order = np.argsort(squares, axis=1, kind="stable")[:, : self._count]
        self._squares = np.take_along_axis(squares, order, axis=1)
        self._indices = np.take_along_axis(indices, order, axis=1)

    def found(self) -> Neighbours:
        """What was kept."""
        return Neighbours(self._indices, np.sqrt(np.maximum(self._squares, 0.0)))


def _squared(left: Floats, right: Floats) -> Floats:
    """Squared Euclidean distances of (n, d) and (b, d): (n, b)."""
    products = left @ right.T
    left_sums, right_sums = (np.einsum("ij,ij->i", one, one) for one in (left, right))
    sums = left_sums[:, None] + right_sums[None, :]
    squares: Floats = sums - 2 * products
    return squares
