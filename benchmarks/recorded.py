"""Folders of sessions to measure with, written through the same code as a worker's."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.tui.recorder import RECORDINGS, Recorder, epoch_ended, progress
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.event_log import EventWriter
from vae_engine.sessions.events import RunEnded
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.liveness import beat
from vae_engine.sessions.previews import read_preview, write_preview
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

EPOCH_SECONDS = 15.0
PROGRESS_SECONDS = 0.5
EPOCHS_DONE = 30
_STEPS = round(EPOCH_SECONDS / PROGRESS_SECONDS)


def folder_of(root: Path, count: int) -> list[Session]:
    """Fill a folder with completed sessions named digits-0, digits-1 ...; the last is the newest.

    The first is recorded, the others are its copies under their own ids.
    """
    store = SessionStore(root)
    first = Recorder(store).session("digits-0", created=1.7e9)
    sessions = [first]
    for number in range(1, count):
        session_id = f"{first.id[:-4]}{number:04x}-copy"
        folder = root / session_id
        # As links: the records that differ are replaced, never written into.
        shutil.copytree(first.folder, folder, copy_function=os.link)
        created = first.manifest.created + 60.0 * number
        manifest = msgspec.structs.replace(first.manifest, id=session_id, created=created)
        label = msgspec.structs.replace(first.label, name=f"digits-{number}")
        atomic.write_record(folder / layout.MANIFEST, manifest, durable=False)
        atomic.write_record(folder / layout.LABEL, label, durable=False)
        sessions.append(Session(folder))
    return sessions


def long_session(root: Path, epochs: int, progress_an_epoch: int) -> Session:
    """A session that has gone on for very long."""
    recorder = Recorder(SessionStore(root))
    session = recorder.session("long", epochs=2, of=epochs)
    writer = EventWriter(session.folder / layout.EVENTS)
    writer.append(recorder.run_started(session, run=2))
    for epoch in range(3, epochs):
        for step in range(1, progress_an_epoch + 1):
            writer.append(progress(epoch, step))
        writer.append(epoch_ended(epoch))
    writer.close()
    recorder.finish_epoch(session, epochs)
    recorder.emit(session, RunEnded(status="completed", reason="epochs"))
    return session


class Replay(threading.Thread):
    """Stands in for a worker: reports progress and ends epochs as often as a real one does."""

    def __init__(self, root: Path, epochs_done: int = EPOCHS_DONE) -> None:
        """Record a live session in `root`, held by this process."""
        super().__init__(name="replay", daemon=True)
        recorder = Recorder(SessionStore(root))
        self.session = recorder.session("live", status="training", epochs=epochs_done, of=1000)
        self._epoch = epochs_done
        self._over = threading.Event()
        self._journal = Journal(self.session.folder)
        for epoch in range(1, epochs_done + 1):
            self._draw(epoch)

    def run(self) -> None:
        """Train, as seen from outside, until `end`."""
        for step in self._steps():
            beat(self.session.folder)
            epoch, wave = self._epoch + 1, 0.1 * (step % 7)
            loss = 150.0 + 100.0 / epoch + wave
            self._journal.emit(
                progress(epoch, step, steps=_STEPS, loss=loss, images_per_second=3500 + 90 * wave)
            )
            if step == _STEPS:
                self._end_epoch(epoch)

    def end(self) -> None:
        """Stop as a worker that is killed."""
        self._over.set()
        self.join()
        self._journal.close()

    def _steps(self) -> Iterator[int]:
        due = time.monotonic()
        while True:
            for step in range(1, _STEPS + 1):
                due += PROGRESS_SECONDS
                if self._over.wait(max(0.0, due - time.monotonic())):
                    return
                yield step

    def _draw(self, epoch: int) -> None:
        # The two that were recorded take turns, so that every picture changes at every epoch.
        preview = read_preview(RECORDINGS / "d2", 1 + epoch % 2)
        assert preview is not None
        write_preview(self.session.folder, epoch, preview)

    def _end_epoch(self, epoch: int) -> None:
        self._draw(epoch)
        self._journal.emit(epoch_ended(epoch, duration=EPOCH_SECONDS))
        self._epoch = epoch
