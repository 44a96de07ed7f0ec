"""Resampling of images by area average."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def area_resize(images: NDArray[np.generic], height: int, width: int) -> NDArray[np.float64]:
    """Resize images ``(..., H, W)`` to ``(..., height, width)``.

    Each new pixel is the average of the area that it covers, pixels being squares of one colour;
    so enlarging by a whole factor repeats the pixels, without loss.
    """
    resized = images.astype(np.float64)
    if images.shape[-2] != height:
        resized = _weights(images.shape[-2], height) @ resized
    if images.shape[-1] != width:
        resized = resized @ _weights(images.shape[-1], width).T
    return resized


@lru_cache(maxsize=64)
def _weights(size: int, target: int) -> NDArray[np.float64]:
    """Return the share of each old pixel in each new one, ``(target, size)``, rows summing to 1."""
    # In units of 1 / (size * target) all edges are whole numbers: whole overlaps weigh exactly 1.
    old = np.arange(size) * target
    new = np.arange(target)[:, np.newaxis] * size
    overlap = np.minimum(old + target, new + size) - np.maximum(old, new)
    weights: NDArray[np.float64] = np.maximum(overlap, 0) / size
    return weights
