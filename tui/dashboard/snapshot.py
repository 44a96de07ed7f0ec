"""Snapshot of one session."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from tui.eta import Remaining, remaining
from tui.history import History
from tui.text import attempt_text, told_images
from vae_engine.defaults import few_steps_note
from vae_engine.sessions import events as ev
from vae_engine.sessions.inbox import CommandName
from vae_engine.sessions.machine_record import MachineRecord
from vae_engine.sessions.progress import SessionLog
from vae_engine.sessions.records import LIVE, Label, Status
from vae_engine.sessions.session import Session


@dataclass(frozen=True, eq=False)
class Snapshot:
    """State of a session at one moment.

    Attributes:
        label: its name, tags and note.
        status: derived from the log and the worker's life.
        history: the finished epochs.
        progress: of the epoch under way, None between epochs.
        epochs: the epoch that the run trains up to.
        run: number of the latest run.
        preparing: the stages of the run's start so far.
        prepared: when they were done, None before that.
        device: what it trains on, empty before that is known.
        images: their size, likelihood and classes; empty for those of MNIST's kind, and before
            that is known.
        stop_reason: why the latest run that trained ended.
        attempt: of a latest run that ended before it trained, in words; empty for none.
        silent_since: since when its worker, which lives, shows no sign of it; None where it does.
        finishing: why training ended while evaluation and exports are still under way.
        stopping_now: whether a stop does not wait for the end of the epoch.
        best_epoch: the epoch with the lowest validation loss, 0 for none.
        best_val_loss: that loss.
        asked: commands that were asked and not obeyed yet, oldest first.
        ignored: the commands that the worker did not carry out, newest last.
        duration: seconds that workers spent on it up to `updated`.
        updated: time of the last event.
        few_steps: why its steps are too few to learn from; empty where they are enough.
        remaining: how long it will still take, None where unknown.
        machine: what the worker has of its machine; None where that is not recorded.
        log: the last lines of the worker's log, foreign text.
        damaged_lines: lines of the event log that cannot be read.
        problem: why the session cannot be read now, empty if it can.
    """

    label: Label
    status: Status = "starting"
    history: History = field(default_factory=History)
    progress: ev.Progress | None = None
    epochs: int = 0
    run: int = 0
    preparing: tuple[ev.Preparing, ...] = ()
    prepared: float | None = None
    device: str = ""
    images: str = ""
    stop_reason: str = ""
    attempt: str = ""
    silent_since: float | None = None
    finishing: str = ""
    stopping_now: bool = False
    best_epoch: int = 0
    best_val_loss: float | None = None
    asked: tuple[CommandName, ...] = ()
    ignored: tuple[ev.CommandIgnored, ...] = ()
    duration: float = 0.0
    updated: float = 0.0
    few_steps: str = ""
    remaining: Remaining | None = None
    machine: MachineRecord | None = None
    log: tuple[str, ...] = ()
    damaged_lines: int = 0
    problem: str = ""

    @property
    def live(self) -> bool:
        """Whether a worker is running."""
        return self.status in LIVE and not self.problem


_PROGRESS = ("progress", "duration", "updated", "remaining")


def progress_alone(before: Snapshot, after: Snapshot) -> bool:
    """Return whether only the progress within an epoch has changed."""
    return all(
        getattr(before, one.name) == getattr(after, one.name)
        for one in fields(Snapshot)
        if one.name not in _PROGRESS
    )


def snapshot_of(
    session: Session,
    label: Label,
    history: History,
    status: Status,
    asked: tuple[CommandName, ...],
    log: tuple[str, ...],
    silent_since: float | None,
    machine: MachineRecord | None = None,
) -> Snapshot:
    """Make the snapshot of a session whose log is read to its end; arguments as in `Snapshot`."""
    known = session.log
    best, attempt = known.best, known.attempt
    stop_reason = known.stop_reason
    if status == "interrupted" and not stop_reason and attempt is None:
        stop_reason = f"the worker exited unexpectedly: {session.crash_message()}"
    words = session.crash_message() if attempt is not None and attempt.status is None else ""
    return Snapshot(
        label=label,
        status=status,
        history=history,
        progress=known.latest_progress,
        epochs=known.epochs or session.settings.epochs,
        run=known.run,
        preparing=known.preparing,
        prepared=_prepared_at(known),
        device=str(known.prepared.environment.get("device", "")) if known.prepared else "",
        images=told_images(session),
        stop_reason=stop_reason,
        few_steps=_few_steps(session),
        attempt="" if attempt is None else attempt_text(attempt, words),
        finishing=known.finishing,
        stopping_now=known.stopping_now,
        best_epoch=best.epoch if best else 0,
        best_val_loss=best.val_loss if best else None,
        asked=asked,
        ignored=tuple(known.ignored),
        duration=known.duration,
        updated=known.updated,
        remaining=remaining(known),
        machine=machine,
        log=log,
        damaged_lines=session.damaged_lines,
        silent_since=silent_since,
    )


def _prepared_at(known: SessionLog) -> float | None:
    """Return when the latest run was prepared."""
    prepared, stages = known.prepared, known.preparing
    # That of an earlier run may still stand there.
    if prepared is None or (stages and prepared.seq < stages[0].seq):
        return None
    return prepared.time


def _few_steps(session: Session) -> str:
    prepared = session.log.prepared
    images = prepared.dataset.get("train_images") if prepared else None
    return few_steps_note(session.settings, images, session.log.epochs)
