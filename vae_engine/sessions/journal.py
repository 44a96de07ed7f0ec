"""Writes the event log and keeps `summary.json` up to date."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

from vae_engine.sessions import atomic, layout
from vae_engine.sessions.event_log import EventReader, EventWriter
from vae_engine.sessions.events import AnyEvent, Progress, RunEnded
from vae_engine.sessions.progress import SessionLog

_log = logging.getLogger(__name__)

# A few disk blocks for an event, a summary and some lines of the worker's log.
_RESERVE_BYTES = 64 * 1024


class Journal:
    """Writes a session's events and keeps `summary.json` up to date; thread-safe.

    Attributes:
        log: the reduction of all events so far, including earlier runs.
    """

    def __init__(self, folder: Path) -> None:
        """Open the log of the session in `folder`.

        Raises:
            SessionDamagedError: the log is not a regular file.
            OSError: it cannot be written, or the disk is full.
        """
        self._folder = folder
        self._lock = threading.Lock()
        self._listeners: list[Callable[[AnyEvent], None]] = []
        self._check: Callable[[], None] = lambda: None
        self._identity = folder.stat()
        self._reserve = atomic.Reserve(folder, _RESERVE_BYTES)
        try:
            self._writer = EventWriter(folder / layout.EVENTS)
        except BaseException:
            self._reserve.release()
            raise
        self.log = SessionLog()
        for events in EventReader(folder / layout.EVENTS).batches(progress=False):
            self.log.apply(events)
        # Whoever opens the log holds the session, so the previous worker has ended.
        self.log.settle(alive=False)

    def check_before_writing(self, check: Callable[[], None]) -> None:
        """Call `check` before every event; if it raises, the event is not written."""
        self._check = check

    def listen(self, listener: Callable[[AnyEvent], None]) -> None:
        """Call `listener` with every event from now on, after it was written, in the writing
        thread."""
        self._listeners.append(listener)

    def emit(self, event: AnyEvent) -> None:
        """Append an event, synced unless it is progress.

        Raises:
            OSError: the disk refused.
            SessionLostError: another worker has the session.
        """
        durable = not isinstance(event, Progress)
        with self._lock:
            self._check()
            written = self._writer.append(event, durable=durable)
            self.log.apply([written])
            if durable:
                self._summarize()
        for listener in self._listeners:
            listener(written)

    def end(self, event: RunEnded) -> None:
        """Write the run's last event, for which space is reserved, and close.

        Raises:
            OSError: the disk refused.
        """
        self._reserve.release()
        try:
            self.emit(event)
        finally:
            self.close()

    def close(self) -> None:
        """Close the log."""
        self._reserve.release()
        self._writer.close()

    def _summarize(self) -> None:
        try:
            if not os.path.samestat(self._folder.stat(), self._identity):
                return  # Another folder has its name: the summary is not for that one.
            summary = self.log.summary(self._writer.size)
            atomic.write_record(self._folder / layout.SUMMARY, summary, durable=False)
        except OSError as error:
            # It is a cache: readers reduce the log if it is longer than recorded.
            _log.warning("%s cannot be written: %s", layout.SUMMARY, error.strerror)
