"""Defer Ctrl+C while something is started that must not be left half-done."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator


class Shield:
    """Provides contexts in which Ctrl+C is recorded instead of raised.

    Attributes:
        pressed: whether Ctrl+C was pressed in one of them.
    """

    def __init__(self) -> None:
        self.pressed = False

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        """Record Ctrl+C until the block ends."""
        before = signal.signal(signal.SIGINT, self._note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _note(self, *_: object) -> None:
        self.pressed = True
