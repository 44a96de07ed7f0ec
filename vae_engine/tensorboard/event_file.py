"""TensorBoard's event files: records of summaries, appended.

Only TensorBoard's record writer and its messages are used. Its `EventFileWriter` opens files
through TensorFlow where that is installed, and writes from a thread, where errors are nobody's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from vae_engine.sessions import disk
from vae_engine.tensorboard.protos import Event, RecordWriter, SourceMetadata, Summary


class EventFile:
    """A new event file that one process appends to."""

    def __init__(self, path: Path, *, time: float) -> None:
        """Create the file; `time` is in seconds since 1970.

        Raises:
            OSError: it cannot be created.
        """
        self._path = path
        self._file = path.open("xb")
        self._records = RecordWriter(self._file)
        source = SourceMetadata(writer="vae_engine.tensorboard.event_file")
        self._write(Event(wall_time=time, file_version="brain.Event:2", source_metadata=source))

    def add(self, values: Iterable[Summary.Value], *, step: int, time: float) -> None:
        """Append summary values of one step.

        Raises:
            OSError: the disk refused.
        """
        self._write(Event(wall_time=time, step=step, summary=Summary(value=values)))

    def flush(self) -> None:
        """Flush, so that readers see the added values.

        Raises:
            OSError: the disk refused.
        """
        self._file.flush()

    def sync(self) -> None:
        """Sync the added values.

        Raises:
            OSError: the disk refused.
        """
        self.flush()
        disk.sync_open_file(self._file.fileno(), self._path)

    def move(self, path: Path) -> None:
        """Sync and rename the file in its folder; later values go to the renamed file.

        Raises:
            OSError: the disk refused.
        """
        self.sync()
        self._path.replace(path)
        self._path = path
        disk.sync_folder(path.parent)

    def discard(self) -> None:
        """Close and delete the file, ignoring disk errors."""
        self.abandon()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Close the file, ignoring disk errors."""
        with contextlib.suppress(OSError):
            self._file.close()

    def _write(self, event: Event) -> None:
        self._records.write(event.SerializeToString())
