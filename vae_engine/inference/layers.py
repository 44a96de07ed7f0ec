"""Layers in NumPy, as matrix products; float32, with the images in the last axis.

Images are (rows, columns, channels, n), vectors (units, n). A product is then weights times a
matrix with one column per image: it is as wide as many images, the windows of a convolution are
views of one buffer, and every elementwise operation runs over contiguous memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from vae_engine.inference.activations import Activation, activation
from vae_engine.inference.architecture import Layer
from vae_engine.inference.windows import Run, Side

Floats = NDArray[np.float32]
Function = Callable[[Floats], Floats]
"""From (*inputs, n) to (*outputs, n): a buffer of the function's own, until its next call."""
Buffers = dict[tuple[Side, int, int], Floats]
"""Windows of convolutions, by their rows, columns and depth: layers of one shape share them."""
Prepare = Callable[[int, Buffers], Function]
"""Makes the function for n images, with all buffers and views."""
Product = tuple[Floats, Floats, Floats]
"""Two stacks of matrices, and where their products go."""

_SMALL_PRODUCT = 10**6
"""Multiplications of a product up to which OpenBLAS takes its matrices as they are, on AVX-512.

It copies the matrices of larger ones first.
"""
_FEWEST_ROWS = 16
_FEWEST_TO_SKIP, _MOST_IN_USE = 16, 0.75
"""Images and share of inputs for which selecting weights is cheaper than to multiply zeros."""


def make_layer(layer: Layer, kernel: Floats, bias: Floats) -> Prepare:
    """Make what prepares the function of a layer.

    Args:
        layer: with the shapes that the arrays have.
        kernel: in the order of Keras.
        bias: one for each output channel.
    """
    activate = activation(layer.activation)
    if layer.kind == "dense":
        return _dense(kernel, bias, activate)
    rows, columns = _sides(layer)
    if layer.kind == "conv":
        weights = kernel.transpose(3, 1, 0, 2)[np.newaxis, np.newaxis]
    else:
        weights = _by_parity(kernel, rows.taps)
    return _conv(rows, columns, weights, bias, activate)


def make_block(layer: Layer, first: Prepare, second: Prepare) -> Prepare:
    """Make a residual block: its input plus what its two convolutions give."""

    def prepare(n: int, buffers: Buffers) -> Function:
        one, two = first(n, buffers), second(n, buffers)

        def run(x: Floats) -> Floats:
            y = two(one(x))
            y += x.reshape(*layer.outputs, n)
            return y

        return run

    return prepare


def count_floats(layer: Layer) -> int:
    """Count the floats of a layer's buffers per image."""
    outputs = math.prod(layer.outputs)
    if layer.kind == "dense":
        return layer.inputs[0] + 1 + outputs
    rows, columns = _sides(layer)
    return rows.windows * columns.inputs * (rows.taps * layer.inputs[2] + 1) + outputs


def _sides(layer: Layer) -> tuple[Side, Side]:
    """Return the windows of a convolution's rows and columns."""
    size = layer.kernel[0]
    sides = zip(layer.inputs[:2], layer.outputs[:2], strict=True)
    rows, columns = (
        Side.of_conv(inputs, outputs, size, layer.stride)
        if layer.kind == "conv"
        else Side.of_conv_transpose(inputs, size)
        for inputs, outputs in sides
    )
    return rows, columns


def _by_parity(kernel: Floats, taps: int) -> Floats:
    """Sort a transposed kernel by what it gives to the outputs of a window.

    Returns:
        (2, 2, filters, taps, taps, channels): row and column of the output, then as `_conv` takes
        them. The taps are in the order of the inputs, from which kernel rows count backwards.
    """
    size, _, filters, channels = kernel.shape
    whole = np.zeros((2 * taps, 2 * taps, filters, channels), np.float32)
    whole[:size, :size] = kernel
    parts = whole.reshape(taps, 2, taps, 2, filters, channels)[::-1, :, ::-1]
    return parts.transpose(1, 3, 4, 2, 0, 5)


def _dense(kernel: Floats, bias: Floats, activate: Activation) -> Prepare:
    weights = np.concatenate([kernel, bias[np.newaxis]])
    inputs, units = kernel.shape

    def prepare(n: int, _: Buffers) -> Function:
        # A last row of ones takes the bias.
        with_ones = np.ones((inputs + 1, n), np.float32)
        given, y = with_ones[:-1], np.empty((units, n), np.float32)
        products = _products(weights.T, with_ones, y)

        def run(x: Floats) -> Floats:
            given[:] = x.reshape(inputs, n)
            rows = _rows_in_use(with_ones) if n >= _FEWEST_TO_SKIP else None
            if rows is None:
                multiply(products)
            else:
                multiply(_products(weights[rows].T, with_ones[rows], y))
            return activate(y)

        return run

    return prepare


def _rows_in_use(x: Floats) -> NDArray[np.intp] | None:
    """Return the rows that have values other than 0, or None if these are most.

    After a ReLU, most units are 0 for all z from the posterior of one image.
    """
    rows = np.flatnonzero(x.any(axis=1))
    return rows if len(rows) <= _MOST_IN_USE * len(x) else None


def _conv(
    rows: Side, columns: Side, weights: Floats, bias: Floats, activate: Activation
) -> Prepare:
    """Multiply weights and windows.

    The rows of each window lie side by side in a buffer (windows, columns, taps * channels + 1, n),
    whose last channel is one and takes the bias. In it, the inputs of neighbouring columns follow
    each other, so each window is a matrix already: no window is copied, and none has columns
    outside the image.

    Args:
        rows: windows of the rows.
        columns: windows of the columns.
        weights: (up, up, filters, column taps, row taps, channels), for each row and column of a
            window's outputs.
        bias: (filters,).
        activate: in place.
    """
    up, _, filters, _, taps, channels = weights.shape
    depth = taps * channels + 1
    with_bias = np.zeros((*weights.shape[:4], depth), np.float32)
    with_bias[..., :-1] = weights.reshape(*weights.shape[:4], -1)
    runs = [(run, _weights_of(with_bias, run, bias)) for run in columns.runs()]

    def prepare(n: int, buffers: Buffers) -> Function:
        key = rows, columns.inputs, depth
        if key not in buffers:
            buffers[key] = np.zeros((rows.windows, columns.inputs, depth, n), np.float32)
            buffers[key][:, :, -1] = 1.0
        buffer = buffers[key]
        y = np.empty((rows.outputs, columns.outputs, filters, n), np.float32)
        copies = []
        for tap in range(taps):
            windows, inputs = rows.windows_with(tap)
            channel = tap * channels
            copies.append((buffer[slice(*windows), :, channel : channel + channels], inputs))
        products: list[Product] = []
        for parity in range(up):
            giving = rows.windows_giving(parity)
            first = rows.output_of(giving.start) + parity
            for run, matrices in runs:
                views = _windows(buffer[slice(*giving)], columns, run)
                outputs = _outputs(y[first::up], columns, run)
                if n == 1:
                    apart = -(-len(run.taps) // columns.stride)
                    products += _single_products(matrices[parity], views, outputs, apart)
                else:
                    products += _products(matrices[parity], views, outputs)

        def apply(x: Floats) -> Floats:
            x = x.reshape(rows.inputs, columns.inputs, channels, n)
            for part, inputs in copies:
                part[:] = x[inputs]
            multiply(products)
            return activate(y)

        return apply

    return prepare


def _weights_of(weights: Floats, run: Run, bias: Floats) -> list[Floats]:
    """Return the matrices (outputs * filters, taps * depth) of a run, per row of its outputs."""
    part = weights[:, slice(*run.outputs), :, slice(*run.taps)].copy()
    part[..., 0, -1] = bias
    return [matrix.reshape(len(run.outputs) * len(bias), -1) for matrix in part]


def _windows(buffer: Floats, columns: Side, run: Run) -> Floats:
    """View the windows of a run in the buffer of `_conv`: (rows, windows, taps * depth, n)."""
    row, column, channel, single = buffer.strides
    _, _, depth, n = buffer.shape
    start = columns.input_of(run.windows.start) + run.taps.start
    return as_strided(
        buffer[:, start:],
        (len(buffer), len(run.windows), len(run.taps) * depth, n),
        (row, column * columns.stride, channel, single),
        writeable=False,
    )


def _outputs(y: Floats, columns: Side, run: Run) -> Floats:
    """View the outputs of a run's windows: (rows, windows, outputs * filters, n)."""
    start = columns.output_of(run.windows.start) + run.outputs.start
    stop = columns.output_of(run.windows.stop - 1) + run.outputs.stop
    rows, _, filters, n = y.shape
    shape = (rows, len(run.windows), len(run.outputs) * filters, n)
    return y[:, start:stop].reshape(shape, copy=False)


def _products(weights: Floats, x: Floats, y: Floats) -> list[Product]:
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


def _single_products(weights: Floats, x: Floats, y: Floats, apart: int) -> list[Product]:
    """Like `_products`, for one image: windows are the rows of a matrix, or each reads all weights.

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
