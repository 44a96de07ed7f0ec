"""What views read of a session beside its decoders: embeddings, and the KL of each dimension."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from textual.screen import Screen

from tui.sampler.embeddings import Embeddings, embeddings_of
from tui.screen import has_widgets, run_async
from tui.text import one_line
from vae_engine.errors import EngineError
from vae_engine.inference.traversal import kl_of_export
from vae_engine.sessions.records import ExportEntry
from vae_engine.sessions.session import Session

TakesEmbeddings = Callable[[Embeddings | None, str], None]
TakesKl = Callable[[tuple[float, ...]], None]


class Readings:
    """Reads in threads, for a screen."""

    def __init__(self, screen: Screen[Any], session: Session) -> None:
        """Make what reads.

        Args:
            screen: for which.
            session: of which nothing but its folder is read.
        """
        self._screen, self._session = screen, session

    def embeddings(self, entry: ExportEntry, take: TakesEmbeddings) -> None:
        """Read the embeddings by an export's encoder for `take`, or why there are none."""
        run_async(self._screen, partial(self._embed, entry, take), group="embeddings")

    def kl(self, entry: ExportEntry, take: TakesKl) -> None:
        """Read the KL at an export, in nats, for `take`: nothing where it is not known."""
        run_async(self._screen, partial(self._measure, entry, take), group="kl")

    async def _embed(self, entry: ExportEntry, take: TakesEmbeddings) -> None:
        embeddings, why_none = None, "no test images were saved"
        try:
            embeddings = await asyncio.to_thread(embeddings_of, self._session, entry)
        except EngineError as error:
            why_none = one_line(str(error))
        self._give(partial(take, embeddings, why_none))

    async def _measure(self, entry: ExportEntry, take: TakesKl) -> None:
        self._give(partial(take, await asyncio.to_thread(_kl, self._session, entry)))

    def _give(self, take: Callable[[], None]) -> None:
        # As a message of the screen: once it is being left, it takes none.
        if has_widgets(self._screen):
            self._screen.call_later(take)


def _kl(session: Session, entry: ExportEntry) -> tuple[float, ...]:
    # The screen's own session may be polled by another thread.
    read = Session(session.folder)
    try:
        read.poll(progress=False)
    except (EngineError, OSError):
        # The dimensions then stand in their own order; the dashboard says what is wrong.
        return ()
    return kl_of_export(read, entry)
