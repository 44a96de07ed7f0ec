"""Layers in sequence, run on blocks of images."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from vae_engine.inference.architecture import Layer
from vae_engine.inference.layers import Function, Prepare, count_floats, make_block, make_layer

Floats = NDArray[np.float32]

_MOST_AT_ONCE = 64
_VECTOR = 16
"""Images per vector register of the widest processors."""
_BLOCK_BYTES = 16 * 2**20
"""Memory of the buffers of a block of images, unless one image takes more."""
_PREPARED = 2
"""Sizes of blocks whose buffers are kept: the whole ones, and the last."""


class _PerThread(threading.local):
    """Functions by the number of images; each thread has its own, as they have buffers."""

    def __init__(self, prepare: Callable[[int], Function]) -> None:
        self.function = lru_cache(_PREPARED)(prepare)


class Stack:
    """Layers in sequence; thread-safe."""

    def __init__(self, layers: list[Layer], arrays: Mapping[str, Floats]) -> None:
        """Take the arrays of the layers by their names in an export."""
        self._prepares: list[Prepare] = []
        for layer in layers:
            made = make_layer(layer, *(arrays[name] for name in layer.arrays))
            if layer.ends_block:
                made = make_block(layer, self._prepares.pop(), made)
            self._prepares.append(made)
        self._at_once = _images_at_once(sum(map(count_floats, layers)))
        self._threads = _PerThread(self._prepare)

    def blocks(self, count: int) -> Iterator[slice]:
        """Divide this number of images into blocks that are run at once."""
        for start in range(0, count, self._at_once):
            yield slice(start, min(count, start + self._at_once))

    def run(self, x: Floats) -> Floats:
        """Run the layers on a block.

        Args:
            x: (values, n) or (*inputs, n) of the first layer.

        Returns:
            (*outputs, n) of the last layer: a buffer, until this thread runs the next block.
        """
        return self._threads.function(x.shape[-1])(x)

    def _prepare(self, n: int) -> Function:
        functions = [prepare(n) for prepare in self._prepares]

        def run(x: Floats) -> Floats:
            for function in functions:
                x = function(x)
            return x

        return run


def _images_at_once(floats: int) -> int:
    """Choose the number of images per block, from the floats of the buffers for one."""
    fitting = max(1, min(_MOST_AT_ONCE, _BLOCK_BYTES // (4 * floats)))
    return fitting - fitting % _VECTOR if fitting > _VECTOR else fitting
