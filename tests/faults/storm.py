"""Kill workers at chosen moments, and check their session afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from tests.faults.faulty_worker import Fault
from tests.worker.forked import ForkedProcess, fork
from tests.worker.test_resume import figures, weights
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import read_record
from vae_engine.sessions.event_log import EventReader
from vae_engine.sessions.progress import SessionLog
from vae_engine.sessions.records import CheckpointEntry, CheckpointIndex
from vae_engine.sessions.session import Session, read_summary
from vae_engine.sessions.summary import Summary
from vae_engine.training import checkpoint, export

_DEADLINE = 600.0
_ROOT = Path(__file__).parents[2]

STEPS = {
    "start": [
        Fault("open", layout.EVENTS),
        Fault("rename", layout.WORKER),
        Fault("write", layout.EVENTS),
        Fault("rename", layout.SUMMARY),
        Fault("rename", "previews/originals.npz"),
    ],
    "event": [Fault("write", layout.EVENTS, count) for count in (2, 3, 4, 5, 6)]
    + [Fault("fsync", layout.EVENTS, count) for count in (2, 3, 4)],
    "checkpoint": [
        Fault("open", "checkpoints/*.npz"),
        Fault("fsync", "checkpoints/*.npz"),
        Fault("rename", "checkpoints/*.npz"),
        Fault("open", "checkpoints/index.json"),
        Fault("rename", "checkpoints/index.json"),
        Fault("fsync", layout.CHECKPOINTS, 2),
        Fault("remove", "checkpoints/*.npz"),
    ],
    "preview": [Fault("open", "previews/epoch-*.npz"), Fault("rename", "previews/epoch-*.npz")],
    "export": [
        Fault("open", "exports/encoder-*"),
        Fault("rename", "exports/encoder-*"),
        Fault("open", "exports/decoder-*"),
        Fault("rename", "exports/decoder-*"),
        Fault("rename", "exports/index.json"),
        Fault("fsync", layout.EXPORTS, 3),
        Fault("remove", "exports/*coder-*"),
    ],
    "result": [
        Fault("rename", layout.EMBEDDINGS),
        Fault("rename", layout.SAMPLES),
        Fault("rename", layout.WEIGHTS),
        Fault("rename", layout.KERAS_MODEL),
        Fault("rename", layout.RESULT),
    ],
}
"""The steps at which a worker is killed from within, by the moment they belong to."""


def _training(session: Session, run: int) -> bool:
    session.poll()
    return session.log.run == run and session.log.latest_progress is not None


def _saving(session: Session, run: int) -> bool:
    return any((session.folder / layout.CHECKPOINTS).glob(".tmp-*"))


def _exporting(session: Session, run: int) -> bool:
    events = session.poll()
    return any(isinstance(one, ev.EpochEnded) and export.is_due(one.epoch) for one in events)


def _finishing(session: Session, run: int) -> bool:
    session.poll()
    return session.log.run == run and bool(session.log.finishing)


LANDMARKS: dict[str, tuple[Callable[[Session, int], bool], float]] = {
    "start": (lambda *_: True, 8.0),
    "epoch": (_training, 0.5),
    "checkpoint": (_saving, 0.05),
    "export": (_exporting, 2.0),
    "result": (_finishing, 2.0),
}
"""Moments that can be seen from outside, and up to how many seconds later the kill comes."""


def start_faulty(session: Session, fault: Fault) -> subprocess.Popen[bytes]:
    """Start a worker that meets a fault, as the launcher starts one."""
    with (session.folder / layout.LOG).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", *_faulty(session, fault)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=_ROOT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
        )


def fork_faulty(session: Session, fault: Fault) -> ForkedProcess:
    """Do the same without importing TensorFlow once more."""
    module, *arguments = _faulty(session, fault)
    with (session.folder / layout.LOG).open("ab") as log:
        return fork(module, arguments, log)


def _faulty(session: Session, fault: Fault) -> list[str]:
    told = msgspec.json.encode(fault).decode()
    return ["tests.faults.faulty_worker", told, str(session.folder)]


class Storm:
    """Kills the workers of a session, one after the other.

    Attributes:
        fell: where the kills fell: for each moment, what had begun and was cut off.
    """

    def __init__(self, session: Session, choose: random.Random) -> None:
        self.session = session
        self.fell: dict[str, int] = {}
        self._choose = choose

    @property
    def kills(self) -> int:
        """How many workers died."""
        return sum(self.fell.values())

    def kill_within(self, moment: str, fault: Fault) -> bool:
        """Run a worker that dies at a step of its own; False if it ended without."""
        process = fork_faulty(self.session, fault)
        code = process.wait(timeout=_DEADLINE)
        self.session.poll()
        return self._note(f"{moment}: {fault.operation} {fault.file}", code)

    def kill_from_outside(self, moment: str) -> bool:
        """Run a worker and kill it soon after a moment; False if it ended before."""
        landmark, seconds = LANDMARKS[moment]
        process = fork_faulty(self.session, Fault("remove", "nothing"))
        delay = self._choose.uniform(0.0, seconds)
        run = self.session.log.run + 1
        deadline = time.monotonic() + _DEADLINE
        try:
            while process.poll() is None and not landmark(self.session, run):
                assert time.monotonic() < deadline, moment
                time.sleep(0.001)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=delay)
        finally:
            process.kill()
        code = process.wait()
        self.session.poll()
        return self._note(f"{moment}: up to {seconds:g} s later", code)

    def _note(self, where: str, code: int) -> bool:
        if code != -signal.SIGKILL:
            assert code == 0, f"the worker failed, see {self.session.folder / layout.LOG}"
            return False
        if self.session.log.phase == "ended":
            return False  # The kill came after its last word.
        # A session of which nothing was heard yet may be about to start.
        unheard = self.session.log.phase == "created"
        assert self.session.status() in ("interrupted", "starting" if unheard else "interrupted")
        check_checkpoints(self.session)
        self.fell[where] = self.fell.get(where, 0) + 1
        return True


def check_checkpoints(session: Session) -> None:
    """All checkpoints that the index names are whole."""
    index = checkpoint.read_index(session.folder)
    for entry in _entries(index):
        content = (session.folder / entry.file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry.sha256, entry.file


def check_same_end(session: Session, undisturbed: Session) -> None:
    """A session that was disturbed ends as one that was not, and nothing half-made is left."""
    session.poll()
    assert session.status() == "completed", session.log.stop_reason
    assert weights(session) == weights(undisturbed)
    assert figures(session) == figures(undisturbed)
    check_log(session)
    check_nothing_left(session)
    mine, other = export.read_index(session.folder), export.read_index(undisturbed.folder)
    assert mine is not None
    assert mine == other


def check_log(session: Session) -> None:
    """Every event is numbered, none is damaged, and every epoch counts once."""
    reader = EventReader(session.folder / layout.EVENTS)
    events = reader.read_all()
    assert reader.damaged == 0
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    told = [event.epoch for event in events if isinstance(event, ev.EpochEnded)]
    assert told == sorted(set(told)) == list(range(1, session.log.epoch + 1))
    log = SessionLog()
    log.apply(events)
    size = (session.folder / layout.EVENTS).stat().st_size
    assert reader.offset == size
    assert read_record(session.folder / layout.SUMMARY, Summary) == log.summary(size)
    assert read_summary(session.folder) == log.summary(size)


def check_nothing_left(session: Session) -> None:
    """Every file is one that a record names."""
    folder = session.folder
    assert [path.name for path in folder.rglob(".tmp-*")] == []
    index = checkpoint.read_index(folder)
    assert _names(folder, "checkpoints/*.npz") == {entry.file for entry in _entries(index)}
    exports = export.read_index(folder)
    assert exports is not None
    named = {
        name for one in (exports.current, *exports.kept) for name in (one.encoder, one.decoder)
    }
    assert _names(folder, "exports/*coder-*") == named
    epochs = range(1, session.log.epoch + 1)
    # The untrained model's is a courtesy, which a fault may have prevented.
    drawn = _names(folder, "previews/epoch-*") - {layout.preview_file(0)}
    assert drawn == {layout.preview_file(epoch) for epoch in epochs}
    assert {path.name for path in folder.iterdir()} <= layout.NAMES


def _names(folder: Path, pattern: str) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.glob(pattern)}


def _entries(index: CheckpointIndex | None) -> Iterable[CheckpointEntry]:
    if index is None:
        return []
    return [entry for entry in (index.latest, index.previous, index.best) if entry]
