"""What an app and the process that inspects images for it say to each other, over pipes.

Each message is its length, 4 bytes, little-endian, and then MessagePack.
"""

from __future__ import annotations

import struct
from typing import IO, TypeAlias

import msgspec

from vae_engine.errors import EngineError, Remedy
from vae_engine.inspection.comparing_messages import (
    ImagesCompared,
    ModelsOpened,
    SamplesCompared,
    SplitCompared,
)
from vae_engine.inspection.packed_array import Array

OWN, SAVED, NEAREST = "own", "saved", "nearest"
"""Splits beside those of the dataset: images of one's own; those that the session's folder has; the
training images that are nearest to a z, the nearest first."""

_LENGTH = struct.Struct("<I")
_MOST_BYTES = 2**30


class ShowImages(msgspec.Struct, frozen=True, tag=True):
    """Asks for images of a split, with what the model makes of them."""

    split: str
    indices: tuple[int, ...]


class ScoreSplit(msgspec.Struct, frozen=True, tag=True):
    """Asks for the ELBO terms of all images of a split."""

    split: str


class OpenFile(msgspec.Struct, frozen=True, tag=True):
    """Asks for images of one's own, which become the split `own`."""

    path: str


class OpenSaved(msgspec.Struct, frozen=True, tag=True):
    """Asks for the test images that the session has saved, which become the split `saved`."""


class FindNearest(msgspec.Struct, frozen=True, tag=True):
    """Asks for the training images nearest to what z (latent_dim,) decodes to: split `nearest`."""

    z: Array


class TurnEpoch(msgspec.Struct, frozen=True, tag=True):
    """Asks for the weights of an earlier (-1) or later (1) exported epoch: `ModelOpened`."""

    by: int


class DecodeSeed(msgspec.Struct, frozen=True, tag=True):
    """Asks for what the compared models decode from the first z of a seed."""

    seed: int
    count: int


class ChooseEpoch(msgspec.Struct, frozen=True, tag=True):
    """Asks for the compared models of an epoch, or the last kept before it; 0 for the current."""

    epoch: int


class Nearness(msgspec.Struct, frozen=True):
    """How near the n training images of the split `nearest` are to what a z decodes to.

    Attributes:
        decoded: uint8 (h, w) or (h, w, 3), to which they are near.
        indices: (n,) int64, which images of the training split.
        distances: (n,) float32, the root of the mean squared difference of values in [0, 1].
        usual: the median of that distance from reconstructed test images to the nearest training
            image of each; None without test images.
    """

    decoded: Array
    indices: Array
    distances: Array
    usual: float | None


class SplitOpened(msgspec.Struct, frozen=True, tag=True):
    """A split can be asked about; its labels are (n,) int32, -1 for none."""

    split: str
    labels: Array
    label_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    nearness: Nearness | None = None


class ModelOpened(msgspec.Struct, frozen=True, tag=True):
    """The weights are loaded.

    Attributes:
        epoch: whose they are. step: of the next epoch, 0 at its start.
        weights: digest of encoder and decoder.
        shape: height, width and channels of the images.
        epochs: that have exported weights, in order.
        current: whether these are the weights that the session uses where no epoch is named.
    """

    epoch: int
    step: int
    weights: str
    shape: tuple[int, int, int]
    epochs: tuple[int, ...] = ()
    current: bool = True


class Failed(msgspec.Struct, frozen=True, tag=True):
    """Something cannot be done; `remedy` and `subject` are those of the error.

    `request` is what was asked for; None for what is done without being asked.
    """

    what: str
    problem: str
    remedy: Remedy | None = None
    subject: str = ""
    request: Request | None = None

    @classmethod
    def of(cls, what: str, error: Exception, request: Request | None = None) -> Failed:
        """Return what an error says; a `MemoryError` often says nothing."""
        if isinstance(error, EngineError):
            return cls(what, str(error), error.remedy, error.subject, request)
        return cls(what, str(error) or "there is not enough memory", request=request)

    @property
    def error(self) -> EngineError:
        """The error that it tells of."""
        return EngineError(self.problem, remedy=self.remedy, subject=self.subject)


class Progressed(msgspec.Struct, frozen=True, tag=True):
    """How far something is; `total` is 0 where that is not known."""

    what: str
    done: int = 0
    total: int = 0


class SplitScored(msgspec.Struct, frozen=True, tag=True):
    """The ELBO terms of a split by the weights of this digest, (n,) float32, in nats.

    While the others are being scored, those of its first images come too.
    """

    split: str
    weights: str
    reconstruction_loss: Array
    kl_loss: Array


class ImagesShown(msgspec.Struct, frozen=True, tag=True):
    """Images of a split, as they were asked for.

    Attributes:
        split: which.
        weights: digest of those that made the rest.
        indices: which images of it.
        originals: uint8 (n, h, w) or (n, h, w, 3).
        reconstructions: of the same shape, decoded from z_mean.
        z_mean: (n, latent_dim) float32.
        z_log_var: (n, latent_dim) float32.
        reconstruction_loss: (n,) float32, in nats.
        kl_loss: (n,) float32, in nats.
    """

    split: str
    weights: str
    indices: tuple[int, ...]
    originals: Array
    reconstructions: Array
    z_mean: Array
    z_log_var: Array
    reconstruction_loss: Array
    kl_loss: Array


class PointsPlaced(msgspec.Struct, frozen=True, tag=True):
    """Embeddings have got places in a plane, (n, 2) float32."""

    places: Array


Request: TypeAlias = (
    ShowImages
    | ScoreSplit
    | OpenFile
    | OpenSaved
    | FindNearest
    | TurnEpoch
    | DecodeSeed
    | ChooseEpoch
)
Reply: TypeAlias = (
    ModelOpened
    | SplitOpened
    | Failed
    | Progressed
    | SplitScored
    | ImagesShown
    | PointsPlaced
    | ModelsOpened
    | ImagesCompared
    | SplitCompared
    | SamplesCompared
)

_encoder = msgspec.msgpack.Encoder()
_requests = msgspec.msgpack.Decoder(Request)
_replies = msgspec.msgpack.Decoder(Reply)


def send(stream: IO[bytes], message: msgspec.Struct) -> None:
    """Write a message.

    Raises:
        OSError: the other side is gone.
    """
    data = _encoder.encode(message)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive_request(stream: IO[bytes]) -> Request | None:
    """The next request; None when the other side is gone."""
    data = receive_bytes(stream)
    return None if data is None else _requests.decode(data)


def receive_reply(stream: IO[bytes]) -> Reply | None:
    """The next reply; None when the other side is gone."""
    data = receive_bytes(stream)
    return None if data is None else _replies.decode(data)


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
