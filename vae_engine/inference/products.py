"""Matrix products of a size that OpenBLAS does best; float32."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Product = tuple[Floats, Floats, Floats]
"""Two stacks of matrices, and where their products go."""

_SMALL_PRODUCT = 10**6
"""Multiplications of a product up to which OpenBLAS takes its matrices as they are, on AVX-512.

It copies the matrices of larger ones first.
"""
_FEWEST_ROWS = 16


def split_product(weights: Floats, x: Floats, y: Floats) -> list[Product]:
    """Split `weights @ x`, with the result in y, into small products, if possible.

    Args:
        weights: (rows, depth).
        x: (..., depth, n).
        y: (..., rows, n).
    """
    rows, depth = weights.shape
    n = x.shape[-1]
    size = _SMALL_PRODUCT // (depth * n) // 8 * 8
    if rows <= size or size < _FEWEST_ROWS:
        return [(weights, x, y)]
    whole = rows - rows % size
    batch = y.shape[:-2]
    parts = y[..., :whole, :].reshape(*batch, -1, size, n, copy=False)
    matrices = weights[:whole].reshape(-1, *(1 for _ in batch), size, depth)
    products = [(matrices, x, np.moveaxis(parts, -3, 0))]
    if whole < rows:
        products.append((weights[whole:], x, y[..., whole:, :]))
    return products


def split_single(weights: Floats, x: Floats, y: Floats, apart: int) -> list[Product]:
    """Like `split_product`, for one image: windows are the rows of a matrix.

    Otherwise, each of them would read all weights.

    Args:
        weights: (rows, depth).
        x: (..., windows, depth, 1).
        y: (..., windows, rows, 1).
        apart: from one window to the next that shares no input, as BLAS wants rows.
    """
    x, y = x[..., 0], y[..., 0]
    parts = [np.s_[..., first::apart, :] for first in range(min(apart, x.shape[-2]))]
    return [(x[part], weights.T, y[part]) for part in parts]


def multiply(products: list[Product]) -> None:
    """Do matrix products."""
    for left, right, result in products:
        np.matmul(left, right, out=result)
