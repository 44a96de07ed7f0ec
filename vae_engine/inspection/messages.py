"""Messages between an app and the process that inspects images, by `vae_engine.replies`."""

from __future__ import annotations

from typing import IO, TypeAlias

import msgspec

from vae_engine import replies
from vae_engine.inspection.comparing_messages import (
    ImagesCompared,
    ModelsOpened,
    SamplesCompared,
    SplitCompared,
)
from vae_engine.inspection.packed_array import Array
from vae_engine.replies import Progressed, receive_bytes

OWN, SAVED, NEAREST = "own", "saved", "nearest"
"""Splits beside those of the dataset: images of one's own; those that the session's folder has; the
training images that are nearest to a z, the nearest first."""


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


class Failed(replies.TaskFailed, frozen=True, tag="Failed"):
    """A request, or the work before the first, has failed.

    `request` is what was asked for; None for what is done without being asked.
    """

    request: Request | None = None

    @classmethod
    def of(cls, what: str, error: Exception, request: Request | None = None) -> Failed:
        """Return what an error says, and for which request."""
        found = replies.TaskFailed.of(what, error)
        return cls(what, found.problem, found.remedy, found.subject, request)


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

_requests = msgspec.msgpack.Decoder(Request)
_replies = msgspec.msgpack.Decoder(Reply)


def receive_request(stream: IO[bytes]) -> Request | None:
    """The next request; None when the other side is gone."""
    data = receive_bytes(stream)
    return None if data is None else _requests.decode(data)


def receive_reply(stream: IO[bytes]) -> Reply | None:
    """The next reply; None when the other side is gone."""
    data = receive_bytes(stream)
    return None if data is None else _replies.decode(data)
