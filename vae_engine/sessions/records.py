"""The small JSON records of a session folder."""

# No `from __future__ import annotations`: msgspec would compile them one by one at every start.

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from vae_engine.image_shape import GREY_28, is_image_shape
from vae_engine.sessions.layout import SCHEMA
from vae_engine.settings import Settings

Status = Literal[
    "starting",
    "training",
    "paused",
    "stopping",
    "completed",
    "stopped",
    "interrupted",
    "diverged",
    "failed",
]
EndStatus = Literal["completed", "stopped", "interrupted", "diverged", "failed"]

LIVE: frozenset[str] = frozenset({"starting", "training", "paused", "stopping"})

MOST_POINTS = 100
"""Named points of a session: of 256 dimensions they take less than a record may have."""

# Bounds far beyond any real session, so that readers need not handle infinite or absurd times.
Epoch = Annotated[int, Meta(ge=0, le=100_000_000)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Seconds = Annotated[float, Meta(ge=0, le=1e11)]
SessionId = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9-]{0,63}\Z")]
# In the session's folder or one folder deeper: no name leads out of it.
FileName = Annotated[
    str, Meta(max_length=100, pattern=r"\A[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)?\Z")
]
FolderPath = Annotated[str, Meta(max_length=4096, pattern=r"\A/[^\x00-\x1f\x7f]*\Z")]
Sha256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]


Shape = tuple[int, int, int]


def check_shape(shape: Shape) -> None:
    """Check a recorded image shape.

    Raises:
        ValueError: no session has such images.
    """
    if not is_image_shape(shape):
        raise ValueError(f"images of the shape {shape} are in no session")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`session.json`: the request; written once, when the session is created."""

    schema: Annotated[int, Meta(ge=1)] = SCHEMA
    id: SessionId
    created: Seconds
    settings: Settings
    command: list[str] = []
    parent: str | None = None
    version: str = ""


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """`label.json`: name, tags and note; replaced by whoever changes it."""

    name: str
    tags: list[str] = []
    note: str = ""


class WorkerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`worker.json`: identifies the session's latest worker, to detect whether it is alive.

    `process_created` is in seconds since the machine's boot; `pid_namespace` is the inode of
    Linux's PID namespace, which a container has of its own, or 0 where it is not known. `oom_kills`
    is how many processes the system had killed for lack of memory when this one began, -1 where it
    does not tell.
    """

    host: str
    boot_id: str
    pid: int
    process_created: float
    run: Count
    pid_namespace: Count = 0
    oom_kills: Annotated[int, Meta(ge=-1, le=2**53)] = -1


class CheckpointEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint after `epoch` completed epochs and `step` steps of the next."""

    file: FileName
    sha256: Sha256
    epoch: Epoch
    step: Epoch


class CheckpointIndex(msgspec.Struct, frozen=True, kw_only=True):
    """`checkpoints/index.json`: the latest, previous and best checkpoint."""

    latest: CheckpointEntry
    previous: CheckpointEntry | None = None
    best: CheckpointEntry | None = None


class ExportEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The exported encoder and decoder of one epoch; `step` > 0 is part of the next.

    `image_shape` is (height, width, channels); earlier versions trained on 28x28 grey only.
    """

    epoch: Epoch
    step: Epoch = 0
    encoder: FileName
    encoder_sha256: Sha256
    decoder: FileName
    decoder_sha256: Sha256
    image_shape: Shape = GREY_28

    def __post_init__(self) -> None:
        """Reject a shape that no session can have.

        Raises:
            ValueError: it is of other sides or channels.
        """
        check_shape(self.image_shape)


class ExportIndex(msgspec.Struct, frozen=True, kw_only=True):
    """`exports/index.json`: every kept export, oldest first, and the one to use by default."""

    current: ExportEntry
    kept: list[ExportEntry] = []


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """`result.json`: what a session ended with.

    Losses are in nats per image, at beta = 1, with z sampled, over the whole test split.
    `test_bits_per_dimension` is the loss in the unit of `vae_engine.likelihoods`, and `likelihood`
    that of the pixels; earlier versions recorded neither, and knew bernoulli only. `log_sigma` is
    the gaussian one's.
    """

    best_epoch: Epoch
    test_loss: float
    test_reconstruction_loss: float
    test_kl_loss: float
    weights_sha256: Sha256
    files: dict[FileName, Sha256]
    image_shape: Shape = GREY_28
    likelihood: str = "bernoulli"
    test_bits_per_dimension: float | None = None
    log_sigma: float | None = None

    def __post_init__(self) -> None:
        """Reject a shape that no session can have.

        Raises:
            ValueError: it is of other sides or channels.
        """
        check_shape(self.image_shape)


class TensorBoardRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`tensorboard.json`: the log folder that the worker writes TensorBoard's files below.

    `inode` is that of the session's folder when it was asked for: of a copy it is another.
    """

    folder: FolderPath
    inode: Count = 0


class DatasetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`dataset.json`: where the session's dataset lies now, which was moved.

    `inode` is that of the session's folder when it was found there: of a copy it is another.
    """

    path: FolderPath
    inode: Count = 0


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A named point of latent space.

    `z` is (latent_dim,); `epoch` and `step` are of the decoder that showed it, `origin` is where it
    comes from, and `made` when it was saved.
    """

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    z: Annotated[list[Annotated[float, Meta(ge=-1e6, le=1e6)]], Meta(min_length=1, max_length=256)]
    epoch: Epoch = 0
    step: Epoch = 0
    origin: Annotated[str, Meta(max_length=200)] = ""
    made: Seconds = 0.0


class Points(msgspec.Struct, frozen=True, kw_only=True):
    """`points.json`: the named points, the oldest first; replaced by whoever changes them."""

    points: Annotated[list[Point], Meta(max_length=MOST_POINTS)] = []


class EvaluationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`evaluation.json`: what `vae evaluate` measured on the whole test split.

    Losses, KL and information are in nats per image, at beta = 1, with z sampled; accuracies are
    shares of the test images. The formulas and their sources are in `vae_engine.evaluation`.
    `nll` is None where there was one sample an image, which bounds no tighter than the ELBO.
    """

    epoch: Epoch
    step: Epoch = 0
    encoder_sha256: Sha256
    decoder_sha256: Sha256
    dataset_sha256: Sha256
    evaluated: Seconds
    duration: Seconds
    samples: Count
    images: Count
    negative_elbo: float
    negative_elbo_error: float
    reconstruction_loss: float
    kl_loss: float
    nll: float | None
    nll_error: float | None
    kl_per_dimension: list[float]
    active_units: Count
    mutual_information: float
    aggregate_kl: float
    knn_accuracy: float | None = None
    linear_accuracy: float | None = None
    likelihood: str = "bernoulli"
    bits_per_dimension: float | None = None

    def is_of(self, entry: ExportEntry) -> bool:
        """Whether it was measured with these exported weights."""
        mine = (self.epoch, self.step, self.encoder_sha256, self.decoder_sha256)
        return mine == (entry.epoch, entry.step, entry.encoder_sha256, entry.decoder_sha256)
