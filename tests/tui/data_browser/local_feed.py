"""The images' process as a thread: a test need not wait for Python to start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

from vae_engine.inspection.comparer import Comparer
from vae_engine.inspection.inspector import Inspector
from vae_engine.inspection.messages import Reply, Request
from vae_engine.sessions.session import Session


class LocalFeed:
    """Takes the place of `tui.image_feed.ImageFeed`."""

    def __init__(self, *folders: Path, epoch: int | None = None) -> None:
        self._folders, self._epoch = folders, epoch
        self._asked: SimpleQueue[Request | None] = SimpleQueue()

    def start(self) -> None:
        """Nothing: `follow` does all."""

    def follow(self, take: Callable[[Reply], object]) -> None:
        sessions = [Session(folder) for folder in self._folders]
        one = len(sessions) == 1
        inspector = Inspector(sessions[0], take, self._epoch) if one else Comparer(sessions, take)
        if inspector.open():
            while (request := self._asked.get()) is not None:
                inspector.answer(request)

    def ask(self, request: Request) -> None:
        self._asked.put(request)

    def close(self) -> None:
        self._asked.put(None)
