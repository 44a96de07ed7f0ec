"""Read files for a screen in threads, one read at a time."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.screen import Screen
from textual.worker import Worker

from tui.screen import run_async

_LOOK_SECONDS = 1.0
# Pause after a poll, in multiples of its duration, up to a limit in seconds.
_REST, _LONGEST_REST = 10, 3.0


class Poller:
    """Polls once per second, less often if reading is slow, and at once on request.

    One read at a time: cancelling a read would lose what it finds, but not stop its thread, so that
    of a slow folder nothing would ever be shown.
    """

    def __init__(self, screen: Screen[Any], read: Callable[[], Awaitable[None]]) -> None:
        """Prepare polling, which `follow` starts.

        Args:
            screen: polls only while it is the current screen.
            read: reads the data in a thread and shows them.
        """
        self._screen, self._read = screen, read
        self._again = asyncio.Event()

    def poll_now(self) -> None:
        """Poll now."""
        self._again.set()

    def follow(self) -> Worker[None]:
        """Start to poll, until the screen closes."""
        return run_async(self._screen, self._follow)

    async def _follow(self) -> None:
        while True:
            begun = time.monotonic()
            # Requests made while another screen covers this one are served once it is visible.
            self._again.clear()
            if self._screen.is_current:
                try:
                    await self._read()
                except NoMatches:
                    return  # The screen was closed, and its widgets were removed.
            worked = time.monotonic() - begun
            rest = max(_LOOK_SECONDS, min(_LONGEST_REST, worked * _REST))
            # Not `wait_for`: if set and cancelled at once, it would swallow the cancellation.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._again.wait()


class OneAtATime:
    """Does work whenever it is asked to, never twice at once.

    Asked while it works, it does the work once more: cancelling would not stop a thread, and what
    takes longer than the time between two requests would never be shown.
    """

    def __init__(self, node: DOMNode, work: Callable[[], Awaitable[None]], *, group: str) -> None:
        """Prepare what `run` does.

        Args:
            node: for which; when it is left, the work ends.
            work: reads in a thread what is wanted by then, and shows it.
            group: of the node's workers.
        """
        self._node, self._work, self._group = node, work, group
        self._is_asked = self._is_running = False

    def run(self) -> None:
        """Do the work now, or again after the present run."""
        self._is_asked = True
        if not self._is_running:
            self._is_running = True
            run_async(self._node, self._run, group=self._group)

    async def _run(self) -> None:
        try:
            while self._is_asked:
                self._is_asked = False
                await self._work()
        finally:
            self._is_running = False
