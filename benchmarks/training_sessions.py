"""Real sessions, trained by real workers, and what their events and processes tell."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.processes import MeasurementError
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import read_record
from vae_engine.sessions.events import AnyEvent, EpochEnded, Prepared, Progress
from vae_engine.sessions.records import Result, WorkerRecord
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import Settings
from vae_engine.worker.launcher import start_worker

_POLL_SECONDS = 0.05
# A worker may be writing an export when it is stopped.
_END_SECONDS = 60.0

OnEvent = Callable[[AnyEvent], None]


@dataclass(frozen=True)
class Trained:
    """A session that is over.

    Attributes:
        session: where it lies.
        epochs: its history.
        result: what it ended with.
        images: how many it trained on.
        started: when the worker was started, in seconds since 1970.
        prepared: when training began.
        first_step: when it reported its first step.
        processor_seconds: of the worker, from `prepared` to the last epoch's end.
        peak_bytes: resident memory of the worker at its highest.
    """

    session: Session
    epochs: list[EpochEnded]
    result: Result
    images: int
    started: float
    prepared: float
    first_step: float
    processor_seconds: float
    peak_bytes: int

    @property
    def steps_seconds(self) -> float:
        """Time in training steps, the first one's compilation included."""
        return sum(self.images / epoch.images_per_second for epoch in self.epochs)

    @property
    def training_seconds(self) -> float:
        """From the first step's beginning to the last epoch's end, with all that lies between."""
        return self.epochs[-1].time - self.prepared


def train(settings: Settings, folder: Path, on_event: OnEvent | None = None) -> Trained:
    """Train a new session below `folder` to its end; a worker left behind is ended.

    Raises:
        MeasurementError: it did not complete.
    """
    session = SessionStore(folder).create(settings, command=["benchmark"])
    started = time.time()
    start_worker(session)
    return follow(session, started, on_event)


def follow(session: Session, started: float, on_event: OnEvent | None = None) -> Trained:
    """Read a session's events until its worker has ended.

    Raises:
        MeasurementError: it did not complete.
    """
    prepared = first_step = used_before = used = 0.0
    images = peak = 0
    worker = psutil.Process(read_record(session.folder / layout.WORKER, WorkerRecord).pid)
    try:
        while True:
            alive = session.alive()
            peak = max(peak, _resident_bytes(worker))
            for event in session.poll():
                if isinstance(event, Prepared):
                    prepared = event.time
                    images = int(event.dataset["train_images"])
                    used_before = processor_seconds(worker)
                if isinstance(event, EpochEnded):
                    used = processor_seconds(worker)
                if isinstance(event, Progress) and not first_step:
                    first_step = event.time
                if on_event is not None:
                    on_event(event)
            if not alive:
                break
            time.sleep(_POLL_SECONDS)
    except BaseException:
        end_worker(session)
        raise
    result = session.result()
    if result is None or session.status() != "completed":
        raise MeasurementError(f"{session.id} {session.status()}: {session.log.stop_reason}")
    history = list(session.log.history)
    return Trained(
        session=session,
        epochs=history,
        result=result,
        images=images,
        started=started,
        prepared=prepared,
        first_step=first_step,
        processor_seconds=used - used_before,
        peak_bytes=peak,
    )


def end_worker(session: Session) -> None:
    """Let the session's worker end after a checkpoint, if it has one, and wait until it has."""
    if not session.alive():
        return
    pid = read_record(session.folder / layout.WORKER, WorkerRecord).pid
    deadline = time.monotonic() + _END_SECONDS
    with contextlib.suppress(ProcessLookupError):  # It may end by itself at any moment.
        os.kill(pid, signal.SIGTERM)
        while session.alive():
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(_POLL_SECONDS)


def processor_seconds(process: psutil.Process) -> float:
    """User and system time so far; 0 once it is gone."""
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _resident_bytes(process: psutil.Process) -> int:
    """The highest so far where the system keeps it, else the present; 0 once it is gone."""
    try:
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
        return int(process.memory_info().rss)
    except (OSError, psutil.Error):
        return 0
