"""Messages between an app and the processes that work for it, over pipes.

Each message is its length, 4 bytes, little-endian, and then MessagePack.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
from typing import IO

import msgspec

from vae_engine.errors import EngineError, Remedy

_LENGTH = struct.Struct("<I")
_MOST_BYTES = 2**30

_encoder = msgspec.msgpack.Encoder()


class Progressed(msgspec.Struct, frozen=True, tag=True):
    """How far something is; `total` is 0 where that is not known."""

    what: str
    done: int = 0
    total: int = 0


class TaskFailed(msgspec.Struct, frozen=True, tag="Failed"):
    """Something cannot be done; `remedy` and `subject` are those of the error."""

    what: str
    problem: str
    remedy: Remedy | None = None
    subject: str = ""

    @classmethod
    def of(cls, what: str, error: Exception) -> TaskFailed:
        """Return what an error says; a `MemoryError` often says nothing."""
        if isinstance(error, EngineError):
            return cls(what, str(error), error.remedy, error.subject)
        return cls(what, str(error) or "there is not enough memory")

    @property
    def error(self) -> EngineError:
        """The error that it reports."""
        return EngineError(self.problem, remedy=self.remedy, subject=self.subject)


def open_replies() -> IO[bytes]:
    """Prepare this process to work for an app; returns the stream that its replies go to."""
    # The terminal sends it to all of its processes; the app decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What libraries print must not come between the replies.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return replies


def send(stream: IO[bytes], message: msgspec.Struct) -> None:
    """Write a message.

    Raises:
        OSError: the other side is gone.
    """
    data = _encoder.encode(message)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive_bytes(stream: IO[bytes]) -> bytes | None:
    """The content of the next message; None when the other side is gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > _MOST_BYTES:
        return None
    data = stream.read(length)
    return data if len(data) == length else None
