"""State and results of a sweep's trials, read from their sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions.labels import NAME_LIMIT
from vae_engine.sessions.listing import Listing, read_listing
from vae_engine.sessions.records import LIVE, EvaluationRecord, Result, Status
from vae_engine.sessions.session import Session, worker_alive
from vae_engine.sessions.summary import Attempt
from vae_engine.settings import SETTINGS, Settings
from vae_engine.sweeps.record import SweepRecord, varied_values
from vae_engine.sweeps.store import Sweep, default_name

TrialStatus = Status | Literal["waiting", "deleted", "damaged"]
SweepStatus = Literal["running", "completed", "stopped", "interrupted"]
Task = Literal["train", "evaluate"]


class TrialMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """Metrics of a finished trial.

    Losses are in nats per image, at beta = 1, with z sampled; those of the test split are the
    session's own, active units and accuracies are those of its evaluation, None before it.

    Attributes:
        val_negative_elbo: of the validation split after the best epoch: to choose a trial by.
        duration: seconds of training.
        evaluation_duration: seconds of its evaluation, None before it.
        measured_on: losses with other such words are not comparable.
    """

    negative_elbo: float
    reconstruction_loss: float
    kl_loss: float
    active_units: int | None
    knn_accuracy: float | None
    linear_accuracy: float | None
    duration: float
    evaluation_duration: float | None
    val_negative_elbo: float
    measured_on: str = ""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """State of a trial.

    Attributes:
        number: from 1, in the order of training.
        session: the id of its session, which exists unless it is `waiting` or `deleted`.
        settings: all of them.
        values: of the settings that the sweep varies.
        status: of its session; `waiting` before there is one, `deleted` while it is in the trash,
            `damaged` where it cannot be read or is not this trial's: then `problem` says why.
        attempt: the latest run, where it ended before it trained and left the trial as it was.
        figures: None unless it is finished.
        evaluated: whether it has an evaluation of its final weights.
    """

    number: int
    session: str
    settings: Settings
    values: dict[str, int | float | str | tuple[int, ...]]
    status: TrialStatus
    problem: str = ""
    stop_reason: str = ""
    attempt: Attempt | None = None
    epoch: int = 0
    epochs: int = 0
    best_val_loss: float | None = None
    images_per_second: float | None = None
    figures: TrialMetrics | None = None
    evaluated: bool = False

    @property
    def live(self) -> bool:
        """Whether a worker holds it."""
        return self.status in LIVE

    @property
    def finished(self) -> bool:
        """Whether it trained to its end, or was stopped by the user at the end of an epoch."""
        return self.status == "completed" or (
            self.status == "stopped" and self.stop_reason != "stop_now"
        )

    @property
    def task(self) -> Task | None:
        """What is left to do for it; None while a worker holds it.

        A diverged one would diverge again; one in the trash is no longer wanted.
        """
        if self.finished:
            return None if self.evaluated else "evaluate"
        if self.live or self.status in ("diverged", "deleted", "damaged"):
            return None
        return "train"


def read_trials(sweep: Sweep, known: Sequence[Trial] = (), *, figures: bool = True) -> list[Trial]:
    """Read the present state of a sweep's trials, in order.

    Args:
        sweep: the sweep.
        known: from an earlier call; what is finished and evaluated there is not read again.
        figures: False leaves out figures and whether there is an evaluation: a list of many sweeps
            is quicker so.
    """
    before = {trial.session: trial for trial in known if trial.finished and trial.evaluated}
    return [
        before.get(trial.session) or read_trial(sweep, number, figures=figures)
        for number, trial in enumerate(sweep.record.trials, 1)
    ]


def read_trial(sweep: Sweep, number: int, *, figures: bool = True) -> Trial:
    """Read the present state of the trial with this number, from 1; see `read_trials`."""
    session, settings = sweep.record.trials[number - 1].session, sweep.settings[number - 1]
    waiting = Trial(
        number=number,
        session=session,
        settings=settings,
        values=varied_values(sweep.record, settings),
        status="waiting",
        epochs=settings.epochs,
    )
    store = sweep.sessions
    where = store.holds(session)
    if where != "here":
        return msgspec.structs.replace(waiting, status="deleted") if where else waiting
    listing = read_listing(store.root / session)
    found = _with_session(waiting, listing)
    if not figures or not found.finished:
        return found
    try:
        return _with_figures(found, Session(listing.folder))
    except SessionDamagedError as error:
        return msgspec.structs.replace(found, status="damaged", problem=str(error))


def sweep_status(trials: Sequence[Trial], *, alive: bool) -> SweepStatus:
    """Derive the status from the trials, and from whether the coordinator is alive.

    `completed` sweeps may have failed and diverged trials; in an `interrupted` one the coordinator
    is gone while trials train, or trials' workers are gone.
    """
    if alive:
        return "running"
    if any(trial.live or trial.status == "interrupted" for trial in trials):
        return "interrupted"
    left = any(trial.task == "train" and trial.status != "failed" for trial in trials)
    return "stopped" if left else "completed"


def trial_name(record: SweepRecord, values: Mapping[str, object]) -> str:
    """Return the name of a trial's session: `latent_dim 2, seed 0`, after the sweep's name."""
    text = values_text(values)
    own_name = record.name if record.name != default_name(record.varied) else ""
    return ": ".join(part for part in (own_name, text) if part)[:NAME_LIMIT] or record.name


def values_text(values: Mapping[str, object]) -> str:
    """Format the values of settings: `latent_dim 2, seed 0`."""
    return ", ".join(f"{name} {SETTINGS[name].format(value)}" for name, value in values.items())


def _with_session(waiting: Trial, listing: Listing) -> Trial:
    if listing.manifest is None or listing.summary is None or listing.status is None:
        return msgspec.structs.replace(waiting, status="damaged", problem=listing.problem)
    if listing.manifest.settings != waiting.settings:
        problem = "it has other settings than this trial: it is another session"
        return msgspec.structs.replace(waiting, status="damaged", problem=problem)
    summary, status = listing.summary, listing.status
    if summary.phase == "created" and not worker_alive(listing.folder):
        status = "interrupted"  # A session is `starting` for some seconds without a worker.
    return msgspec.structs.replace(
        waiting,
        status=status,
        stop_reason=summary.stop_reason,
        attempt=summary.attempt,
        epoch=summary.epoch,
        epochs=max(summary.epochs, summary.epoch) or waiting.epochs,
        best_val_loss=summary.best_val_loss,
        images_per_second=summary.images_per_second,
    )


def _with_figures(trial: Trial, session: Session) -> Trial:
    session.poll(progress=False)
    result, best = session.result(), session.log.best
    if result is None or best is None:
        raise SessionDamagedError("it has ended, but has no result")
    evaluation, exports = session.evaluation(), session.exports()
    if evaluation is None or exports is None or not evaluation.is_of(exports.current):
        evaluation = None
    return msgspec.structs.replace(
        trial,
        figures=_figures(result, evaluation, session, -best.val_elbo),
        evaluated=evaluation is not None,
    )


def _figures(
    result: Result, evaluation: EvaluationRecord | None, session: Session, val_negative_elbo: float
) -> TrialMetrics:
    return TrialMetrics(
        negative_elbo=result.test_loss,
        reconstruction_loss=result.test_reconstruction_loss,
        kl_loss=result.test_kl_loss,
        active_units=evaluation.active_units if evaluation else None,
        knn_accuracy=evaluation.knn_accuracy if evaluation else None,
        linear_accuracy=evaluation.linear_accuracy if evaluation else None,
        evaluation_duration=evaluation.duration if evaluation else None,
        duration=session.log.duration,
        val_negative_elbo=val_negative_elbo,
        measured_on=session.measured_on,
    )
