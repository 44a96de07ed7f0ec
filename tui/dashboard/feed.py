"""Polls a session and yields a snapshot when it changes."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tui.dashboard.pending_commands import PendingCommands
from tui.dashboard.snapshot import Snapshot, progress_alone, snapshot_of
from tui.history import History
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions import events as ev
from vae_engine.sessions.event_log import EventReader
from vae_engine.sessions.inbox import CommandName
from vae_engine.sessions.machine_record import MachineRecord
from vae_engine.sessions.manifest import reread_manifest
from vae_engine.sessions.records import LIVE, Label
from vae_engine.sessions.session import Session

# Waking the processor for a poll costs more than the read.
LIVE_SECONDS = 0.5
ASKED_SECONDS = 0.2
RESTING_SECONDS = 1.0
# Within an epoch: many viewers that redraw often would slow down the training.
PROGRESS_SECONDS = 2.0

_Trace = tuple[int, int]
"""Modification time of a file in nanoseconds, and its size."""

_TELLING = (layout.SUMMARY, layout.INBOX, layout.LOG, layout.MACHINE)

_LOG_BYTES = 64 * 1024
_LOG_LINES = 400
_TAIL_BYTES = 16 * 1024


def _rest(snapshot: Snapshot) -> float:
    """Return the seconds until the next poll."""
    if not snapshot.live:
        return RESTING_SECONDS
    return ASKED_SECONDS if snapshot.asked else LIVE_SECONDS


class SessionFeed:
    """Polls one session; only `ask` and `close` may be called from other threads."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._snapshot: Snapshot | None = None
        self._history = History()
        self._pending = PendingCommands()
        self._log_state: tuple[int, int] | None = None
        self._log: tuple[str, ...] = ()
        self._machine: MachineRecord | None = None
        self._machine_trace: _Trace | None = None
        self._wake = threading.Event()
        self._closed = False
        self._telling = [str(session.folder / name) for name in _TELLING]
        self._traces: tuple[_Trace | None, ...] = ()
        self._read_at = 0.0

    def snapshots(self) -> Iterator[Snapshot]:
        """Yield the session now and after every change, until `close`; waits in between.

        If only the progress changed, it yields once every two seconds.
        """
        last: Snapshot | None = None
        yielded_at = 0.0
        while not self._closed:
            snapshot = self._read_if_changed()
            is_recent = time.monotonic() < yielded_at + PROGRESS_SECONDS
            if last is None or not (
                snapshot is last or (is_recent and progress_alone(last, snapshot))
            ):
                last, yielded_at = snapshot, time.monotonic()
                yield snapshot
            if self._wake.wait(_rest(snapshot)):
                self._wake.clear()
                self._traces = ()

    def read(self) -> Snapshot:
        """Read the session; returns the same object if nothing has changed."""
        try:
            self._take_news()
        except (SessionDamagedError, OSError) as error:
            self._problem(str(error))
        if self._snapshot is None:
            self._snapshot = Snapshot(Label(name=self._session.id))
        return self._snapshot

    def _read_if_changed(self) -> Snapshot:
        """Read the session, unless nothing but its progress can have changed.

        A death leaves no trace, a new name none that is looked for, and a network's file system may
        tell of one late: after two seconds all is read again.
        """
        traces, now = _traces(self._telling), time.monotonic()
        if self._snapshot is None or traces != self._traces or now >= self._read_at:
            self._traces, self._read_at = traces, now + PROGRESS_SECONDS
            return self.read()
        return self._snapshot

    def ask(self, command: CommandName) -> None:
        """Send a command to the worker, and keep it as pending until the log shows the outcome.

        Raises:
            OSError: the inbox cannot be written.
        """
        self._pending.send(self._session, command)
        self.hurry()

    def hurry(self) -> None:
        """Poll now."""
        self._wake.set()

    def close(self) -> None:
        """Stop `snapshots`."""
        self._closed = True
        self._wake.set()

    def _take_news(self) -> None:
        folder = self._session.folder
        if not (folder / layout.MANIFEST).exists():
            self._problem(f"the session is no longer in {folder.parent}")
            return
        if reread_manifest(folder) != self._session.manifest:
            self._problem("session.json has changed since it was opened: open the session again")
            return
        first = self._snapshot is None
        # Checked before the log is read, so that the last events of a dead worker count.
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
        asked = self._pending.waiting(session, events, status)
        log = self._read_log()
        machine = self._read_machine()
        label = session.label
        silent_since = session.silent_since() if status in LIVE else None
        before = self._snapshot
        if before is not None and not events and not first and not before.problem:
            seen = (before.label, before.status, before.silent_since, before.asked, before.log)
            if seen == (label, status, silent_since, asked, log) and before.machine == machine:
                return
        self._snapshot = snapshot_of(
            session, label, self._history, status, asked, log, silent_since, machine
        )

    def _reopened(self, problem: SessionDamagedError) -> Session:
        """Read a log that has replaced the one read so far.

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

    def _read_machine(self) -> MachineRecord | None:
        """Return the machine's record, read only if it was replaced; `vae show` reports damage."""
        trace = _trace(str(self._session.folder / layout.MACHINE))
        if trace != self._machine_trace:
            self._machine_trace = trace
            try:
                self._machine = self._session.machine()
            except SessionDamagedError:
                self._machine = None
        return self._machine

    def _read_log(self) -> tuple[str, ...]:
        """Return the end of the worker's log; read only if it has grown."""
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


def _traces(paths: Sequence[str]) -> tuple[_Trace | None, ...]:
    """Return the state of the files that a worker changes, other than by progress events."""
    return tuple(map(_trace, paths))


def _trace(path: str) -> _Trace | None:
    try:
        found = os.lstat(path)
    except OSError:  # `read` reports the reason.
        return None
    return found.st_mtime_ns, found.st_size


def _progress_under_way(session: Session) -> ev.Progress | None:
    """Return the last progress event of a log, if its epoch has not ended."""
    path = session.folder / layout.EVENTS
    try:
        start = max(0, path.stat().st_size - _TAIL_BYTES)
    except FileNotFoundError:
        return None
    latest = None
    for event in EventReader(path, start).read_all():
        match event:
            case ev.Progress():
                latest = event
            case ev.EpochEnded() | ev.RunStarted() | ev.RunEnded():
                latest = None
    return latest
