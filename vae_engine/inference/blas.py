"""Limit matrix products to one thread: two threads on busy cores wait for each other.

Beside a training on both cores, 64 images took 23 to 150 ms with two threads and 3 to 4 ms with one
(decision 15).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import cache
from queue import SimpleQueue
from typing import Any

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_users = 0
_limit: Any = None


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Limit NumPy's matrix products to one thread while any block is active, in any thread."""
    global _users, _limit
    with _lock:
        if not _users:
            _limit = _controller().run(lambda of: of.limit(limits=1, user_api="blas"))
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if not _users:
                limit, _limit = _limit, None
                _controller().run(lambda _: limit.restore_original_limits())


class _Controller:
    """Sets limits in a thread of its own, whoever asks.

    threadpoolctl lets only the first thread that sets a limit change it, as long as it lives, and
    ignores all others.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[Callable[[ThreadpoolController], Any]] = SimpleQueue()
        self._done: SimpleQueue[Any] = SimpleQueue()
        threading.Thread(target=self._work, name="blas", daemon=True).start()

    def run(self, change: Callable[[ThreadpoolController], Any]) -> Any:
        """Make a change and return its result; one at a time."""
        self._asked.put(change)
        return self._done.get()

    def _work(self) -> None:
        controller = ThreadpoolController()
        while True:
            self._done.put(self._asked.get()(controller))


@cache
def _controller() -> _Controller:
    return _Controller()
