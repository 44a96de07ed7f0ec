"""Layers in NumPy, as matrix products over views; float32, channels last.

"same" padding and the flipped index of a transposed convolution are TensorFlow's:
https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from vae_engine.inference.architecture import Layer

Floats = NDArray[np.float32]
Function = Callable[[Floats], Floats]

_STRIDE = 2
"""Of transposed convolutions."""
_LEAKY_SLOPE = np.float32(0.2)  # The default of Keras.


def make_function(layer: Layer, kernel: Floats, bias: Floats) -> Function:
    """Make the function of a layer, from (n, *inputs) to (n, *outputs).

    Args:
        layer: with the shapes that the arrays have.
        kernel: in the order of Keras.
        bias: one for each output channel.
    """
    activate = _ACTIVATIONS[layer.activation]
    match layer.kind:
        case "dense":
            return _dense(layer, kernel, bias, activate)
        case "conv":
            return _conv(layer, kernel, bias, activate)
        case "conv_transpose":
            return _conv_transpose(layer, kernel, bias, activate)


def make_block(layer: Layer, first: Function, second: Function) -> Function:
    """Make the function of a residual block: its input plus what its two convolutions give."""

    def run(x: Floats) -> Floats:
        y = second(first(x))
        y += x.reshape(-1, *layer.outputs)
        return y

    return run


def sigmoid(logits: Floats) -> Floats:
    """Compute 1 / (1 + exp(-logits)) without overflow."""
    result = np.exp(-logits)
    result += np.float32(1.0)
    np.reciprocal(result, out=result)
    return result


def most_floats(layer: Layer) -> int:
    """Estimate the number of floats that the layer needs in memory per image."""
    height, width, channels = layer.outputs if len(layer.outputs) == 3 else (1, 1, layer.outputs[0])
    if layer.kind == "dense":
        return layer.inputs[0] + channels
    reach = layer.kernel[0] if layer.kind == "conv" else _taps(layer)
    places = height * width if layer.kind == "conv" else layer.inputs[0] * layer.inputs[1]
    return places * reach**2 * layer.inputs[2] + 2 * height * width * channels


def _dense(layer: Layer, kernel: Floats, bias: Floats, activate: Function) -> Function:
    matrix = np.ascontiguousarray(kernel)

    def run(x: Floats) -> Floats:
        y = x.reshape(-1, *layer.inputs) @ matrix
        y += bias
        return activate(y)

    return run


def _conv(layer: Layer, kernel: Floats, bias: Floats, activate: Function) -> Function:
    size, _, channels, filters = layer.kernel
    rows, columns = layer.outputs[:2]
    matrix = np.ascontiguousarray(kernel.reshape(-1, filters))
    (above, below), (left, right) = (
        _padding(side, size, layer.stride) for side in layer.inputs[:2]
    )
    height, width = layer.inputs[:2]
    padded_shape = (above + height + below, left + width + right, channels)

    def run(x: Floats) -> Floats:
        padded = np.zeros((len(x), *padded_shape), np.float32)
        padded[:, above : above + height, left : left + width] = x.reshape(-1, *layer.inputs)
        y = _windows(padded, size, layer.stride, rows, columns) @ matrix
        y += bias
        return activate(y).reshape(-1, rows, columns, filters)

    return run


def _conv_transpose(layer: Layer, kernel: Floats, bias: Floats, activate: Function) -> Function:
    """Compute each 2 x 2 outputs from one window of the inputs: a product, then a reshape.

    Input i gives kernel row k to row `2 i + k` of an output that "same" padding then cuts at
    `before`. With `k = 2 m + r`, rows of the parity r are `2 q + r`, from inputs `i = q - m`: so
    the windows of `q` hold all that both parities take, each with the kernel rows of its own.
    """
    size, _, filters, channels = layer.kernel
    height, width = layer.inputs[:2]
    taps = _taps(layer)
    whole = np.zeros((2 * taps, 2 * taps, filters, channels), np.float32)
    whole[:size, :size] = kernel
    parts = whole.reshape(taps, 2, taps, 2, filters, channels)[::-1, :, ::-1]
    matrix = np.ascontiguousarray(
        parts.transpose(0, 2, 5, 1, 3, 4).reshape(taps * taps * channels, 4 * filters)
    )
    biases = np.tile(bias, 4)
    # Equal for rows and columns: the padding depends on parity, and all outputs' sides are even.
    before, _ = _padding(2 * height, size, _STRIDE)
    first = before // 2
    rows = (2 * height - 1 + before) // 2 - first + 1
    columns = (2 * width - 1 + before) // 2 - first + 1
    top, cut = taps - 1 - first, before - 2 * first

    def run(x: Floats) -> Floats:
        x = x.reshape(-1, height, width, channels)
        padded = np.zeros((len(x), rows + taps - 1, columns + taps - 1, channels), np.float32)
        padded[:, top : top + height, top : top + width] = x
        y = _windows(padded, taps, 1, rows, columns) @ matrix
        y += biases
        y = activate(y).reshape(-1, rows, columns, 2, 2, filters).transpose(0, 1, 3, 2, 4, 5)
        image = y.reshape(-1, 2 * rows, 2 * columns, filters)
        return image[:, cut : cut + 2 * height, cut : cut + 2 * width]

    return run


def _taps(layer: Layer) -> int:
    """Return the maximum number of inputs per side that contribute to one transposed output."""
    return -(-layer.kernel[0] // _STRIDE)


def _padding(side: int, size: int, stride: int) -> tuple[int, int]:
    """Return the zeros before and after a side for "same" padding."""
    total = max((-(-side // stride) - 1) * stride + size - side, 0)
    return total // 2, total - total // 2


def _windows(padded: Floats, size: int, stride: int, rows: int, columns: int) -> Floats:
    """Extract the windows of a kernel as rows: (n * rows * columns, size * size * channels)."""
    channels = padded.shape[3]
    image, row, column, single = padded.strides
    # A row of a window, with all its channels, is contiguous in memory.
    view = as_strided(
        padded,
        (len(padded), rows, columns, size, size * channels),
        (image, row * stride, column * stride, row, single),
        writeable=False,
    )
    return view.reshape(-1, size * size * channels)


def _linear(x: Floats) -> Floats:
    return x


def _relu(x: Floats) -> Floats:
    np.maximum(x, np.float32(0.0), out=x)
    return x


def _leaky_relu(x: Floats) -> Floats:
    np.maximum(x, x * _LEAKY_SLOPE, out=x)
    return x


def _silu(x: Floats) -> Floats:
    x *= sigmoid(x)
    return x


_ACTIVATIONS: dict[str, Function] = {
    "linear": _linear,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "silu": _silu,
}
