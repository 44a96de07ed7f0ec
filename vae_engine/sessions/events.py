"""Types of events in a session's log; see `event_log` for the file."""

# No `from __future__ import annotations`: msgspec would compile them one by one at every start.

from typing import Annotated

import msgspec
from msgspec import Meta

from vae_engine.image_shape import GREY_28
from vae_engine.sessions.records import Count, EndStatus, Epoch, Seconds, Shape, check_shape

LabelName = Annotated[str, Meta(max_length=160)]
MAX_LABEL_NAMES = 1000
"""Maximum number of recorded names; more classes are shown as numbers."""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """Fields of every event: its number in the log, and the time in seconds since 1970."""

    seq: Count = 0
    time: Seconds = 0.0


class RunStarted(Event, frozen=True, kw_only=True, tag="run_started"):
    """A worker has started a run, which trains up to the epoch `epochs`.

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
    `label_names` are what the labels 0, 1, ... are called; empty where they are numbers.
    """

    epoch: Epoch
    step: Epoch
    environment: dict[str, str | int]
    dataset: dict[str, str | int]
    parameters: Count
    image_shape: Shape = GREY_28
    label_names: Annotated[tuple[LabelName, ...], Meta(max_length=MAX_LABEL_NAMES)] = ()

    def __post_init__(self) -> None:
        """Refuse a shape that no session has.

        Raises:
            ValueError: it is of other sides or channels.
        """
        check_shape(self.image_shape)


class Begun(Event, frozen=True, kw_only=True, tag="begun"):
    """The run's first steps are done; from here on it is not just an attempt."""


class Progress(Event, frozen=True, kw_only=True, tag="progress"):
    """Means over the completed steps of the current epoch; losses in nats per image."""

    epoch: Epoch
    step: Epoch
    steps: Epoch
    loss: float
    reconstruction_loss: float
    kl_loss: float
    images_per_second: float


class EpochEnded(Event, frozen=True, kw_only=True, tag="epoch"):
    """Metrics of one epoch. Losses in nats per image, `duration` in seconds.

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
    """Training is paused, with a checkpoint, until a command continues it."""


class Continued(Event, frozen=True, kw_only=True, tag="continued"):
    """Training continues after a pause."""


class Stopping(Event, frozen=True, kw_only=True, tag="stopping"):
    """The worker has received a stop: `now`, or at the end of the epoch."""

    now: bool


class CommandIgnored(Event, frozen=True, kw_only=True, tag="command_ignored"):
    """A command that the worker did not carry out, and why."""

    command: str
    why: str


class Warned(Event, frozen=True, kw_only=True, tag="warning"):
    """Something other than training failed, and training continues; `text` is one line."""

    text: str


class Finishing(Event, frozen=True, kw_only=True, tag="finishing"):
    """Training has ended for `reason`; evaluation and exports follow."""

    reason: str


class RunEnded(Event, frozen=True, kw_only=True, tag="run_ended"):
    """The run has ended; the worker's last event."""

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
