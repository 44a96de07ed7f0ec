"""Read weights from a LiteRT file of a session of an earlier version, without running it.

The file holds a graph of operations. Only the graph that this package exported for the session's
settings is accepted: its operations are followed in their order, and each takes the next layer's
weights, whose shapes the settings tell. The numbers of fields, types and operations are those of
LiteRT's schema, `tensorflow/compiler/mlir/lite/schema/schema.fbs`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vae_engine.inference.architecture import LOGITS, Layer, Shape
from vae_engine.inference.flatbuffer import FlatTable

Floats = NDArray[np.float32]
Pair = tuple[Floats, Floats]
State = Literal["output", "done", "gate"]

_IDENTIFIER = b"TFL3"
_MOST_ENTRIES = 1000
_MOST_AXES = 8
_MOST_BYTES = 2**31
_NONE = -1
_FLOAT, _INTEGER = 0, 2
_SAME, _STRIDE = 0, 2
_LINEAR, _RELU = 0, 1
_LEAKY_SLOPE = 0.2
_OPERATIONS = {
    3: "CONV_2D",
    9: "FULLY_CONNECTED",
    14: "LOGISTIC",
    18: "MUL",
    19: "RELU",
    22: "RESHAPE",
    45: "STRIDED_SLICE",
    67: "TRANSPOSE_CONV",
    77: "SHAPE",
    83: "PACK",
    98: "LEAKY_RELU",
}
_KINDS = {"CONV_2D": "conv", "FULLY_CONNECTED": "dense", "TRANSPOSE_CONV": "conv_transpose"}
# Position of each axis of Keras's kernel in the file's.
_AXES = {"conv": (1, 2, 3, 0), "dense": (1, 0), "conv_transpose": (1, 2, 0, 3)}


def is_litert(content: bytes) -> bool:
    """Return whether a file has the identifier of LiteRT."""
    return content[4:8] == _IDENTIFIER


def read_litert(content: bytes, layers: list[Layer]) -> dict[str, Floats]:
    """Read the arrays of layers, by their names in an export.

    Args:
        content: of the file.
        layers: of an encoder or a decoder.

    Raises:
        ValueError: it is damaged, or not what this package exported for such layers.
    """
    try:
        graph = _Graph(FlatTable.root(content), layers)
    except UnicodeDecodeError:
        raise ValueError("a name in it is not text") from None
    return {
        name: values
        for layer, found in zip(layers, graph.found, strict=True)
        for name, values in zip(layer.arrays, found, strict=True)
    }


@dataclass(frozen=True)
class _Value:
    """State of a tensor while the graph is followed.

    Attributes:
        layers: how many are behind it.
        state: the last one's `output` before its activation, `done` after it, or a `gate`, the
            sigmoid of it.
        shape: of one image.
    """

    layers: int
    state: State
    shape: Shape


class _Graph:
    """Follows the operations of a file from its input to its outputs.

    Attributes:
        found: kernel and bias of each layer.
    """

    def __init__(self, model: FlatTable, layers: list[Layer]) -> None:
        is_encoder = layers[-1].name != LOGITS
        self._heads = layers[-2:] if is_encoder else []
        self._trunk = layers[:-2] if is_encoder else layers
        self._codes = [_operation(code) for code in model.tables(1, _MOST_ENTRIES)]
        (graph,) = model.tables(2, _MOST_ENTRIES)
        self._buffers = model.tables(4, _MOST_ENTRIES)
        self._tensors = graph.tables(0, _MOST_ENTRIES)
        (given,) = graph.integers(1, _MOST_ENTRIES)
        self._check_type(given, _FLOAT)
        self._values = {given: _Value(0, "done", layers[0].inputs)}
        self._made = {given}
        self._sizes: dict[int, Shape] = {}  # Target shapes, without the batch.
        self._shapes: set[int] = set()  # Tensors with the shape of another tensor.
        self._batches: set[int] = set()  # Tensors with the size of the batch.
        self._of_heads: dict[int, Pair] = {}
        self.found: list[Pair] = []
        for operation in graph.tables(3, _MOST_ENTRIES):
            self._follow(operation)
        self._end(graph.integers(2, _MOST_ENTRIES))

    def _end(self, outputs: list[int]) -> None:
        if len(self.found) != len(self._trunk):
            raise ValueError("it has fewer layers than the settings")
        if not self._heads:
            end = _Value(len(self._trunk), "gate", self._trunk[-1].outputs)
            if [self._values.get(index) for index in outputs] != [end]:
                raise ValueError("its output is not the sigmoid of the last layer")
            return
        if sorted(outputs) != sorted(self._of_heads) or len(outputs) != len(self._heads):
            raise ValueError("its outputs are not those of the last two layers")
        # z_mean comes first by name.
        outputs = sorted(outputs, key=lambda index: self._tensor(index).text(3))
        self.found += [self._of_heads[index] for index in outputs]

    def _follow(self, operation: FlatTable) -> None:
        index = operation.integer(0, "u4")
        if index >= len(self._codes):
            raise ValueError("it has an operation of no kind")
        name = self._codes[index]
        takes, gives = operation.integers(1, _MOST_ENTRIES), operation.integers(2, _MOST_ENTRIES)
        if len(gives) != 1 or gives[0] in self._made:
            raise ValueError(f"{name} does not give what it gives in an export")
        self._tensor(gives[0])
        try:
            self._take(name, takes, gives[0], operation.table(4))
        except (KeyError, IndexError) as error:
            raise ValueError(f"{name} does not take what it takes in an export") from error
        self._made.add(gives[0])

    def _take(self, name: str, takes: list[int], gives: int, options: FlatTable | None) -> None:
        match name:
            case "FULLY_CONNECTED" | "CONV_2D" | "TRANSPOSE_CONV":
                self._take_layer(name, takes, gives, options)
            case "RELU" | "LEAKY_RELU" | "LOGISTIC" | "MUL":
                self._take_activation(name, takes, gives, options)
            case "RESHAPE":
                value, shape = self._values[takes[0]], self._size(takes[1])
                if value.state != "done" or math.prod(shape) != math.prod(value.shape):
                    raise ValueError("it reshapes what it does not in an export")
                self._values[gives] = replace(value, shape=shape)
            case "SHAPE":
                self._values[takes[0]]
                self._shapes.add(gives)
            case "STRIDED_SLICE":
                cut = [self._whole_numbers(index) for index in takes[1:]]
                if takes[0] not in self._shapes or cut != [[0], [1], [1]]:
                    raise ValueError("it asks for more of a shape than the batch")
                self._batches.add(gives)
            case "PACK":
                if takes[0] not in self._batches or len(takes) > _MOST_AXES:
                    raise ValueError("it makes a shape that no export has")
                sizes = [self._whole_numbers(index) for index in takes[1:]]
                self._sizes[gives] = tuple(size for (size,) in sizes)

    def _take_layer(
        self, name: str, takes: list[int], gives: int, options: FlatTable | None
    ) -> None:
        at = len(self.found)
        is_head = at == len(self._trunk)
        if is_head and len(self._of_heads) == len(self._heads):
            raise ValueError("it has more layers than the settings")
        layer = self._heads[0] if is_head else self._trunk[at]
        if layer.kind == "conv_transpose":
            size, kernel, images, *rest = takes
            if self._size(size) != layer.outputs:
                raise ValueError(f"{layer.name} gives images of another size")
        else:
            images, kernel, *rest = takes
        if _KINDS[name] != layer.kind or self._values[images] != _Value(at, "done", layer.inputs):
            raise ValueError(f"{layer.name} is not where the settings have it")
        fused = _check_options(layer, options)
        found = self._kernel(layer, kernel), self._bias(layer, rest)
        if is_head:
            self._of_heads[gives] = found
            return
        self.found.append(found)
        is_done = fused or layer.activation == "linear"
        self._values[gives] = _Value(at + 1, "done" if is_done else "output", layer.outputs)

    def _take_activation(
        self, name: str, takes: list[int], gives: int, options: FlatTable | None
    ) -> None:
        value = self._values[takes[0]]
        layer = self._trunk[value.layers - 1] if value.layers else None
        wanted = layer.activation if layer and value.state == "output" else ""
        match name:
            case "RELU" if wanted == "relu":
                state: State = "done"
            case "LEAKY_RELU" if wanted == "leaky_relu" and _slope(options) == _LEAKY_SLOPE:
                state = "done"
            case "LOGISTIC" if wanted == "silu" or (layer and layer.name == LOGITS):
                state = "gate"
            case "MUL" if wanted == "silu" and self._is_silu(value, takes[1], options):
                state = "done"
            case _:
                raise ValueError(f"{name} is not where an export has it")
        self._values[gives] = replace(value, state=state)

    def _is_silu(self, value: _Value, gate: int, options: FlatTable | None) -> bool:
        is_plain = options is None or options.integer(0, "i1") == _LINEAR
        return is_plain and self._values[gate] == replace(value, state="gate")

    def _kernel(self, layer: Layer, index: int) -> Floats:
        axes = _AXES[layer.kind]
        stored = tuple(layer.kernel[axes.index(at)] for at in range(len(axes)))
        values = self._floats(index, stored, f"the kernel of {layer.name}")
        return np.ascontiguousarray(values.transpose(axes))

    def _bias(self, layer: Layer, takes: list[int]) -> Floats:
        if takes in ([], [_NONE]):  # All zeros: an untrained bias.
            return np.zeros(layer.bias, np.float32)
        (index,) = takes
        return self._floats(index, layer.bias, f"the bias of {layer.name}")

    def _floats(self, index: int, wanted: Shape, what: str) -> Floats:
        self._check_type(index, _FLOAT)
        shape = tuple(self._tensor(index).integers(0, _MOST_AXES))
        if shape != wanted:
            raise ValueError(f"{what} has the shape {shape}, expected {wanted}")
        content = self._content(index)
        if len(content) != 4 * math.prod(wanted):
            raise ValueError(f"{what} does not have the bytes of its shape")
        return np.frombuffer(content, "<f4").reshape(wanted)

    def _whole_numbers(self, index: int) -> list[int]:
        self._check_type(index, _INTEGER)
        content = self._content(index)
        if len(content) > 4 * _MOST_AXES or len(content) % 4:
            raise ValueError("it has a shape that no export has")
        return [int(value) for value in np.frombuffer(content, "<i4")]

    def _size(self, index: int) -> Shape:
        """Return a target shape without the batch: computed, or a constant for any batch."""
        if index in self._sizes:
            return self._sizes[index]
        batch, *sizes = self._whole_numbers(index)
        if batch != -1:
            raise ValueError("it has a shape of a fixed batch")
        return tuple(sizes)

    def _content(self, index: int) -> bytes:
        """Return the bytes of a constant, which must be in its buffer."""
        number = self._tensor(index).integer(2, "u4")
        if index in self._made or number >= len(self._buffers):
            raise ValueError("it computes what is a constant in an export")
        buffer = self._buffers[number]
        data = buffer.numbers(0, "u1", _MOST_BYTES)
        if data is None or buffer.integer(1, "u8") or buffer.integer(2, "u8"):
            raise ValueError("it has weights that lie outside their buffer")
        return data.tobytes()

    def _check_type(self, index: int, wanted: int) -> None:
        if self._tensor(index).integer(1, "i1") != wanted:
            raise ValueError("it has a tensor of another type than in an export")

    def _tensor(self, index: int) -> FlatTable:
        if not 0 <= index < len(self._tensors):
            raise ValueError(f"it names tensor {index} of {len(self._tensors)}")
        return self._tensors[index]


def _operation(code: FlatTable) -> str:
    # In the newer field; the older one has one byte, enough for the operators used here.
    number = max(code.integer(0, "i1"), code.integer(3, "i4"))
    if number not in _OPERATIONS:
        raise ValueError(f"it has operation {number}, which no export has")
    return _OPERATIONS[number]


def _check_options(layer: Layer, options: FlatTable | None) -> bool:
    """Check the options of an operation; returns whether its activation is part of it.

    Raises:
        ValueError: the options do not match the layer.
    """
    if options is None:
        raise ValueError(f"{layer.name} has no options")
    if layer.kind == "dense":
        fused, plain = 0, not any(options.integer(field, "i1") for field in (1, 2))
    else:
        fused = 3
        found = [options.integer(0, "i1"), options.integer(1, "i4"), options.integer(2, "i4")]
        plain = found == [_SAME, _STRIDE, _STRIDE]
        if layer.kind == "conv":
            plain = plain and [options.integer(field, "i4", 1) for field in (4, 5)] == [1, 1]
    activation = options.integer(fused, "i1")
    if not plain or activation not in (_LINEAR, _RELU):
        raise ValueError(f"{layer.name} works in another way than in an export")
    if activation == _RELU and layer.activation != "relu":
        raise ValueError(f"{layer.name} has a ReLU where the settings have none")
    return activation == _RELU


def _slope(options: FlatTable | None) -> float:
    return round(options.number(0, "f4"), 6) if options else 0.0
