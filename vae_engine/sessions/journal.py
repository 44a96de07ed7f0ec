"""The worker's pen: events, and the summary that follows from them."""

from __future__ import annotations

import threading
from pathlib import Path

from vae_engine.sessions import atomic, layout
from vae_engine.sessions.events import AnyEvent, EventReader, EventWriter, Progress
from vae_engine.sessions.progress import SessionLog


class Journal:
    """Writes a session's events and keeps `summary.json` true; safe to use from several threads.

    Attributes:
        log: what all events so far add up to, earlier runs included.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._writer = EventWriter(folder / layout.EVENTS)
        self.log = SessionLog()
        for events in EventReader(folder / layout.EVENTS).batches(progress=False):
            self.log.apply(events)

    def emit(self, event: AnyEvent) -> None:
        """Append an event; all but progress reach the disk before this returns.

        Raises:
            OSError: the disk refused.
        """
        durable = not isinstance(event, Progress)
        with self._lock:
            self.log.apply([self._writer.append(event, durable=durable)])
            if durable:
                path = self._folder / layout.SUMMARY
                summary = self.log.summary(self._writer.size)
                atomic.write_record(path, summary, durable=False)

    def close(self) -> None:
        """Close the log."""
        self._writer.close()
