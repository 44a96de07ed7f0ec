"""Layers in NumPy, as matrix products; float32, with the images in the last axis.

Images are (rows, columns, channels, n), vectors (units, n). A product is then weights times a
matrix with one column per image: it is as wide as many images, the windows of a convolution are
views of one buffer, and every elementwise operation runs over contiguous memory.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vae_engine.inference import convolution, products
from vae_engine.inference.activations import InPlace, activation
from vae_engine.inference.architecture import Layer
from vae_engine.inference.functions import Buffers, Floats, Function, Prepare

_FEWEST_TO_SKIP, _MOST_IN_USE = 16, 0.75
"""Images and share of inputs for which selecting weights is cheaper than to multiply zeros."""


def make_layer(layer: Layer, kernel: Floats, bias: Floats) -> Prepare:
    """Make what prepares the function of a layer.

    Args:
        layer: with the shapes that the arrays have.
        kernel: in the order of Keras.
        bias: one for each output channel.
    """
    scale, activate = activation(layer.activation)
    kernel, bias = kernel * np.float32(scale), bias * np.float32(scale)
    if layer.kind == "dense":
        return _dense(kernel, bias, activate)
    return convolution.convolution(layer, kernel, bias, activate)


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
    if layer.kind == "dense":
        return layer.inputs[0] + 1 + layer.outputs[0]
    return convolution.count_floats(layer)


def _dense(kernel: Floats, bias: Floats, activate: InPlace) -> Prepare:
    weights = np.concatenate([kernel, bias[np.newaxis]])
    inputs, units = kernel.shape

    def prepare(n: int, _: Buffers) -> Function:
        # A last row of ones takes the bias.
        with_ones = np.ones((inputs + 1, n), np.float32)
        given, y = with_ones[:-1], np.empty((units, n), np.float32)
        parts = products.split_product(weights.T, with_ones, y)

        def run(x: Floats) -> Floats:
            given[:] = x.reshape(inputs, n)
            rows = _rows_in_use(with_ones) if n >= _FEWEST_TO_SKIP else None
            if rows is None:
                products.multiply(parts)
            else:
                products.multiply(products.split_product(weights[rows].T, with_ones[rows], y))
            activate(y)
            return y

        return run

    return prepare


def _rows_in_use(x: Floats) -> NDArray[np.intp] | None:
    """Return the rows that have values other than 0, or None if these are most.

    After a ReLU, most units are 0 for all z from the posterior of one image.
    """
    if np.count_nonzero(x[:, 0]) > _MOST_IN_USE * len(x):  # For the first image alone.
        return None
    rows = np.flatnonzero(x.any(axis=1))
    return rows if len(rows) <= _MOST_IN_USE * len(x) else None
