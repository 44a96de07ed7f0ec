"""Reading again and again while a screen is the one that is seen."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

from textual.css.query import NoMatches
from textual.screen import Screen
from textual.worker import Worker

from tui.screen import run_async

_LOOK_SECONDS = 1.0
# After its work the thread sleeps this many times as long, but not for ever on a busy machine.
_REST, _LONGEST_REST = 10, 3.0


class Poller:
    """Reads once a second, less often where that takes long, and at once when asked."""

    def __init__(self, screen: Screen[Any], read: Callable[[], Awaitable[None]]) -> None:
        """Make what reads, from `follow` on.

        Args:
            screen: for which.
            read: reads what the screen is about, in a thread, and shows it.
        """
        self._screen, self._read = screen, read
        self._again = asyncio.Event()

    def poll_now(self) -> None:
        """Read now."""
        self._again.set()

    def follow(self) -> Worker[None]:
        """Read again and again, until the screen is left."""
        return run_async(self._screen, self._follow)

    async def _follow(self) -> None:
        while True:
            begun = time.monotonic()
            # Whoever asks while another screen is over this one is answered when it is seen again.
            self._again.clear()
            if self._screen.is_current:
                try:
                    await self._read()
                except NoMatches:
                    return  # The screen was closed, and its widgets were removed.
            worked = time.monotonic() - begun
            rest = max(_LOOK_SECONDS, min(_LONGEST_REST, worked * _REST))
            # Not `wait_for`: asked and cancelled at once, it would go on.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._again.wait()
