"""The images' process as a thread: a test need not wait for Python to start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

from vae_engine.inspection.inspector import Inspector
from vae_engine.inspection.messages import Reply, Request
from vae_engine.sessions.session import Session


class LocalFeed:
    """Takes the place of `tui.data_browser.feed.ImageFeed`."""

    def __init__(self, folder: Path, epoch: int | None = None) -> None:
        self._folder, self._epoch = folder, epoch
        self._asked: SimpleQueue[Request | None] = SimpleQueue()

    def follow(self, take: Callable[[Reply], object]) -> None:
        inspector = Inspector(Session(self._folder), take, self._epoch)
        if inspector.open():
            while (request := self._asked.get()) is not None:
                inspector.answer(request)

    def ask(self, request: Request) -> None:
        self._asked.put(request)

    def close(self) -> None:
        self._asked.put(None)
