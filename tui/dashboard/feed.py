"""What is known of one session, read again and again, told only when it changed."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace

from tui.eta import Remaining, remaining
from tui.history import History
from tui.text import attempt_text
from vae_engine.defaults import few_steps_note
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic, inbox, layout
from vae_engine.sessions import events as ev
from vae_engine.sessions.inbox import CommandName
from vae_engine.sessions.progress import SessionLog
from vae_engine.sessions.records import LIVE, Label, Manifest, Status
from vae_engine.sessions.session import Session

# Each look of a thread wakes a processor, which costs more than what it reads.
LIVE_SECONDS = 0.5
ASKED_SECONDS = 0.2
RESTING_SECONDS = 1.0
# Within an epoch: drawing takes processor time, which many viewers take from the training.
PROGRESS_SECONDS = 2.0

_Trace = tuple[int, int]
"""When a file was changed, in nanoseconds, and its size."""

_TELLING = (layout.SUMMARY, layout.INBOX, layout.LOG)

_LOG_BYTES = 64 * 1024
_LOG_LINES = 400
_TAIL_BYTES = 16 * 1024


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A session at one moment.

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
    log: tuple[str, ...] = ()
    damaged_lines: int = 0
    problem: str = ""

    @property
    def live(self) -> bool:
        """Whether a worker holds the session."""
        return self.status in LIVE and not self.problem


_PROGRESS = ("progress", "duration", "updated", "remaining")


def _rest(snapshot: Snapshot) -> float:
    """Seconds until the next look."""
    if not snapshot.live:
        return RESTING_SECONDS
    return ASKED_SECONDS if snapshot.asked else LIVE_SECONDS


def _progress_alone(before: Snapshot, after: Snapshot) -> bool:
    """Whether training went on within its epoch, and nothing else happened."""
    return all(
        getattr(before, one.name) == getattr(after, one.name)
        for one in fields(Snapshot)
        if one.name not in _PROGRESS
    )


class SessionFeed:
    """Reads one session; not to be used from several threads at once, but for `ask` and `close`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._snapshot: Snapshot | None = None
        self._history = History()
        self._unanswered: list[CommandName] = []
        self._log_state: tuple[int, int] | None = None
        self._log: tuple[str, ...] = ()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._telling = [str(session.folder / name) for name in _TELLING]
        self._traces: tuple[_Trace | None, ...] = ()
        self._read_at = 0.0

    def snapshots(self) -> Iterator[Snapshot]:
        """The session now and after every change, until `close`; waits in between.

        Where nothing but the progress changed, one every two seconds is enough.
        """
        told: Snapshot | None = None
        told_at = 0.0
        while not self._closed:
            snapshot = self._read_if_stirred()
            hasty = time.monotonic() < told_at + PROGRESS_SECONDS
            if told is None or not (
                snapshot is told or (hasty and _progress_alone(told, snapshot))
            ):
                told, told_at = snapshot, time.monotonic()
                yield snapshot
            if self._wake.wait(_rest(snapshot)):
                self._wake.clear()
                self._traces = ()

    def read(self) -> Snapshot:
        """The session now; the very object of the last call if nothing has changed."""
        try:
            self._take_news()
        except (SessionDamagedError, OSError) as error:
            self._problem(str(error))
        if self._snapshot is None:
            self._snapshot = Snapshot(Label(name=self._session.id))
        return self._snapshot

    def _read_if_stirred(self) -> Snapshot:
        """Like `read`, but what was known where nothing but progress can have happened since.

        A death leaves no trace, a new name none that is looked for, and a network's file system may
        tell of one late: after two seconds all is read again.
        """
        traces, now = _traces(self._telling), time.monotonic()
        if self._snapshot is None or traces != self._traces or now >= self._read_at:
            self._traces, self._read_at = traces, now + PROGRESS_SECONDS
            return self.read()
        return self._snapshot

    def ask(self, command: CommandName) -> None:
        """Ask the worker, and remember it until the log shows that it obeyed or did not.

        Raises:
            OSError: the inbox cannot be written.
        """
        inbox.send(self._session.folder, command)
        with self._lock:
            self._unanswered.append(command)
        self.hurry()

    def hurry(self) -> None:
        """Read again at once."""
        self._wake.set()

    def close(self) -> None:
        """End `snapshots`."""
        self._closed = True
        self._wake.set()

    def _take_news(self) -> None:
        folder = self._session.folder
        if not (folder / layout.MANIFEST).exists():
            self._problem(f"the session is no longer in {folder.parent}")
            return
        if atomic.read_record(folder / layout.MANIFEST, Manifest) != self._session.manifest:
            self._problem("session.json is another than when it was opened: open it anew")
            return
        first = self._snapshot is None
        # Asked before the log is read, so that a dead worker's last words count.
        alive = self._session.alive()
        try:
            events = self._session.poll(progress=not first)
        except SessionDamagedError as error:
            self._session, events, first = self._reopened(error), [], True
        session = self._session
        status = session.status(alive=alive)
        if first:
            session.log.latest_progress = _progress_under_way(session)
        if first or any(isinstance(event, ev.EpochEnded) for event in events):
            self._history = History(tuple(session.log.history))
        asked = self._asked(events, status)
        log = self._read_log()
        label = session.label
        silent_since = session.silent_since() if status in LIVE else None
        before = self._snapshot
        if before is not None and not events and not first and not before.problem:
            seen = (before.label, before.status, before.silent_since, before.asked, before.log)
            if seen == (label, status, silent_since, asked, log):
                return
        known = self._reduce(label, status, asked, log)
        self._snapshot = replace(known, silent_since=silent_since)

    def _reduce(
        self, label: Label, status: Status, asked: tuple[CommandName, ...], log: tuple[str, ...]
    ) -> Snapshot:
        session, known = self._session, self._session.log
        best, attempt = known.best, known.attempt
        stop_reason = known.stop_reason
        if status == "interrupted" and not stop_reason and attempt is None:
            stop_reason = f"the worker exited unexpectedly: {session.last_words()}"
        words = session.last_words() if attempt is not None and attempt.status is None else ""
        return Snapshot(
            label=label,
            status=status,
            history=self._history,
            progress=known.latest_progress,
            epochs=known.epochs or session.settings.epochs,
            run=known.run,
            preparing=known.preparing,
            prepared=_prepared_at(known),
            device=str(known.prepared.environment.get("device", "")) if known.prepared else "",
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
            log=log,
            damaged_lines=session.damaged_lines,
        )

    def _reopened(self, problem: SessionDamagedError) -> Session:
        """The session by a log that was put in the place of the one read so far.

        Raises:
            SessionDamagedError: `problem`, where the new one has damage or no run.
        """
        with contextlib.suppress(SessionDamagedError):
            session = Session(self._session.folder)
            session.poll(progress=False)
            if session.log.run and not session.damaged_lines:
                return session
        raise problem

    def _problem(self, problem: str) -> None:
        before = self._snapshot or Snapshot(Label(name=self._session.id))
        if before.problem != problem:
            self._snapshot = replace(before, problem=problem, asked=())

    def _asked(self, events: Sequence[ev.AnyEvent], status: Status) -> tuple[CommandName, ...]:
        """Commands in the inbox, and those that left it without an answer in the log."""
        waiting = inbox.pending(self._session.folder)
        with self._lock:
            for command in waiting:
                if command not in self._unanswered:
                    self._unanswered.append(command)
            answered = {name for event in events for name in _answers(event)}
            self._unanswered = [
                command
                for command in self._unanswered
                if status in LIVE and (command in waiting or command not in answered)
            ]
            return tuple(dict.fromkeys(self._unanswered))

    def _read_log(self) -> tuple[str, ...]:
        """The end of the worker's log; read only when it has grown."""
        try:
            with atomic.open_regular(self._session.folder / layout.LOG) as file:
                found = os.fstat(file.fileno())
                state = (found.st_size, found.st_mtime_ns)
                if state != self._log_state:
                    start = max(0, found.st_size - _LOG_BYTES)
                    file.seek(start)
                    text = file.read(_LOG_BYTES).decode(errors="replace")
                    lines = text.split("\n")[1 if start else 0 :]
                    self._log = tuple(line for line in lines[-_LOG_LINES:] if line.strip())
                    self._log_state = state
        except FileNotFoundError:
            return ()
        return self._log


def _prepared_at(known: SessionLog) -> float | None:
    """When the start of the latest run was done."""
    prepared, stages = known.prepared, known.preparing
    # That of an earlier run may still stand there.
    if prepared is None or (stages and prepared.seq < stages[0].seq):
        return None
    return prepared.time


def _few_steps(session: Session) -> str:
    prepared = session.log.prepared
    images = prepared.dataset.get("train_images") if prepared else None
    return few_steps_note(session.settings, images, session.log.epochs)


def _traces(paths: Sequence[str]) -> tuple[_Trace | None, ...]:
    """Where what a worker does shows, but for progress: the summary follows every other event."""
    return tuple(map(_trace, paths))


def _trace(path: str) -> _Trace | None:
    try:
        found = os.lstat(path)
    except OSError:  # `read` says why.
        return None
    return found.st_mtime_ns, found.st_size


def _answers(event: ev.AnyEvent) -> tuple[str, ...]:
    """The commands that an event shows to be obeyed, or not to be."""
    match event:
        case ev.Paused():
            return ("pause",)
        case ev.Continued():
            return ("continue",)
        case ev.Stopping():
            return ("stop_now", "stop") if event.now else ("stop",)
        case ev.CommandIgnored():
            return (event.command,)
        case ev.RunStarted() | ev.RunEnded():
            return ("pause", "continue", "stop", "stop_now")
    return ()


def _progress_under_way(session: Session) -> ev.Progress | None:
    """The last progress of a log that was read without it, if its epoch has not ended."""
    path = session.folder / layout.EVENTS
    try:
        start = max(0, path.stat().st_size - _TAIL_BYTES)
    except FileNotFoundError:
        return None
    latest = None
    for event in ev.EventReader(path, start).read_all():
        match event:
            case ev.Progress():
                latest = event
            case ev.EpochEnded() | ev.RunStarted() | ev.RunEnded():
                latest = None
    return latest
