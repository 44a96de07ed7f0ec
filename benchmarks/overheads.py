"""What a session costs beside its training steps: the start, and the end of every epoch."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.processes import MeasurementError, last_finding
from benchmarks.training_sessions import Trained, end_worker, train
from vae_engine.sessions.events import Progress
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings
from vae_engine.worker.launcher import start_worker

STARTS = 3
# The first compiles, and has an export outside the turn of five; the last five have one.
EPOCHS = 7
_UNTIMED = 2
GOAL_START = 1.3
GOAL_SHARE = 5.0
_STEP = "benchmarks.training_step"
_POLL_SECONDS = 0.01
_START_SECONDS = 120.0

Say = Callable[[str], None]


def measure(say: Say, limit: int = 0) -> Iterator[Figure]:
    """The start against a bare import, then the shares of an epoch."""
    yield from _start(say, limit)
    say(f"a session of {EPOCHS} epochs")
    with tempfile.TemporaryDirectory() as folder:
        trained = train(make_settings(epochs=EPOCHS, limit=limit), Path(folder))
    wall, steps = epoch_seconds(trained)
    yield Figure("an epoch, from one's end to the next one's", wall, "s")
    share = 100 * (1 - steps / wall)
    yield Figure("  all but training steps, share", share, "%", goal=GOAL_SHARE)
    say(f"the same, its parts timed, {EPOCHS} epochs")
    found = last_finding(_STEP, "parts", "--epochs", EPOCHS, "--limit", limit)
    for part, seconds in found["seconds"].items():
        yield Figure(f"  {part}, share", 100 * seconds / found["wall_seconds"], "%")


def epoch_seconds(trained: Trained) -> tuple[float, float]:
    """Of an epoch after the first two, in the mean: all of it, and its training steps."""
    timed = trained.epochs[_UNTIMED:]
    wall = (timed[-1].time - trained.epochs[_UNTIMED - 1].time) / len(timed)
    return wall, statistics.mean(trained.images / one.images_per_second for one in timed)


def _start(say: Say, limit: int) -> Iterator[Figure]:
    imports, starts = [], []
    for number in range(1, STARTS + 1):
        say(f"start of a worker, {number}/{STARTS}")
        imports.append(_import_seconds())
        starts.append(_first_step_seconds(limit))
    name = "worker to its first step; peer: import tensorflow"
    ours, peer = statistics.median(starts), statistics.median(imports)
    yield Figure(name, ours, "s", goal=GOAL_START, peer=peer)


def _import_seconds() -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", "import tensorflow"],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - began


def _first_step_seconds(limit: int) -> float:
    """Return the seconds until the worker reports its first step; then it is ended."""
    with tempfile.TemporaryDirectory() as folder:
        session = SessionStore(Path(folder)).create(make_settings(limit=limit), command=["start"])
        began = time.time()
        start_worker(session)
        first: float | None = None
        try:
            while first is None and time.time() < began + _START_SECONDS:
                first = next((e.time for e in session.poll() if isinstance(e, Progress)), None)
                time.sleep(_POLL_SECONDS)
        finally:
            end_worker(session)
    if first is None:
        raise MeasurementError(f"the worker took no step within {_START_SECONDS:.0f} s")
    return first - began
