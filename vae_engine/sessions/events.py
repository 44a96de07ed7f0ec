"""The event log: one JSON object a line, appended by the worker, read by anyone at any time."""

# No `from __future__ import annotations`: msgspec would compile them one by one at every start.

import errno
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, get_args

import msgspec
from msgspec import Meta

from vae_engine.errors import SessionDamagedError
from vae_engine.image_shape import GREY_28
from vae_engine.sessions import atomic, disk
from vae_engine.sessions.lines import LineReader
from vae_engine.sessions.records import Count, EndStatus, Epoch, Seconds, Shape, check_shape


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every event carries: its number in the log and the time in seconds since 1970."""

    seq: Count = 0
    time: Seconds = 0.0


class RunStarted(Event, frozen=True, kw_only=True, tag="run_started"):
    """A worker took the session over. `epochs` is the epoch this run trains up to.

    `tells_begun`: whether the run tells when it has `Begun`; earlier versions did not.
    """

    run: Count
    host: str
    pid: int
    epochs: Epoch
    min_epochs: Epoch
    tells_begun: bool = False


class Preparing(Event, frozen=True, kw_only=True, tag="preparing"):
    """The run's start has come to a stage: `tensorflow` is imported, `data` read, `network` built.

    Versions to come may have others.
    """

    stage: Annotated[str, Meta(max_length=40)]


class Prepared(Event, frozen=True, kw_only=True, tag="prepared"):
    """TensorFlow, the data and the network are ready; training begins after `epoch`.

    `image_shape` is (height, width, channels); earlier versions trained on 28x28 grey only.
    """

    epoch: Epoch
    step: Epoch
    environment: dict[str, str | int]
    dataset: dict[str, str | int]
    parameters: Count
    image_shape: Shape = GREY_28

    def __post_init__(self) -> None:
        """Refuse a shape that no session has.

        Raises:
            ValueError: it is of other sides or channels.
        """
        check_shape(self.image_shape)


class Begun(Event, frozen=True, kw_only=True, tag="begun"):
    """The run's first steps are done: from here on it counts."""


class Progress(Event, frozen=True, kw_only=True, tag="progress"):
    """Means over the steps of the running epoch so far; losses in nats an image."""

    epoch: Epoch
    step: Epoch
    steps: Epoch
    loss: float
    reconstruction_loss: float
    kl_loss: float
    images_per_second: float


class EpochEnded(Event, frozen=True, kw_only=True, tag="epoch"):
    """One epoch's figures. Losses in nats an image, `duration` in seconds.

    `loss` is measured with the beta in force, while the weights move; `val_loss` with the beta of
    the settings on the validation split; `val_elbo` at beta = 1, as always. `kl_per_dimension`
    and `active_units` are of the validation split. `earliest_end` is the epoch at which this run
    ends at the earliest, as far as convergence is known; 0 where an earlier version wrote it.
    """

    epoch: Epoch
    loss: float
    reconstruction_loss: float
    kl_loss: float
    val_loss: float
    val_reconstruction_loss: float
    val_kl_loss: float
    val_elbo: float
    kl_per_dimension: Annotated[list[float], Meta(max_length=256)]
    active_units: Count
    learning_rate: float
    beta: float
    images_per_second: float
    duration: Seconds
    earliest_end: Epoch = 0


class Exported(Event, frozen=True, kw_only=True, tag="exported"):
    """Encoder and decoder of `epoch` can be loaded from the exports folder."""

    epoch: Epoch


class Paused(Event, frozen=True, kw_only=True, tag="paused"):
    """Training rests, with a checkpoint, until it is told to continue."""


class Continued(Event, frozen=True, kw_only=True, tag="continued"):
    """Training goes on after a pause."""


class Stopping(Event, frozen=True, kw_only=True, tag="stopping"):
    """The worker was told to stop: `now`, or at the end of the epoch."""

    now: bool


class CommandIgnored(Event, frozen=True, kw_only=True, tag="command_ignored"):
    """A command that the worker did not carry out, and why."""

    command: str
    why: str


class Warned(Event, frozen=True, kw_only=True, tag="warning"):
    """Something beside the training failed, which goes on; `text` says what in one line."""

    text: str


class Finishing(Event, frozen=True, kw_only=True, tag="finishing"):
    """Training has ended for `reason`; evaluation and exports follow."""

    reason: str


class RunEnded(Event, frozen=True, kw_only=True, tag="run_ended"):
    """The worker's last word."""

    status: EndStatus
    reason: str


AnyEvent = (
    RunStarted
    | Preparing
    | Prepared
    | Begun
    | Progress
    | EpochEnded
    | Exported
    | Paused
    | Continued
    | Stopping
    | CommandIgnored
    | Warned
    | Finishing
    | RunEnded
)


class _Stamp(msgspec.Struct):
    """What is read of an event whose type does not matter."""

    type: str
    seq: Count


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_stamp_decoder = msgspec.json.Decoder(_Stamp)
_DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_TYPES = frozenset(kind.__struct_config__.tag for kind in get_args(AnyEvent))


class EventWriter:
    """Appends events; the worker holds the only one. Safe to use from several threads.

    Attributes:
        size: bytes of the log.
    """

    def __init__(self, path: Path) -> None:
        """Open the log, and cut off a half line that a killed writer left.

        Raises:
            SessionDamagedError: the log is no regular file.
            OSError: it cannot be written.
        """
        self._path = path
        self._lock = threading.Lock()
        self._file = _open_to_append(path)
        try:
            # So that the file itself survives a power cut, once it has an event that must.
            disk.sync_folder(path.parent)
            self.size, self._seq = _mend_tail(self._file, path)
        except BaseException:
            os.close(self._file)
            raise

    def append(self, event: AnyEvent, *, durable: bool = False) -> AnyEvent:
        """Write one event with the next number and the current time, and return it so.

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
            # From here on readers may have seen the line: it must stay, come what may.
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
    # A disk that fills up takes a part first; only the next write tells why it took no more.
    while data:
        data = data[os.write(descriptor, data) :]


def _mend_tail(descriptor: int, path: Path) -> tuple[int, int]:
    """Cut off a half line that a killed writer left; return the size and the last number."""
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
    """Follows a log: each `read` returns the events that were added since the last one.

    A half line at the end is left for the next read. Damaged lines are counted and passed over;
    events of a type that only a newer version knows are passed over.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        """Read the log at `path`, from the line that begins at byte `offset`."""
        self._lines = LineReader(path, offset)
        self._not_events = 0

    @property
    def offset(self) -> int:
        """Bytes of the log up to the end of the last whole line that was read."""
        return self._lines.offset

    @property
    def damaged(self) -> int:
        """Lines so far that are no event."""
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
        """Yield all new events up to the log's present end, in as many reads as it takes."""
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
    """Whether a line of the log is a `Progress` event."""
    return line.startswith(b'{"type":"progress"')
