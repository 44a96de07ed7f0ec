"""Whether a LiteRT file is a network as this package exports it, known before any of it is run.

A stranger's file can name any operation, and ask for any amount of memory once its shapes are
computed. So its operations are followed in their order, from the shape of one image to the next,
by constants alone: what is not of the few kinds that an export has, takes its shape from elsewhere
or grows beyond the largest network that the settings allow, is refused.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Shape = tuple[int, ...]
"""Of one image: without the batch."""

_MOST_FLOATS = 1_000_000
"""An image's share of all tensors together; the largest settings take 700,000."""
_MOST_CONVOLUTIONS = 2
_LARGEST_SIDE = 28
_LARGEST_KERNEL = 9
_MOST_FILTERS = 512


def output_shapes(interpreter: Any, input_shape: Shape) -> dict[int, Shape]:
    """Follow an interpreter's operations, before it has allocated anything.

    Args:
        interpreter: LiteRT's, fresh from the file.
        input_shape: of one input, without the batch.

    Returns:
        The shape of each tensor of floats by its index, without the batch.

    Raises:
        ValueError: an operation that no export has, or not as an export has it.
    """
    graph = _Graph(interpreter, input_shape)
    for operation in interpreter._get_ops_details():
        graph.follow(operation)
    return graph.shapes


class _Graph:
    def __init__(self, interpreter: Any, input_shape: Shape) -> None:
        (given,) = interpreter.get_input_details()
        if given["dtype"] != np.float32:
            raise ValueError("its input is not of floats")
        self._interpreter = interpreter
        self._convolutions = 0
        self.shapes: dict[int, Shape] = {int(given["index"]): input_shape}
        self._told: set[int] = set()  # Tensors that hold the shape of another.
        self._batches: set[int] = set()  # Those that hold the batch's size.
        self._asked: dict[int, Shape] = {}  # Those that hold a shape to come, without the batch.

    def follow(self, operation: dict[str, Any]) -> None:
        name, takes = operation["op_name"], [int(index) for index in operation["inputs"]]
        (gives,) = (int(index) for index in operation["outputs"])
        try:
            self._follow(name, takes, gives)
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(f"{name} does not take what it takes in an export") from error
        if sum(math.prod(shape) for shape in self.shapes.values()) > _MOST_FLOATS:
            raise ValueError("it takes more memory than any export")

    def _follow(self, name: str, takes: list[int], gives: int) -> None:
        match name:
            case "FULLY_CONNECTED":
                (_,) = self.shapes[takes[0]]
                units, _ = self._constant(takes[1]).shape
                self.shapes[gives] = (units,)
            case "CONV_2D":
                height, width, _ = self.shapes[takes[0]]
                self._convolutions += 1
                if self._convolutions > _MOST_CONVOLUTIONS:
                    raise ValueError("it has more convolutions than any export")
                # An export's have stride 2; with another, what follows does not fit and fails.
                self.shapes[gives] = (-(-height // 2), -(-width // 2), self._filters(takes[1]))
            case "TRANSPOSE_CONV":
                _, _, _ = self.shapes[takes[2]]
                height, width, filters = self._asked[takes[0]]
                if max(height, width) > _LARGEST_SIDE or filters != self._filters(takes[1]):
                    raise ValueError("its images are larger than those of any export")
                self.shapes[gives] = (height, width, filters)
            case "LOGISTIC" | "RELU" | "LEAKY_RELU":
                self.shapes[gives] = self.shapes[takes[0]]
            case "MUL":  # Of SiLU.
                if self.shapes[takes[0]] != self.shapes[takes[1]]:
                    raise ValueError("it multiplies what is not of one shape")
                self.shapes[gives] = self.shapes[takes[0]]
            case "RESHAPE":
                self._check_known(takes[0])
                self.shapes[gives] = self._asked[takes[1]]
            case "SHAPE":
                self._check_known(takes[0])
                self._told.add(gives)
            case "STRIDED_SLICE":
                begin, end = self._constant(takes[1]).tolist(), self._constant(takes[2]).tolist()
                if takes[0] not in self._told or (begin, end) != ([0], [1]):
                    raise ValueError("it asks for more of a shape than the batch")
                self._batches.add(gives)
            case "PACK":
                if takes[0] not in self._batches:
                    raise ValueError("it makes a shape that does not begin with the batch")
                sizes = [int(self._constant(index)) for index in takes[1:]]
                if not all(0 < size <= _MOST_FLOATS for size in sizes):
                    raise ValueError("it makes a shape that no export has")
                self._asked[gives] = tuple(sizes)
            case _:
                raise ValueError(f"it has the operation {name[:40]}, which no export has")

    def _check_known(self, index: int) -> None:
        if index not in self.shapes:
            raise ValueError("it reshapes what is no image")

    def _filters(self, index: int) -> int:
        filters, height, width, channels = self._constant(index).shape
        if max(height, width) > _LARGEST_KERNEL or max(filters, channels) > _MOST_FILTERS:
            raise ValueError("its kernels are larger than those of any export")
        return int(filters)

    def _constant(self, index: int) -> np.ndarray[Any, Any]:
        """A tensor that the file holds; LiteRT raises a ValueError for one that is computed."""
        values: np.ndarray[Any, Any] = self._interpreter.get_tensor(index)
        return values
