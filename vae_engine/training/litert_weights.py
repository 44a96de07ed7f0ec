"""The weights inside a LiteRT file, which take others without another conversion.

A conversion takes a second a network, and gives the same graph every time: only its weights change
from export to export.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Place:
    """Where a weight lies in a LiteRT file.

    Attributes:
        buffer: index of the file's buffer.
        axes: the order in which the weight's axes lie there.
    """

    buffer: int
    axes: tuple[int, ...]


@dataclass(frozen=True)
class Template:
    """A converted network whose weights can be replaced.

    Attributes:
        content: of the LiteRT file.
        places: one for each weight.
    """

    content: bytes
    places: tuple[Place, ...]

    def filled(self, weights: Sequence[Floats]) -> bytes:
        """The file that a conversion of the network with these weights would give.

        Args:
            weights: in the order and shapes of those that the template was made with.
        """
        content = bytearray(self.content)
        model = schema.Model.GetRootAs(content)
        for place, weight in zip(self.places, weights, strict=True):
            data = model.Buffers(place.buffer).DataAsNumpy()
            data[:] = np.frombuffer(_laid_out(weight, place.axes), np.uint8)
        return bytes(content)


def make_template(content: bytes, weights: Sequence[Floats]) -> Template | None:
    """Find a network's weights in its LiteRT file.

    Args:
        content: of the file.
        weights: that it was converted with, float32.

    Returns:
        None when a weight has no place or several, as equal ones have before any training.
    """
    model = schema.Model.GetRootAs(content)
    buffers: dict[bytes, list[int]] = {}
    for index in range(model.BuffersLength()):
        if model.Buffers(index).DataLength():
            buffers.setdefault(model.Buffers(index).DataAsNumpy().tobytes(), []).append(index)
    places = []
    for weight in weights:
        place = next(_places(buffers, weight), None)
        if place is None:
            return None
        places.append(place)
    if len({place.buffer for place in places}) < len(places):
        return None
    return Template(content, tuple(places))


def _places(buffers: dict[bytes, list[int]], weight: Floats) -> Iterator[Place]:
    for axes in itertools.permutations(range(weight.ndim)):
        found = buffers.get(_laid_out(weight, axes), [])
        if len(found) == 1:
            yield Place(found[0], axes)


def _laid_out(weight: Floats, axes: tuple[int, ...]) -> bytes:
    return weight.transpose(axes).tobytes()
