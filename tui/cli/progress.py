"""Progress of reading many images: one line on stderr, rewritten in place."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tui.cli.output import terminal_width
from tui.text import one_line

_SECONDS = 0.2


class ReadingProgress:
    """Writes the line; nothing if stderr is not a terminal."""

    def __init__(self) -> None:
        self._stream = sys.stderr
        self._shown = self._stream is not None and self._stream.isatty()
        self._last = 0.0
        self._written = False

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show the step, the number of images done, and the total."""
        now = time.monotonic()
        if not self._shown or (now - self._last < _SECONDS and done < total):
            return
        self._last = now
        count = f" {done:,} of {total:,} ({done * 100 // total} %)" if total else ""
        line = one_line(f"{what}{count}")[: terminal_width() - 1]
        self._stream.write(f"\r{line:<{terminal_width() - 1}}")
        self._stream.flush()
        self._written = True

    def clear(self) -> None:
        """Clear the line."""
        if self._written:
            self._stream.write("\r" + " " * (terminal_width() - 1) + "\r")
            self._stream.flush()


@contextmanager
def reading_progress() -> Iterator[ReadingProgress]:
    """Show a progress line while images are read, then remove it."""
    progress = ReadingProgress()
    try:
        yield progress
    finally:
        progress.clear()
