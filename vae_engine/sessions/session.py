"""Read-only access to one session, live or finished."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path

from vae_engine.errors import SessionDamagedError
from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.likelihoods import Likelihood, pixel_likelihood
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.crash_report import SILENT_END, crash_message
from vae_engine.sessions.event_log import EventReader
from vae_engine.sessions.events import AnyEvent
from vae_engine.sessions.lines import LINE_LIMIT
from vae_engine.sessions.liveness import (
    STALE_SECONDS,
    heartbeat_age,
    is_alive,
    memory_ran_out_since,
)
from vae_engine.sessions.machine_record import MachineRecord, read_machine
from vae_engine.sessions.manifest import read_label, read_manifest
from vae_engine.sessions.progress import SessionLog
from vae_engine.sessions.records import (
    EndStatus,
    EvaluationRecord,
    ExportIndex,
    Label,
    Manifest,
    Result,
    Status,
    WorkerRecord,
)
from vae_engine.sessions.summary import Phase, Summary, derive_status
from vae_engine.settings import Settings

_STARTING_SECONDS = 10.0
# Limit of one read of the event log: 4 MiB, up to the end of a line.
_RETURNED_BYTES = 4 * 2**20 - LINE_LIMIT


class Session:
    """Reads the present state of a session's folder; never writes.

    Attributes:
        folder: of the session.
        manifest: the request.
        log: what the events read so far add up to; `poll` reads further.
    """

    def __init__(self, folder: Path) -> None:
        """Open the session in `folder`.

        Raises:
            SessionDamagedError: its `session.json` is missing, damaged or of a newer version.
        """
        self.folder = folder.absolute()
        self.manifest = read_manifest(self.folder)
        self.log = SessionLog()
        self._reader = EventReader(self.folder / layout.EVENTS)

    @property
    def id(self) -> str:
        """Id of the session: the name of its folder."""
        return self.folder.name

    @property
    def settings(self) -> Settings:
        """Settings of the session."""
        return self.manifest.settings

    @property
    def image_shape(self) -> ImageShape:
        """Shape of the images, as recorded by the latest run; call `poll` first."""
        return ImageShape(*self.log.prepared.image_shape) if self.log.prepared else GREY_28

    @property
    def likelihood(self) -> Likelihood:
        """Likelihood of the pixels; call `poll` first."""
        return pixel_likelihood(self.settings, self.image_shape)

    @property
    def measured_on(self) -> str:
        """Images and likelihood of the losses; losses compare only if these are equal.

        Equal for sessions whose losses compare; call `poll` first.
        """
        prepared = self.log.prepared
        data = prepared.dataset.get("sha256", "") if prepared else ""
        kind = (
            "" if self.settings.binarize == "none" else f" {self.settings.binarize}ally binarized"
        )
        return (
            f"{self.likelihood} {self.image_shape.text}{kind}, data {data or self.settings.dataset}"
        )

    @property
    def label(self) -> Label:
        """Present name, tags and note."""
        return read_label(self.folder, self.manifest)

    @property
    def damaged_lines(self) -> int:
        """Number of unreadable lines in the event log."""
        return self._reader.damaged

    def poll(self, *, progress: bool = True) -> list[AnyEvent]:
        """Read the events added since the last call, and apply them to `log`.

        Args:
            progress: False passes over `Progress` events, which makes a long log quick.

        Returns:
            These events; of more than 8 MiB the last ones, at least 4 MiB of them. A live log does
            not grow by so much between two calls, and of one that is opened `log` has it all.

        Raises:
            SessionDamagedError: the event log cannot be read, was cut or overwritten since the last
                call, or tells of more epochs than any training has.
        """
        recent: deque[tuple[int, list[AnyEvent]]] = deque()
        kept, before = 0, self._reader.offset
        for events in self._reader.batches(progress=progress):
            self.log.apply(events)
            size = self._reader.offset - before
            before = self._reader.offset
            recent.append((size, events))
            kept += size
            while kept - recent[0][0] >= _RETURNED_BYTES:
                kept -= recent.popleft()[0]
        return [event for _, events in recent for event in events]

    def alive(self) -> bool:
        """Return whether a worker holds the session."""
        return worker_alive(self.folder)

    def silent_since(self) -> float | None:
        """Return since when a live worker has not responded; None if it responds or has exited.

        It was stopped (SIGSTOP, a debugger, a machine asleep), or waits for a disk that hangs.
        """
        age = heartbeat_age(self.folder)
        if not STALE_SECONDS < age < float("inf") or not self.alive():
            return None
        return round(time.time() - age)

    def crash_message(self) -> str:
        """Return why the latest worker exited without a final event, as far as known."""
        text = crash_message(self.folder / layout.LOG)
        try:
            worker = atomic.read_optional(self.folder / layout.WORKER, WorkerRecord)
        except SessionDamagedError:
            worker = None
        if worker is not None and memory_ran_out_since(worker):
            killed = "the system has killed a process for lack of memory since it began"
            return f"{killed}: {text}" if text else f"{killed}, probably this one"
        return text or SILENT_END

    def status(self, *, alive: bool | None = None) -> Status:
        """Derive the status from the events read so far, and from whether a worker is alive.

        Args:
            alive: what `alive()` answered before these events were read, so that a dead worker's
                last events count; it is looked up, if this is not given.
        """
        log = self.log
        if log.may_be_attempt:
            alive = self.alive() if alive is None else alive
            log.settle(alive=alive)
        elif log.attempt is not None:
            alive = False  # The final event counts; the state may be that of an earlier run.
        return present_status(self.folder, self.manifest, log.phase, log.end_status, alive=alive)

    def result(self) -> Result | None:
        """Read the final result; None before the end.

        Raises:
            SessionDamagedError: `result.json` cannot be read.
        """
        return atomic.read_optional(self.folder / layout.RESULT, Result)

    def evaluation(self) -> EvaluationRecord | None:
        """Read the latest evaluation; None if there is none.

        It may be of weights that are no longer the current ones: see `EvaluationRecord.is_of`.

        Raises:
            SessionDamagedError: `evaluation.json` cannot be read.
        """
        return atomic.read_optional(self.folder / layout.EVALUATION, EvaluationRecord)

    def machine(self) -> MachineRecord | None:
        """Read what the worker had of its machine; None if it has recorded nothing.

        Raises:
            SessionDamagedError: `machine.json` cannot be read.
        """
        return read_machine(self.folder)

    def exports(self) -> ExportIndex | None:
        """Read the index of exports; None before the first.

        Raises:
            SessionDamagedError: the index cannot be read.
        """
        return atomic.read_optional(self.folder / layout.EXPORTS / layout.INDEX, ExportIndex)


def read_summary(folder: Path) -> Summary:
    """Read `summary.json`; if it is missing, damaged or outdated, reduce the log instead.

    Raises:
        SessionDamagedError: the log cannot be read.
    """
    path = folder / layout.EVENTS
    try:
        summary = atomic.read_record(folder / layout.SUMMARY, Summary)
    except (FileNotFoundError, SessionDamagedError):
        return _summarize(path)
    # Earlier versions recorded a run that never trained as the end of the session.
    doubtful = summary.run > 1 and summary.end_status not in ("completed", "diverged")
    if doubtful and not summary.knows_attempts:
        return _summarize(path)
    return summary if _covers(summary, path) else _summarize(path)


def _summarize(log: Path) -> Summary:
    reader, reduced = EventReader(log), SessionLog()
    for events in reader.batches(progress=False):
        reduced.apply(events)
    return reduced.summary(reader.offset)


def _covers(summary: Summary, log: Path) -> bool:
    """Return whether the log has only progress after the summary, as after a killed worker."""
    try:
        size = log.lstat().st_size
    except FileNotFoundError:
        size = 0
    if size <= summary.log_bytes:
        return size == summary.log_bytes
    return not any(EventReader(log, summary.log_bytes).batches(progress=False))


def worker_alive(folder: Path) -> bool:
    """Return whether a worker holds the session in `folder`."""
    try:
        worker = atomic.read_optional(folder / layout.WORKER, WorkerRecord)
    except SessionDamagedError:
        return False
    return is_alive(worker, heartbeat_age(folder), folder / layout.LOCK)


def present_status(
    folder: Path,
    manifest: Manifest,
    phase: Phase,
    end_status: EndStatus | None,
    *,
    alive: bool | None = None,
) -> Status:
    """Derive the status from the end of the log, and from whether the worker is alive.

    Args:
        folder: of the session.
        manifest: of the session.
        phase: of the log.
        end_status: how the latest run ended.
        alive: whether a worker lives; looked up, if it is not given and matters.
    """
    if phase == "ended" and end_status is not None:
        return end_status
    # A worker appears a moment after its session is created.
    young = phase == "created" and abs(time.time() - manifest.created) < _STARTING_SECONDS
    lives = young or (worker_alive(folder) if alive is None else alive)
    return derive_status(phase, end_status, alive=lives)
