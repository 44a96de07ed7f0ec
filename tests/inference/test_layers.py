"""Layers in NumPy against their definitions, one product after the other, in float64."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vae_engine.image_shape import ImageShape
from vae_engine.inference import convolution
from vae_engine.inference.activations import activation
from vae_engine.inference.architecture import Layer, decoder_layers, encoder_layers
from vae_engine.inference.stack import Stack
from vae_engine.settings import make_settings

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Arrays = dict[str, Floats]

ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0.0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "silu": lambda x: x * np.exp(-np.logaddexp(0.0, -x)),
}


def padding_before(outputs: int, inputs: int, size: int, stride: int) -> int:
    return max((outputs - 1) * stride + size - inputs, 0) // 2


def convolved(layer: Layer, kernel: Doubles, x: Doubles) -> Doubles:
    """Add what each input gives to each output: (n, h, w, c), plain or transposed."""
    y = np.zeros((len(x), *layer.outputs))
    (high, wide), (rows, columns) = layer.inputs[:2], layer.outputs[:2]
    size, stride = layer.kernel[0], layer.stride
    transposed = layer.kind == "conv_transpose"
    if transposed:
        top, left = (padding_before(side, 2 * side, size, 2) for side in (high, wide))
        places = itertools.product(range(high), range(wide))
    else:
        top = padding_before(rows, high, size, stride)
        left = padding_before(columns, wide, size, stride)
        places = itertools.product(range(rows), range(columns))
    for (i, j), k, m in itertools.product(places, range(size), range(size)):
        row, column = stride * i + k - top, stride * j + m - left
        if transposed and row in range(rows) and column in range(columns):
            y[:, row, column] += x[:, i, j] @ kernel[k, m].T
        elif not transposed and row in range(high) and column in range(wide):
            y[:, i, j] += x[:, row, column] @ kernel[k, m]
    return y


def reference(layers: list[Layer], arrays: Arrays, x: Floats) -> Doubles:
    """Run layers on images first, (n, *inputs), in float64."""
    y, before = x.astype(np.float64), x.astype(np.float64)
    for layer in layers:
        kernel, bias = (arrays[name].astype(np.float64) for name in layer.arrays)
        given = y.reshape(len(y), *layer.inputs)
        result = given @ kernel if layer.kind == "dense" else convolved(layer, kernel, given)
        result = ACTIVATIONS[layer.activation](result + bias)
        y, before = (result + before if layer.ends_block else result), given
    return y


def random_arrays(layers: list[Layer], rng: np.random.Generator) -> Arrays:
    return {
        name: (rng.standard_normal(shape) / np.sqrt(np.prod(shape[:-1]) or 1)).astype(np.float32)
        for layer in layers
        for name, shape in layer.arrays.items()
    }


def output(stack: Stack, x: Floats) -> Floats:
    """Run it on images first, (n, values)."""
    blocks = [x[block] for block in stack.blocks(len(x))]
    return np.concatenate([np.moveaxis(one, -1, 0).copy() for one in stack.run(blocks)])


SHAPES = [ImageShape(13, 10, 3), ImageShape(8, 9, 1), ImageShape(1, 30, 1)]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.text)
@pytest.mark.parametrize("kernel_size", [2, 3, 4, 5, 9])
@pytest.mark.parametrize("network", ["plain", "residual"])
def test_layers_are_what_they_are_defined_to_be(
    shape: ImageShape, kernel_size: int, network: str
) -> None:
    rng = np.random.default_rng(kernel_size)
    activation = list(ACTIVATIONS)[1 + kernel_size % 3]
    small: dict[str, Any] = {"filters": (3, 4), "dense_units": (33,), "latent_dim": 3}
    settings = make_settings(small, kernel_size=kernel_size, network=network, activation=activation)
    for layers in (encoder_layers(settings, shape)[:-1], decoder_layers(settings, shape)):
        arrays = random_arrays(layers, rng)
        stack = Stack(layers, arrays)
        values = int(np.prod(layers[0].inputs))
        # One image, less than a vector of them, ragged blocks.
        for count in (1, 5, stack.at_once + 3):
            x = rng.standard_normal((count, values)).astype(np.float32)
            found = output(stack, x)
            np.testing.assert_allclose(found, reference(layers, arrays, x), atol=2e-5)


@pytest.mark.parametrize("floats_at_once", [1, 3000])
@pytest.mark.parametrize("kernel_size", [2, 3, 5])
@pytest.mark.parametrize("network", ["plain", "residual"])
def test_convolutions_of_some_rows_at_a_time_are_the_whole(
    kernel_size: int, network: str, floats_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(kernel_size)
    small: dict[str, Any] = {"filters": (3, 4), "dense_units": (9,), "latent_dim": 3}
    settings = make_settings(small, kernel_size=kernel_size, network=network, activation="silu")
    shape = ImageShape(13, 10, 3)
    for layers in (encoder_layers(settings, shape)[:-1], decoder_layers(settings, shape)):
        arrays = random_arrays(layers, rng)
        x = rng.standard_normal((5, int(np.prod(layers[0].inputs)))).astype(np.float32)
        whole = output(Stack(layers, arrays), x)
        with monkeypatch.context() as patch:
            patch.setattr(convolution, "_FLOATS_AT_ONCE", floats_at_once)
            stack = Stack(layers, arrays)
            parts = output(stack, x)
        np.testing.assert_allclose(parts, whole, atol=1e-5)
        # What is left in the buffers must not count.
        again = rng.standard_normal(x.shape).astype(np.float32)
        np.testing.assert_allclose(
            output(stack, again), reference(layers, arrays, again), atol=2e-5
        )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_right_for_any_value_and_number_of_values(name: str) -> None:
    rng = np.random.default_rng(0)
    special = [0.0, -0.0, 1e-30, 30.0, -30.0, 88.0, -88.0, 1e4, -1e4, 1e30, -1e30]
    x = np.concatenate([special, rng.normal(0.0, 4.0, 2**16 + 1)]).astype(np.float32)
    expected = ACTIVATIONS[name](x.astype(np.float64))
    scale, apply = activation(name)
    found = np.float32(scale) * x
    apply(found)
    np.testing.assert_array_less(abs(found - expected), 2e-7 * (abs(x) + 1e-30))


@pytest.mark.parametrize("units_in_use", [0, 1, 5, 200])
@pytest.mark.parametrize("count", [1, 15, 16, 64])
def test_skipping_units_that_are_zero_changes_nothing(units_in_use: int, count: int) -> None:
    rng = np.random.default_rng(units_in_use)
    layers = [Layer("dense", "dense", (200,), (131,), (200, 131), "relu")]
    arrays = random_arrays(layers, rng)
    x = np.zeros((count, 200), np.float32)
    in_use = rng.permutation(200)[:units_in_use]
    x[:, in_use] = rng.standard_normal((count, units_in_use))
    stack = Stack(layers, arrays)
    expected = reference(layers, arrays, x)
    np.testing.assert_allclose(output(stack, x), expected, atol=1e-5)
    # What was used before must not stay in the buffers.
    again = rng.standard_normal((count, 200)).astype(np.float32)
    np.testing.assert_allclose(output(stack, again), reference(layers, arrays, again), atol=1e-5)
    np.testing.assert_allclose(output(stack, x), expected, atol=1e-5)


def test_values_that_are_no_numbers_are_not_skipped() -> None:
    layers = [Layer("dense", "dense", (40,), (9,), (40, 9), "linear")]
    x = np.zeros((16, 40), np.float32)
    x[3, 7] = np.nan
    found = output(Stack(layers, random_arrays(layers, np.random.default_rng(0))), x)
    assert np.isnan(found[3]).all()
    assert np.isfinite(np.delete(found, 3, axis=0)).all()


def test_a_large_dense_layer_in_parts_is_the_whole() -> None:
    rng = np.random.default_rng(0)
    for inputs, units in ((700, 501), (3000, 70), (20, 4000)):
        layers = [Layer("dense", "dense", (inputs,), (units,), (inputs, units), "relu")]
        arrays = random_arrays(layers, rng)
        for count in (1, 3, 64):
            x = rng.standard_normal((count, inputs)).astype(np.float32)
            found = output(Stack(layers, arrays), x)
            np.testing.assert_allclose(found, reference(layers, arrays, x), atol=1e-5)


def test_threads_do_not_share_buffers() -> None:
    rng = np.random.default_rng(0)
    layers = decoder_layers(make_settings(filters=(3, 4), dense_units=(12,), latent_dim=2))
    stack = Stack(layers, random_arrays(layers, rng))
    inputs = [rng.standard_normal((count, 2)).astype(np.float32) for count in (3, 64, 70, 3, 64)]
    expected = [output(stack, x) for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            for found, one in zip(
                pool.map(lambda x: output(stack, x), inputs), expected, strict=True
            ):
                np.testing.assert_array_equal(found, one)
