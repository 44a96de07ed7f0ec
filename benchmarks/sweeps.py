"""Whether trials train sooner side by side with few threads, or one after the other with many.

Run with ``python -m benchmarks.sweeps``; it takes about three minutes. Sweeps run as `vae sweep
run` starts them, with the default network on the first images of MNIST.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.figures import Figure, heading, line
from benchmarks.processes import MeasurementError
from benchmarks.training_sessions import end_worker, processor_seconds
from vae_engine.control.sweeps import start_coordinator
from vae_engine.machine import usable_processors
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import read_record
from vae_engine.sessions.records import WorkerRecord
from vae_engine.sessions.session import Session, worker_alive
from vae_engine.sessions.store import SessionStore
from vae_engine.sweeps.grid import make_grid
from vae_engine.sweeps.store import NewSweep, Sweep, SweepStore
from vae_engine.sweeps.trials import read_trials

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Timed:
    """A sweep that is over.

    Attributes:
        trained: seconds from the coordinator's start to the last trial's end.
        evaluated: seconds to the end of the last evaluation.
        images_per_second: of all trials together while they train, by their last epochs.
        processor_seconds: of all workers; evaluations are alike both ways.
    """

    trained: float
    evaluated: float
    images_per_second: float
    processor_seconds: float


def main(arguments: list[str] | None = None) -> int:
    """Measure both ways in turns; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweeps", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, metavar="N", help="measure so often")
    parser.add_argument("--limit", type=int, default=16_000, metavar="N", help="images")
    parser.add_argument("--epochs", type=int, default=2, metavar="N", help="epochs of a trial")
    options = parser.parse_args(arguments)
    count = usable_processors()
    if count < 2:
        print("one processor: there is nothing to compare", file=sys.stderr)
        return 1
    found: dict[str, list[Timed]] = {"at once": [], "in sequence": []}
    before = os.getloadavg()[0]
    for number in range(options.rounds):
        for name, parallel, threads in (("at once", count, 1), ("in sequence", 1, count)):
            timed = run_sweep(
                trials=count,
                parallel=parallel,
                threads=threads,
                limit=options.limit,
                epochs=options.epochs,
            )
            found[name].append(timed)
            print(f"  round {number + 1}, {name}: {timed}", file=sys.stderr, flush=True)
    print(heading())
    for figure in figures(found["at once"], found["in sequence"]):
        print(line(figure))
    print(f"load average {before:.1f} before, {os.getloadavg()[0]:.1f} after")
    return 0


def figures(at_once: Sequence[Timed], in_sequence: Sequence[Timed]) -> list[Figure]:
    """The quickest rounds of both: what else runs on the machine is held against neither."""

    def quickest(name: str) -> tuple[float, float]:
        return min(getattr(one, name) for one in at_once), min(
            getattr(one, name) for one in in_sequence
        )

    trained, evaluated = quickest("trained"), quickest("evaluated")
    processor = quickest("processor_seconds")
    rates = [max(one.images_per_second for one in way) for way in (at_once, in_sequence)]
    return [
        Figure("trials at once, trained", trained[0], "s", goal=1.0, peer=trained[1]),
        Figure("processor time of the workers", processor[0], "s", goal=1.0, peer=processor[1]),
        Figure("with their evaluations", evaluated[0], "s", goal=1.0, peer=evaluated[1]),
        Figure(
            "images per second together", rates[0], "1/s", goal=1.0, peer=rates[1], at_least=True
        ),
    ]


def run_sweep(*, trials: int, parallel: int, threads: int, limit: int, epochs: int) -> Timed:
    """Run a sweep over some seeds to its end.

    Raises:
        MeasurementError: a trial did not complete.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = SweepStore(SessionStore(Path(folder)))
        grid = make_grid({"limit": (limit,), "epochs": (epochs,), "threads": (threads,)}, trials)
        sweep = store.create(NewSweep(grid, parallel=parallel, command=["benchmark"]))
        began = time.time()
        start_coordinator(sweep)
        try:
            used: dict[int, float] = {}
            while sweep.alive():
                for pid in _workers(sweep):
                    with contextlib.suppress(psutil.NoSuchProcess):  # It ends by itself.
                        used[pid] = max(used.get(pid, 0.0), processor_seconds(psutil.Process(pid)))
                time.sleep(_POLL_SECONDS)
        finally:
            for trial in sweep.record.trials:
                if (path := store.sessions.root / trial.session).exists():
                    end_worker(Session(path))
        return _timed(sweep, began, parallel, sum(used.values()))


def _workers(sweep: Sweep) -> Iterator[int]:
    """The process ids of the trials' workers that live."""
    for trial in sweep.record.trials:
        folder = sweep.sessions.root / trial.session
        if worker_alive(folder):
            yield read_record(folder / layout.WORKER, WorkerRecord).pid


def _timed(sweep: Sweep, began: float, parallel: int, processor: float) -> Timed:
    found = read_trials(sweep)
    if not all(trial.status == "completed" and trial.evaluated for trial in found):
        raise MeasurementError(f"not all completed: {[trial.status for trial in found]}")
    sessions = [Session(sweep.sessions.root / trial.session) for trial in found]
    rates = []
    for session in sessions:
        session.poll()
        rates.append(session.log.history[-1].images_per_second)
    evaluated = max(
        one.evaluated + one.duration for one in map(Session.evaluation, sessions) if one
    )
    return Timed(
        trained=max(session.log.updated for session in sessions) - began,
        evaluated=evaluated - began,
        images_per_second=parallel * sum(rates) / len(rates),
        processor_seconds=processor,
    )


if __name__ == "__main__":
    sys.exit(main())
