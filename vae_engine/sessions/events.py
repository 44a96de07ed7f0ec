"""The event log: one JSON object a line, appended by the worker, read by anyone at any time."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions.records import EndStatus, Epoch


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every event carries: its number in the log and the time in seconds since 1970."""

    seq: int = 0
    time: float = 0.0


class RunStarted(Event, frozen=True, kw_only=True, tag="run_started"):
    """A worker took the session over. `epochs` is the epoch this run trains up to."""

    run: int
    host: str
    pid: int
    epochs: Epoch
    min_epochs: Epoch


class Prepared(Event, frozen=True, kw_only=True, tag="prepared"):
    """TensorFlow, the data and the network are ready; training begins after `epoch`."""

    epoch: Epoch
    step: Epoch
    environment: dict[str, str | int]
    dataset: dict[str, str | int]
    parameters: int


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
    and `active_units` are of the validation split.
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
    active_units: int
    learning_rate: float
    beta: float
    images_per_second: float
    duration: float


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


class Finishing(Event, frozen=True, kw_only=True, tag="finishing"):
    """Training has ended for `reason`; evaluation and exports follow."""

    reason: str


class RunEnded(Event, frozen=True, kw_only=True, tag="run_ended"):
    """The worker's last word."""

    status: EndStatus
    reason: str


AnyEvent = (
    RunStarted
    | Prepared
    | Progress
    | EpochEnded
    | Exported
    | Paused
    | Continued
    | Stopping
    | CommandIgnored
    | Finishing
    | RunEnded
)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
# A line longer than this is damage, not an event: 256 floats take under 8 KiB.
_LINE_LIMIT = 64 * 1024
_CHUNK = 4 * 2**20


class EventWriter:
    """Appends events; the worker holds the only one. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        self._size, self._seq = _mend_tail(self._file, path)

    def append(self, event: AnyEvent, *, durable: bool = False) -> AnyEvent:
        """Write one event with the next number and the current time, and return it so.

        Raises:
            OSError: the disk refused; the log then ends with the event before.
        """
        with self._lock:
            numbered = msgspec.structs.replace(event, seq=self._seq + 1, time=time.time())
            line = _encoder.encode(numbered) + b"\n"
            try:
                written = os.write(self._file, line)
                if written != len(line):
                    raise OSError(f"only {written} of {len(line)} bytes were written")
                if durable:
                    os.fsync(self._file)
            except OSError:
                os.ftruncate(self._file, self._size)
                raise
            self._size += len(line)
            self._seq += 1
            return numbered

    def close(self) -> None:
        """Close the log."""
        os.close(self._file)


def _mend_tail(descriptor: int, path: Path) -> tuple[int, int]:
    """Cut off a half line that a killed writer left; return the size and the last number."""
    reader = EventReader(path)
    last = 0
    for event in reader.read_all():
        last = max(last, event.seq)
    os.ftruncate(descriptor, reader.offset)
    return reader.offset, last


class EventReader:
    """Follows a log: each `read` returns the events that were added since the last one.

    A half line at the end is left for the next read. Lines that are no event this version knows
    are counted in `damaged` and passed over.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.offset = 0
        self.damaged = 0

    def read(self, *, progress: bool = True) -> list[AnyEvent]:
        """Return new events, of at most 4 MiB of log.

        Args:
            progress: False passes over `Progress` events unread, which makes a long log quick.

        Raises:
            SessionDamagedError: the log exists but is no readable regular file.
        """
        data = self._read_bytes()
        end = data.rfind(b"\n") + 1
        if not end:
            if len(data) >= _CHUNK:
                # No line is that long: pass over it, or the reader would stand here for ever.
                self.offset += len(data)
                self.damaged += 1
            return []
        self.offset += end
        lines = data[: end - 1].split(b"\n")
        return [event for line in lines if (event := self._event(line, progress))]

    def read_all(self, *, progress: bool = True) -> list[AnyEvent]:
        """Return all new events up to the log's present end."""
        events: list[AnyEvent] = []
        before = -1
        while before != self.offset:
            before = self.offset
            events += self.read(progress=progress)
        return events

    def _read_bytes(self) -> bytes:
        try:
            descriptor = os.open(
                self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            )
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise SessionDamagedError(
                f"{self._path.name} cannot be read: {error.strerror}"
            ) from None
        try:
            return os.pread(descriptor, _CHUNK, self.offset)
        except OSError as error:
            raise SessionDamagedError(
                f"{self._path.name} cannot be read: {error.strerror}"
            ) from None
        finally:
            os.close(descriptor)

    def _event(self, line: bytes, progress: bool) -> AnyEvent | None:
        if not progress and line.startswith(b'{"type":"progress"'):
            return None
        try:
            if len(line) <= _LINE_LIMIT:
                return _decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
        self.damaged += 1
        return None
