"""Driver for slow links: smaller frames, and images first in few colours, later in all."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from textual import events
from textual.driver import Driver
from textual.geometry import Size
from textual.message import Message

from tui.terminal.coarse import Budget
from tui.terminal.wire import Wire

# 64 kbit/s carry 8,000 bytes per second. The rest is for what follows a frame.
_WANTED_BYTES: Final = 4_000
_MOST_BYTES: Final = 7_000
_LEAST_BYTES: Final = 1_500
_QUIET_SECONDS: Final = 1.0
_PART_BYTES: Final = 900
_PART_SECONDS: Final = 0.15


class Account:
    """Estimates the bytes that a link of 64 kbit/s still has to transmit."""

    def __init__(self) -> None:
        self._bytes = 0.0
        self._at = 0.0

    def written(self, size: int, now: float) -> None:
        """Record bytes written at `now`, in seconds."""
        self._bytes, self._at = self._waiting(now) + size, now

    def budget(self, now: float) -> Budget:
        """Return the size limit of a frame now: less while others are being transmitted."""
        waiting = int(self._waiting(now))
        most = max(_LEAST_BYTES, _MOST_BYTES - waiting)
        return Budget(min(_WANTED_BYTES, most), most, _MOST_BYTES)

    def _waiting(self, now: float) -> float:
        return max(0.0, self._bytes - (now - self._at) * _MOST_BYTES)


def compact_driver(driver: type[Driver]) -> type[Driver]:
    """Return a subclass of `driver` that compacts every frame."""

    class CompactDriver(driver):  # type: ignore[misc, valid-type]
        """Writes smaller frames."""

        def __init__(self, app: Any, **options: Any) -> None:
            super().__init__(app, **options)
            self._sized_app = app
            self._wire = Wire()
            self._account = Account()
            self._drawn_size: Size | None = None
            self._timers = asyncio.get_running_loop()
            self._next_part: asyncio.TimerHandle | None = None

        def write(self, data: str) -> None:
            # Not every resize comes through `process_message`, but the app knows of all.
            if self._sized_app.size != self._drawn_size:
                self._drawn_size = self._sized_app.size
                self._wire.forget()
            # Textual sends the whole screen for every dialog that opens or closes.
            budget = self._account.budget(time.monotonic())
            self._send(self._wire.compacted(data, mend=False, budget=budget), _QUIET_SECONDS)

        def redraw(self) -> None:
            """Send the next frame whole: other programs may have written over the screen."""
            self._wire.forget()

        def process_message(self, message: Message) -> None:
            if isinstance(message, events.Resize):
                # The terminal has moved or cut what it showed.
                self._wire.forget()
            super().process_message(message)

        def stop_application_mode(self) -> None:
            # From now on the terminal is the shell's.
            self._wire.forget()
            self._wait(None)
            super().stop_application_mode()

        def _send(self, data: str, rest_seconds: float) -> None:
            """Write, and send the images' other colours after a pause."""
            size = len(data.encode())
            self._account.written(size, time.monotonic())
            super().write(data)
            # A clock or a blinking cursor does not postpone it forever.
            if self._next_part is None or size > _PART_BYTES or not self._wire.owes:
                self._wait(rest_seconds if self._wire.owes else None)

        def _wait(self, seconds: float | None) -> None:
            if self._next_part is not None:
                self._next_part.cancel()
                self._next_part = None
            if seconds is not None:
                self._next_part = self._timers.call_later(seconds, self._refine)

        def _refine(self) -> None:
            self._next_part = None
            if data := self._wire.refined(_PART_BYTES):
                self._send(data, _PART_SECONDS)

    return CompactDriver
