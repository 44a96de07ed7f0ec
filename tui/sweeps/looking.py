"""Screens that read again and again while they are the one that is seen."""

from __future__ import annotations

import asyncio
import contextlib
import time

from textual import work
from textual.css.query import NoMatches

from tui.screen import WorkbenchScreen

_LOOK_SECONDS = 1.0
# After its work the thread rests so many times as long, but not for ever on a busy machine.
_REST, _LONGEST_REST = 10, 3.0


class LookingScreen(WorkbenchScreen):
    """Reads once a second, less often where that takes long, and at once when asked."""

    def __init__(self) -> None:
        super().__init__()
        self._again = asyncio.Event()

    async def read(self) -> None:
        """Read what the screen is about, in a thread, and show it."""
        raise NotImplementedError

    def look_again(self) -> None:
        """Read now."""
        self._again.set()

    def on_screen_resume(self) -> None:
        """Catch up with what happened meanwhile."""
        self.look_again()

    @work
    async def follow(self) -> None:
        """Read again and again, until the screen is left."""
        while True:
            begun = time.monotonic()
            # Whoever asks while another screen is over this one is answered when it is seen again.
            self._again.clear()
            if self.is_current:
                try:
                    await self.read()
                except NoMatches:
                    return  # The screen is left, and its widgets are gone.
            worked = time.monotonic() - begun
            rest = max(_LOOK_SECONDS, min(_LONGEST_REST, worked * _REST))
            # Not `wait_for`: asked and cancelled at once, it would go on.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._again.wait()
