"""Polls the sessions folder and reports changes of the list."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tui.catalogue import Catalogue, Entry
from vae_engine.errors import SessionError

_SCAN_SECONDS = 1.0
# While another screen covers the list, polling only serves to report ended sessions.
_ALERT_SECONDS = 5.0
# After a scan, sleep for this many times its duration, to use only a few % of a core.
_REST = 20
# A thousand folders take seconds to measure; in batches, so that the list shows sizes early.
_MEASURE_SECONDS = 0.2


class SessionFollower:
    """Polls the sessions folder and measures the sessions, in a thread."""

    def __init__(self, root: Path, report: Callable[[tuple[Entry, ...], str], object]) -> None:
        """Make the follower; `run` starts it.

        Args:
            root: the sessions folder.
            report: called in the thread with all sessions, and the reading error or "".
        """
        self._root, self._report = root, report
        self._ends = threading.Event()
        self._wake = threading.Event()
        self._seconds = _SCAN_SECONDS

    def poll_now(self) -> None:
        """Poll now."""
        self._wake.set()

    def watch_closely(self, closely: bool) -> None:
        """Poll once per second, or only often enough to report ended sessions."""
        self._seconds = _SCAN_SECONDS if closely else _ALERT_SECONDS
        if closely:
            self.poll_now()

    def end(self) -> None:
        """Make `run` return."""
        self._ends.set()
        self._wake.set()

    def run(self) -> None:
        """Poll until `end` is called."""
        catalogue = Catalogue(self._root)
        reported: tuple[tuple[Entry, ...], str] | None = None
        while not self._ends.is_set():
            begun = time.thread_time()
            for found in _polls(catalogue):
                if found != reported:
                    reported = found
                    self._report(*found)
            worked = time.thread_time() - begun
            self._wake.wait(max(self._seconds, worked * _REST))
            self._wake.clear()


def _polls(catalogue: Catalogue) -> Iterator[tuple[tuple[Entry, ...], str]]:
    """Yield the sessions or a reading error, then the sessions again with more sizes."""
    try:
        yield tuple(catalogue.scan()), ""
    except SessionError as error:
        yield (), str(error)
    else:
        yield tuple(catalogue.measure(_MEASURE_SECONDS)), ""
