"""Convolutions in NumPy, plain and transposed, as products of weights and windows.

Some rows of windows at a time are copied, multiplied and activated, so that they stay in the
processor's cache.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from vae_engine.inference import products
from vae_engine.inference.activations import InPlace
from vae_engine.inference.architecture import Layer
from vae_engine.inference.functions import Buffers, Floats, Function, Prepare
from vae_engine.inference.products import Product
from vae_engine.inference.windows import Interval, Run, Side

_FLOATS_AT_ONCE = 2**18
"""Floats of the windows that are multiplied at once, if one row of them has no more."""


class _Step(NamedTuple):
    """What some rows of windows take.

    Attributes:
        outside: parts of the buffer that are outside the image.
        copies: parts of the buffer, and the rows of the image that they take.
        products: of weights and windows.
        outputs: all rows of the result that these windows give.
    """

    outside: list[Floats]
    copies: list[tuple[Floats, slice]]
    products: list[Product]
    outputs: Floats


def convolution(layer: Layer, kernel: Floats, bias: Floats, activate: InPlace) -> Prepare:
    """Make what prepares the function of a convolution.

    The rows of each window lie side by side in a buffer (windows, columns, taps * channels + 1, n),
    whose last channel is one and takes the bias. In it, the inputs of neighbouring columns follow
    each other, so each window is a matrix already: no window is copied, and none has columns
    outside the image.

    Args:
        layer: with the shapes that the arrays have.
        kernel: in the order of Keras.
        bias: (filters,).
        activate: for the result.
    """
    rows, columns = _sides(layer)
    if layer.kind == "conv":
        weights = kernel.transpose(3, 1, 0, 2)[np.newaxis, np.newaxis]
    else:
        weights = _by_parity(kernel, rows.taps)
    filters, channels = len(bias), layer.inputs[2]
    depth = rows.taps * channels + 1
    with_bias = np.zeros((*weights.shape[:4], depth), np.float32)
    with_bias[..., :-1] = weights.reshape(*weights.shape[:4], -1)
    runs = [(run, _weights_of(with_bias, run, bias)) for run in columns.runs()]

    def prepare(n: int, buffers: Buffers) -> Function:
        size = max(1, min(rows.windows, _FLOATS_AT_ONCE // (columns.inputs * depth * n)))
        key = size, columns.inputs, depth
        if key not in buffers:
            buffers[key] = np.ones((*key, n), np.float32)
        buffer = buffers[key]
        y = np.empty((rows.outputs, columns.outputs, filters, n), np.float32)

        def step(windows: Interval) -> _Step:
            """Prepare some rows of windows."""
            outside, copies = _sources(buffer, rows, windows, channels)
            return _Step(
                outside,
                copies,
                _products(buffer, y, rows, windows, columns, runs),
                y[slice(*rows.outputs_of(windows))],
            )

        starts = range(0, rows.windows, size)
        steps = [step(Interval(first, min(first + size, rows.windows))) for first in starts]

        def apply(x: Floats) -> Floats:
            x = x.reshape(rows.inputs, columns.inputs, channels, n)
            for step in steps:
                for part in step.outside:
                    part[:] = 0.0
                for part, inputs in step.copies:
                    part[:] = x[inputs]
                products.multiply(step.products)
                activate(step.outputs)
            return y

        return apply

    return prepare


def count_floats(layer: Layer) -> int:
    """Count the floats of a convolution's buffers per image, if these are many."""
    rows, columns = _sides(layer)
    return columns.inputs * (rows.taps * layer.inputs[2] + 1) + math.prod(layer.outputs)


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
        (2, 2, filters, taps, taps, channels): row and column of the output, its filter, then column
        and row of the tap. The taps are in the order of the inputs, from which kernel rows count
        backwards.
    """
    size, _, filters, channels = kernel.shape
    whole = np.zeros((2 * taps, 2 * taps, filters, channels), np.float32)
    whole[:size, :size] = kernel
    parts = whole.reshape(taps, 2, taps, 2, filters, channels)[::-1, :, ::-1]
    return parts.transpose(1, 3, 4, 2, 0, 5)


def _weights_of(weights: Floats, run: Run, bias: Floats) -> list[Floats]:
    """Return the matrices (outputs * filters, taps * depth) of a run, per row of its outputs."""
    part = weights[:, slice(*run.outputs), :, slice(*run.taps)].copy()
    part[..., 0, -1] = bias
    return [matrix.reshape(len(run.outputs) * len(bias), -1) for matrix in part]


def _sources(
    buffer: Floats, rows: Side, windows: Interval, channels: int
) -> tuple[list[Floats], list[tuple[Floats, slice]]]:
    """Return which parts of the buffer are outside the image, and the inputs of the others."""
    outside, copies = [], []
    for tap in range(rows.taps):
        inside, inputs = rows.windows_with(tap, windows)
        part = buffer[: len(windows), :, tap * channels : (tap + 1) * channels]
        before, after = inside.start - windows.start, inside.stop - windows.start
        copies.append((part[before:after], inputs))
        outside += [part[:before], part[after:]]
    return [part for part in outside if part.size], copies


def _products(
    buffer: Floats,
    y: Floats,
    rows: Side,
    windows: Interval,
    columns: Side,
    runs: list[tuple[Run, list[Floats]]],
) -> list[Product]:
    """Return the products of some rows of windows, with their results in y."""
    found: list[Product] = []
    for parity in range(rows.up):
        giving = rows.windows_giving(parity, windows)
        if not giving:
            continue
        first = rows.output_of(giving.start) + parity
        stop = rows.output_of(giving.stop) + parity
        part = buffer[giving.start - windows.start : giving.stop - windows.start]
        for run, matrices in runs:
            views = _windows(part, columns, run)
            outputs = _outputs(y[first : stop : rows.up], columns, run)
            if y.shape[-1] == 1:
                apart = -(-len(run.taps) // columns.stride)
                found += products.split_single(matrices[parity], views, outputs, apart)
            else:
                found += products.split_product(matrices[parity], views, outputs)
    return found


def _windows(buffer: Floats, columns: Side, run: Run) -> Floats:
    """View the windows of a run in the buffer: (rows, windows, taps * depth, n)."""
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
