"""t-SNE for the map, computed in a process of its own."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
from textual.dom import DOMNode

from tui.sampler.embeddings import Embeddings
from tui.sampler.latent import Floats
from tui.sampler.map_points import TsnePlaces
from tui.screen import has_widgets, run_async
from tui.text import one_line
from vae_engine.errors import EngineError
from vae_engine.inspection.tsne import chosen_points
from vae_engine.inspection.tsne_process import TsneProcess

_MOST_KEPT: Final = 4

_kept: Final[OrderedDict[bytes, Floats]] = OrderedDict()
"""What was computed, by the embeddings: opening the map again takes no time."""


class TsneRun:
    """Computes t-SNE for a widget, at most once at a time.

    Attributes:
        said: how far it is; empty while nothing is computed.
    """

    def __init__(self, node: DOMNode, tell: Callable[[], object]) -> None:
        """Make it.

        Args:
            node: for which.
            tell: called when `said` has changed.
        """
        self._node, self._tell = node, tell
        self._process: TsneProcess | None = None
        self.said = ""

    @property
    def is_running(self) -> bool:
        """Whether places are being computed."""
        return self._process is not None

    def start(self, embeddings: Embeddings, take: Callable[[TsnePlaces], object]) -> None:
        """Compute the places of test images; they go to `take`, an error to a notification."""
        members = chosen_points(len(embeddings.z_mean))
        z_mean = np.ascontiguousarray(embeddings.z_mean[members])
        digest = hashlib.sha256(repr(z_mean.shape).encode() + z_mean.tobytes()).digest()
        if digest in _kept:
            take(TsnePlaces.of(members, _kept[digest]))
            return
        self._process = process = TsneProcess()
        self._say("t-SNE: starting ... Esc cancels")

        async def compute() -> None:
            loop = asyncio.get_running_loop()

            def report(done: int, total: int) -> None:
                loop.call_soon_threadsafe(partial(self._progress, process, done, total))

            try:
                places = await asyncio.to_thread(process.run, z_mean, report)
            except EngineError as error:
                self._end(process)
                self._node.app.notify(f"{one_line(str(error))}.", severity="error", markup=False)
                return
            if places is None or self._process is not process or not has_widgets(self._node):
                return
            self._end(process)
            _keep(digest, places)
            take(TsnePlaces.of(members, places))

        run_async(self._node, compute, group="tsne")

    def cancel(self) -> None:
        """End the computation, if there is one."""
        if self._process is not None:
            self._process.cancel()
            self._end(self._process)

    def _progress(self, process: TsneProcess, done: int, total: int) -> None:
        if self._process is process:
            self._say(f"t-SNE: {done * 100 // max(1, total)} % ... Esc cancels")

    def _end(self, process: TsneProcess) -> None:
        if self._process is process:
            self._process = None
            self._say("")

    def _say(self, text: str) -> None:
        self.said = text
        if has_widgets(self._node):
            self._tell()


def _keep(digest: bytes, places: Floats) -> None:
    _kept[digest] = places
    while len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)
