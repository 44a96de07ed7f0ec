"""Ctrl+C while something is started that cannot be undone half-way."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def interrupts_noted() -> Iterator[Callable[[], bool]]:
    """Take note of Ctrl+C instead of being interrupted; gives whether it was pressed."""
    pressed = False

    def note_press(*_: object) -> None:
        nonlocal pressed
        pressed = True

    before = signal.signal(signal.SIGINT, note_press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)
