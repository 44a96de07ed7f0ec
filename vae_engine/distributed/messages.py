"""Messages between workers: length-prefixed MessagePack over TCP."""

from __future__ import annotations

import socket
import struct
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from vae_engine.errors import DistributedError
from vae_engine.sessions.records import Count, EndStatus, SessionId, Sha256, WorkerRecord
from vae_engine.settings import Settings

PROTOCOL = 2

# Far above any valid message: the longest have the learning rates of a fifth of a second.
_LIMIT = 2**20
_LENGTH = struct.Struct(">I")

PART_BYTES = 2**19
"""Size of the parts in which a record of images is sent."""

LINE_LENGTH = 1000
"""Characters of a line at most; whoever sends a longer one cuts it."""
Line = Annotated[str, Meta(max_length=LINE_LENGTH)]


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A worker's first message to the chief.

    `given` are its own settings other than the defaults. It trains with the chief's settings, which
    these must not contradict.
    """

    protocol: int = PROTOCOL
    index: Count
    workers: tuple[str, ...]
    replicas: Count
    versions: dict[str, str]
    given: dict[str, str]


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The chief refuses the worker."""

    why: Line


class Welcome(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The chief accepts the worker, and sends it the session.

    `addresses` are those of TensorFlow's own servers; `split` is the method of the splits; by
    `chief`, a worker recognizes the session folder. `trained_on` is the digest of the images of
    earlier runs; the record of these images follows in `ImageRecordPart`, `recorded_bytes` in all.
    """

    session: SessionId
    settings: Settings
    chief: WorkerRecord
    addresses: tuple[str, ...]
    split: Literal["position", "content"]
    trained_on: Sha256 | None = None
    recorded_bytes: Count = 0


class ImageRecordPart(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A part of the session's record of its images, which a worker's machine does not have."""

    content: bytes


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A worker has its images and networks."""

    dataset_sha256: Sha256


class Synchronize(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """All workers copy the chief's weights and optimizer state."""


class Chunk(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Run steps `first` to `last` (exclusive) of an epoch, with these rates and betas.

    Both are float32 as bytes, so that every worker has the same bits.
    """

    epoch: Count
    first: Count
    last: Count
    learning_rates: bytes
    betas: bytes


class Beat(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A heartbeat of its sender."""


class Leaving(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A worker got a termination signal, and exits after the chief's checkpoint."""

    why: Line


class WorkerFailed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A worker has failed and exits."""

    why: Line


class End(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The run has ended."""

    status: EndStatus
    reason: Line


Message = (
    Hello
    | Refused
    | Welcome
    | ImageRecordPart
    | Ready
    | Synchronize
    | Chunk
    | Beat
    | Leaving
    | WorkerFailed
    | End
)

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def write(connection: socket.socket, message: Message) -> None:
    """Send a message.

    Raises:
        OSError: the connection is broken, or timed out.
    """
    data = _encoder.encode(message)
    connection.sendall(_LENGTH.pack(len(data)) + data)


def read(connection: socket.socket) -> Message:
    """Receive a message.

    Raises:
        EOFError: the connection ended.
        OSError: the connection is broken, or timed out.
        DistributedError: the data is not a message.
    """
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    if length > _LIMIT:
        raise DistributedError("this is not a worker's message")
    try:
        return _decoder.decode(_exactly(connection, length))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise DistributedError("this is not a worker's message") from None


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError("the connection ended")
        data += part
    return bytes(data)
