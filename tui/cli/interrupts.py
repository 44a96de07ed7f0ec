"""Ctrl+C while something is started that cannot be undone half-way."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator


class Shield:
    """Gives contexts that take note of Ctrl+C instead of being interrupted.

    Attributes:
        pressed: whether it was pressed in one of them.
    """

    def __init__(self) -> None:
        self.pressed = False

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        """Take note until the block ends."""
        before = signal.signal(signal.SIGINT, self._note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _note(self, *_: object) -> None:
        self.pressed = True
