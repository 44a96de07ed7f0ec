"""Where the time of a training step and of an epoch goes, in a real training.

The engine's own `train_session` trains a session; its journal is listened to, some steps of the
second epoch are traced by TensorFlow's profiler, and the functions beside the steps are timed.

Run by `benchmarks.training` as ``python -m benchmarks.training_step``; prints JSON lines.
"""

from __future__ import annotations

import argparse
import pkgutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import tensorflow as tf

from benchmarks.operation_trace import IDLE, read_operations, seconds_by_part
from benchmarks.operations import network_operations
from benchmarks.processes import tell
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings
from vae_engine.training.controls import Controls
from vae_engine.training.run import train_session

Seconds = defaultdict[str, float]

UNTIMED_EPOCHS = 2
TRACED_EPOCH = 2
TRACED_STEPS = 60

# What runs beside the steps, by the part that the table shows.
BESIDE_STEPS = {
    "validation": ("vae_engine.training.trainer.Evaluator.evaluate",),
    "preview": (
        "vae_engine.training.trainer.PreviewMaker.make",
        "vae_engine.training.trainer.write_preview",
    ),
    "checkpoint": ("vae_engine.training.checkpoint.save",),
    "export": ("vae_engine.training.export.Exporter.export",),
    "events": ("vae_engine.sessions.journal.Journal.emit",),
    "training steps": ("vae_engine.training.trainer.TrainingSteps.train",),
}


class Unwatched:
    """Nobody asks this training to stop."""

    terminated = ""

    def training_begins(self) -> None:
        pass

    def training_ended(self) -> None:
        pass


class HeardJournal(Journal):
    """A journal that passes its events on, once they are written."""

    def __init__(self, folder: Path, hear: Callable[[ev.AnyEvent], None]) -> None:
        super().__init__(folder)
        self._hear = hear

    def emit(self, event: ev.AnyEvent) -> None:
        super().emit(event)
        self._hear(event)


def run(session: Session, controls: Controls, hear: Callable[[ev.AnyEvent], None]) -> None:
    """Train a session in this process."""
    layout.create_folders(session.folder)
    journal = HeardJournal(session.folder, hear)
    epochs, shortest = session.settings.epochs, session.settings.min_epochs
    journal.emit(ev.RunStarted(run=1, host="", pid=0, epochs=epochs, min_epochs=shortest))
    train_session(session.folder, journal, controls, Unwatched())
    journal.close()


def tell_parts(session: Session) -> None:
    """Tell the seconds of the epochs' parts, from the second epoch's end to the last one's.

    The first two are left out: one compiles, and has an export outside the turn of five.
    """
    seconds: Seconds = defaultdict(float)
    found: dict[str, Any] = {}
    began = 0.0

    def hear(event: ev.AnyEvent) -> None:
        nonlocal began
        if not isinstance(event, ev.EpochEnded):
            return
        if event.epoch == UNTIMED_EPOCHS:
            seconds.clear()
            began = time.perf_counter()
        if event.epoch == session.settings.epochs:
            found.update(wall_seconds=time.perf_counter() - began, seconds=dict(seconds))

    with ExitStack() as stack:
        for part, targets in BESIDE_STEPS.items():
            for target in targets:
                stack.enter_context(_timed(target, part, seconds))
        run(session, Controls(), hear)
    tell(**found)


def _timed(target: str, part: str, seconds: Seconds) -> Any:
    """A patch that makes the function `target` add its time to `part`."""
    original = pkgutil.resolve_name(target)

    def timed(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return original(*arguments, **named)
        finally:
            seconds[part] += time.perf_counter() - began

    return mock.patch(target, timed)


class Tracer:
    """Traces the steps between two progress events of the second epoch, then stops training."""

    def __init__(self, folder: Path, controls: Controls) -> None:
        self._folder = folder
        self._controls = controls
        self._first: tuple[int, float] | None = None
        self.steps = 0
        self.seconds = 0.0

    def hear(self, event: ev.AnyEvent) -> None:
        """Begin at the first progress; end once there were steps enough, or at the epoch's end."""
        if self.steps or not isinstance(event, ev.Progress) or event.epoch != TRACED_EPOCH:
            return
        if self._first is None:
            tf.profiler.experimental.start(str(self._folder))
            self._first = event.step, time.perf_counter()
        elif event.step - self._first[0] >= min(TRACED_STEPS, event.steps // 4):
            self.steps = event.step - self._first[0]
            self.seconds = time.perf_counter() - self._first[1]
            tf.profiler.experimental.stop()
            self._controls.apply("stop_now")


def tell_trace(session: Session, folder: Path) -> None:
    """Tell the milliseconds of a step and of its parts, largest first."""
    controls = Controls()
    tracer = Tracer(folder, controls)
    run(session, controls, tracer.hear)
    layers = [layer.name for layer in network_operations(session.settings)]
    seconds = seconds_by_part(read_operations(folder), layers)
    seconds[IDLE] = max(0.0, tracer.seconds - sum(seconds.values()))
    to_ms = 1e3 / tracer.steps
    parts = sorted(seconds.items(), key=lambda item: -item[1])
    tell(
        steps=tracer.steps,
        step_ms=tracer.seconds * to_ms,
        parts_ms={part: value * to_ms for part, value in parts},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("trace", "parts"))
    parser.add_argument("--epochs", type=int, default=TRACED_EPOCH)
    parser.add_argument("--limit", type=int, default=0, help="train on the first N images")
    options = parser.parse_args()
    settings = make_settings(epochs=options.epochs, limit=options.limit)
    with tempfile.TemporaryDirectory() as folder:
        session = SessionStore(Path(folder)).create(settings, command=["benchmark"])
        if options.what == "trace":
            tell_trace(session, Path(folder) / "trace")
        else:
            tell_parts(session)


if __name__ == "__main__":
    main()
