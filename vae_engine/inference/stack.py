"""Layers in sequence, run on blocks of images."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from vae_engine.inference.architecture import Layer
from vae_engine.inference.functions import Buffers, Floats, Function, Prepare
from vae_engine.inference.layers import count_floats, make_block, make_layer

_MOST_AT_ONCE = 64
_VECTOR = 16
"""Images per vector register of the widest processors."""
_BLOCK_BYTES = 16 * 2**20
"""Maximum memory of the buffers for a block of images, unless one image takes more."""
_KEPT = 2
"""Functions kept between calls, with their buffers: one for whole blocks, one for the last."""


class Stack:
    """Layers in sequence; thread-safe.

    Attributes:
        at_once: images per block for which the buffers are of a good size.
    """

    def __init__(self, layers: list[Layer], arrays: Mapping[str, Floats]) -> None:
        """Take the arrays of the layers by their names in an export."""
        self._prepares: list[Prepare] = []
        for layer in layers:
            made = make_layer(layer, *(arrays[name] for name in layer.arrays))
            if layer.ends_block:
                made = make_block(layer, self._prepares.pop(), made)
            self._prepares.append(made)
        self.at_once = _images_at_once(sum(map(count_floats, layers)))
        self._kept: list[tuple[int, Function]] = []
        self._lock = threading.Lock()

    def blocks(self, count: int) -> list[slice]:
        """Divide this number of images into blocks to run at once."""
        starts = range(0, count, self.at_once)
        return [slice(start, min(count, start + self.at_once)) for start in starts]

    def run(self, blocks: Iterable[Floats]) -> Iterator[Floats]:
        """Run the layers on blocks of images, each (n, values).

        Yields:
            The outputs of each block, (*outputs, n), until the next is yielded.
        """
        for block in blocks:
            with self._function(len(block)) as function:
                yield function(np.ascontiguousarray(block.T))

    @contextlib.contextmanager
    def _function(self, n: int) -> Iterator[Function]:
        """Borrow a function for n images; no two threads use the same at once, for its buffers."""
        with self._lock:
            found = next((one for one in self._kept if one[0] == n), None)
            if found is not None:
                self._kept.remove(found)
        function = self._prepare(n) if found is None else found[1]
        try:
            yield function
        finally:
            with self._lock:
                self._kept = [*self._kept, (n, function)][-_KEPT:]

    def _prepare(self, n: int) -> Function:
        buffers: Buffers = {}
        functions = [prepare(n, buffers) for prepare in self._prepares]

        def run(x: Floats) -> Floats:
            for function in functions:
                x = function(x)
            return x

        return run


def _images_at_once(floats: int) -> int:
    """Choose the number of images per block, from the floats of the buffers for one."""
    fitting = max(1, min(_MOST_AT_ONCE, _BLOCK_BYTES // (4 * floats)))
    return fitting - fitting % _VECTOR if fitting > _VECTOR else fitting
