"""Summary of a session, as in `summary.json`, and the status derived from it."""

from __future__ import annotations

from typing import Literal

import msgspec

from vae_engine.sessions.records import Count, EndStatus, Epoch, Seconds, Status

Phase = Literal["created", "starting", "training", "paused", "stopping", "ended"]


class Standing(msgspec.Struct, kw_only=True):
    """State of a session after its latest run that trained; see `SessionLog` for the fields."""

    phase: Phase = "created"
    end_status: EndStatus | None = None
    stop_reason: str = ""
    epochs: Epoch = 0
    min_epochs: Epoch = 0
    earliest_end: Epoch = 0


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A run that ended before it trained, of a session that has trained before.

    `status` and `reason` are from `run_ended`; without it they are None and empty.
    """

    run: Count
    time: Seconds
    status: EndStatus | None = None
    reason: str = ""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """`summary.json`: the log in short, so that a thousand sessions are listed quickly.

    `epoch` of `epochs` are finished; `duration` sums the seconds of all runs up to `updated`.
    `earliest_end` and `epoch_seconds` are those of `SessionLog`. It describes the first `log_bytes`
    of the log; a reader that finds more than progress after them reduces the log again. `earlier`
    is the state if the present run ends before it trains, `attempt` such a run. `knows_attempts` is
    False in earlier versions, which had neither.
    """

    phase: Phase
    end_status: EndStatus | None = None
    stop_reason: str = ""
    epoch: Epoch = 0
    epochs: Epoch = 0
    best_epoch: Epoch = 0
    best_val_loss: float | None = None
    images_per_second: float | None = None
    run: Count = 0
    duration: Seconds = 0.0
    updated: Seconds = 0.0
    log_bytes: Count = 0
    earliest_end: Epoch = 0
    epoch_seconds: Seconds | None = None
    earlier: Standing | None = None
    attempt: Attempt | None = None
    knows_attempts: bool = False


def settled(summary: Summary) -> Summary:
    """Adjust a summary if no worker lives: a run that had not trained yet was an attempt."""
    earlier = summary.earlier
    if earlier is None:
        return summary
    return msgspec.structs.replace(
        summary,
        phase=earlier.phase,
        end_status=earlier.end_status,
        stop_reason=earlier.stop_reason,
        epochs=earlier.epochs,
        earliest_end=earlier.earliest_end,
        earlier=None,
        attempt=Attempt(run=summary.run, time=summary.updated),
    )


def derive_status(phase: Phase, end_status: EndStatus | None, *, alive: bool) -> Status:
    """Derive the status from the log's last event and from whether a worker lives.

    Args:
        phase: from the log or its summary.
        end_status: the status of a run that ended.
        alive: whether a worker holds the session now.
    """
    if phase == "ended" and end_status is not None:
        return end_status
    if not alive:
        return "interrupted"
    if phase == "created" or phase == "ended":
        return "starting"
    return phase
