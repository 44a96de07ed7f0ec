"""The event log: one JSON object per line, appended by the worker, read by anyone at any time."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic, disk
from vae_engine.sessions.events import AnyEvent
from vae_engine.sessions.lines import LineReader
from vae_engine.sessions.records import Count


class _Stamp(msgspec.Struct):
    """The fields read of an event whose type does not matter."""

    type: str
    seq: Count


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_stamp_decoder = msgspec.json.Decoder(_Stamp)
_DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_TYPES = frozenset(kind.__struct_config__.tag for kind in get_args(AnyEvent))


class EventWriter:
    """Appends events; only the worker has one. Thread-safe.

    Attributes:
        size: bytes of the log.
    """

    def __init__(self, path: Path) -> None:
        """Open the log, and remove an incomplete line left by a killed writer.

        Raises:
            SessionDamagedError: the log is no regular file.
            OSError: it cannot be written.
        """
        self._path = path
        self._lock = threading.Lock()
        self._file = _open_to_append(path)
        try:
            # Makes the file itself survive a power cut, before the first event that must.
            disk.sync_folder(path.parent)
            self.size, self._seq = _mend_tail(self._file, path)
        except BaseException:
            os.close(self._file)
            raise

    def append(self, event: AnyEvent, *, durable: bool = False) -> AnyEvent:
        """Write an event with the next number and the current time; returns it with both.

        Raises:
            OSError: the disk refused; the log is whole, and without the event unless only its
                way from the system's memory to the disk failed.
        """
        with self._lock:
            numbered = msgspec.structs.replace(event, seq=self._seq + 1, time=time.time())
            line = _encoder.encode(numbered) + b"\n"
            try:
                _write_whole(self._file, line)
            except OSError:
                os.ftruncate(self._file, self.size)
                raise
            # From here on readers may have seen the line, so it must stay.
            self.size += len(line)
            self._seq += 1
            if durable:
                disk.sync_open_file(self._file, self._path)
            return numbered

    def close(self) -> None:
        """Close the log."""
        os.close(self._file)


def _open_to_append(path: Path) -> int:
    try:
        return atomic.open_to_write(path, os.O_RDWR | os.O_APPEND)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO, errno.EINVAL):
            raise SessionDamagedError(f"{path.name} is not a regular file") from None
        raise


def _write_whole(descriptor: int, data: bytes) -> None:
    # A full disk takes a part first; only the next write reports the reason.
    while data:
        data = data[os.write(descriptor, data) :]


def _mend_tail(descriptor: int, path: Path) -> tuple[int, int]:
    """Remove an incomplete line left by a killed writer; return the size and the last number."""
    reader = LineReader(path)
    last, before = 0, -1
    while before != reader.position:
        before = reader.position
        stamps = [stamp for line in reader.read() if (stamp := _stamp(line))]
        last = max([last, *(stamp.seq for stamp in stamps)])
    if os.fstat(descriptor).st_size != reader.offset:
        os.ftruncate(descriptor, reader.offset)
    return reader.offset, last


def _stamp(line: bytes) -> _Stamp | None:
    try:
        return _stamp_decoder.decode(line)
    except _DECODE_ERRORS:
        return None


class EventReader:
    """Follows a log: each `read` returns the events added since the last one.

    A half line at the end is left for the next read. Damaged lines are counted and passed over;
    events of a type that only a newer version knows are passed over.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        """Read the log at `path`, from the line that begins at byte `offset`."""
        self._lines = LineReader(path, offset)
        self._not_events = 0

    @property
    def offset(self) -> int:
        """Bytes of the log up to the end of the last complete line that was read."""
        return self._lines.offset

    @property
    def damaged(self) -> int:
        """Number of lines so far that are not events."""
        return self._not_events + self._lines.overlong

    def read(self, *, progress: bool = True) -> list[AnyEvent]:
        """Return new events, of at most 4 MiB of log.

        Args:
            progress: False passes over `Progress` events unread, which makes a long log quick.

        Raises:
            SessionDamagedError: the log exists but is no readable regular file.
        """
        lines = self._lines.read()
        return [event for line in lines if (event := self._event(line, progress))]

    def batches(self, *, progress: bool = True) -> Iterator[list[AnyEvent]]:
        """Yield all new events up to the log's present end, in several reads if necessary."""
        before = -1
        while before != self._lines.position:
            before = self._lines.position
            yield self.read(progress=progress)

    def read_all(self, *, progress: bool = True) -> list[AnyEvent]:
        """Return all new events up to the log's present end."""
        return [event for batch in self.batches(progress=progress) for event in batch]

    def _event(self, line: bytes, progress: bool) -> AnyEvent | None:
        if not progress and is_progress(line):
            return None
        try:
            return _decoder.decode(line)
        except _DECODE_ERRORS:
            stamp = _stamp(line)
            if stamp is None or stamp.type in _TYPES:
                self._not_events += 1
            return None


def is_progress(line: bytes) -> bool:
    """Return whether a line of the log is a `Progress` event."""
    return line.startswith(b'{"type":"progress"')
