"""Test negative ELBO with the defaults, mean and deviation over seeds.

Run with ``python -m benchmarks.quality``. Finished runs are kept in the folder, and an interrupted
benchmark continues where it was: sessions under way resume from their checkpoints. Choices are made
by val_loss, which is recorded too; the test split was read once by each session, at its end.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from benchmarks.figures import Figure, as_json, heading, line
from benchmarks.processes import MeasurementError
from benchmarks.quality_record import Pace, Record, Run
from benchmarks.training_sessions import end_worker
from vae_engine.errors import EngineError
from vae_engine.machine import with_machine_settings
from vae_engine.sessions.events import EpochEnded
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import Settings, make_settings
from vae_engine.worker.launcher import start_worker

SEEDS = 3
SHORT_EPOCHS = 20
GOALS = {2: 134.5, 8: 98.0, 16: 93.0}
PUBLISHED = {2: 137.08, 5: 112.98, 10: 98.36, 20: 94.79, 40: 94.91}
"""Test negative ELBO on dynamically binarized MNIST: Davidson et al. 2018, table 1, N-VAE."""
LEAD, LEAD_FROM = 4.0, 10
"""How far ahead of it ours should be, nats, and from which number of dimensions."""
PROBE_IMAGES = 12_800
PROBE_EPOCHS = 3
_POLL_SECONDS = 0.2

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """Sessions that differ in their seed alone.

    Attributes:
        name: as the table shows it.
        changes: settings that are not the defaults.
        goal: for the mean test negative ELBO, nats.
    """

    name: str
    changes: dict[str, object] = field(default_factory=dict)
    goal: float | None = None

    def settings(self, seed: int, threads: int) -> Settings:
        """What the session of a seed trains with."""
        return with_machine_settings(make_settings(self.changes, seed=seed, threads=threads))


def all_plans() -> list[Plan]:
    """d = 2, 8 and 16, for 20 epochs and to convergence; published d, binarized, for 20 epochs."""
    plans = []
    for name, length in ((f"{SHORT_EPOCHS} epochs", {"epochs": SHORT_EPOCHS}), ("convergence", {})):
        for latent_dim, goal in GOALS.items():
            changes: dict[str, object] = {"latent_dim": latent_dim, **length}
            plans.append(Plan(f"d = {latent_dim}, {name}", changes, goal))
    for latent_dim, published in PUBLISHED.items():
        changes = {"latent_dim": latent_dim, "binarize": "dynamic", "epochs": SHORT_EPOCHS}
        goal = published - (LEAD if latent_dim >= LEAD_FROM else 0.0)
        plans.append(Plan(f"d = {latent_dim}, binarized", changes, goal))
    return plans


def figures_of(plan: Plan, runs: Sequence[Run]) -> Iterator[Figure]:
    """Mean and sample deviation over the seeds."""
    seeds = f"{len(runs)} seed{'s' * (len(runs) > 1)}"
    losses = [run.test_loss for run in runs]
    name = f"{plan.name}, {seeds}: test negative ELBO"
    yield Figure(name, statistics.mean(losses), "nats", goal=plan.goal)
    if len(runs) > 1:
        yield Figure("  deviation", statistics.stdev(losses), "nats")
    yield Figure("  val_loss", statistics.mean(run.val_loss for run in runs), "nats")
    yield Figure("  KL", statistics.mean(run.test_kl_loss for run in runs), "nats")
    yield Figure("  epochs", statistics.mean(run.epochs for run in runs), "")


class Runs:
    """Trains sessions, some at a time, and records what they come to."""

    def __init__(self, store: SessionStore, record: Record, say: Say) -> None:
        self._store = store
        self._record = record
        self._say = say

    def train(self, wanted: Sequence[tuple[str, Settings]], workers: int) -> None:
        """Train what the record does not have; interrupted, the workers end after a checkpoint.

        Args:
            wanted: names, for the progress lines, with settings.
            workers: sessions at a time.

        Raises:
            MeasurementError: a session did not complete.
        """
        waiting = [one for one in wanted if self._record.run(one[1]) is None]
        active: list[tuple[str, Session]] = []
        try:
            while waiting or active:
                while waiting and len(active) < workers:
                    name, settings = waiting.pop(0)
                    active.append((name, self._begin(settings)))
                time.sleep(_POLL_SECONDS)
                active = [one for one in active if not self._ended(*one)]
        finally:
            for _, session in active:
                end_worker(session)

    def _begin(self, settings: Settings) -> Session:
        """Continue the session that was begun with these settings, or begin one."""
        for listing in self._store.listings():
            if listing.problem:
                continue
            session = Session(listing.folder)
            if session.settings == settings:
                break
        else:
            session = self._store.create(settings, command=["benchmark"])
        session.poll(progress=False)
        if session.result() is None and not session.alive():
            start_worker(session)
        return session

    def _ended(self, name: str, session: Session) -> bool:
        alive = session.alive()
        for event in session.poll(progress=False):
            if isinstance(event, EpochEnded):
                of = session.settings.epochs
                self._say(f"{name}: epoch {event.epoch}/{of}  val_loss {event.val_loss:.2f}")
        if alive:
            return False
        result, log = session.result(), session.log
        if result is None or log.end_status != "completed" or log.best is None:
            raise MeasurementError(f"{name}, {session.id}: {session.status()} {log.stop_reason}")
        run = Run(
            settings=session.settings,
            session=session.id,
            epochs=log.epoch,
            reason=log.stop_reason,
            val_loss=log.best.val_loss,
            test_loss=result.test_loss,
            test_reconstruction_loss=result.test_reconstruction_loss,
            test_kl_loss=result.test_kl_loss,
            weights_sha256=result.weights_sha256,
            seconds=log.duration,
        )
        self._record.add(run)
        self._say(f"{name}: test negative ELBO {run.test_loss:.2f}")
        return True


def measure_pace(folder: Path, say: Say) -> Pace:
    """One session with all threads, or one for each thread: whichever trains more in a second."""
    cores = _usable_cores()
    rates: dict[str, float] = {}
    choices = {
        f"{workers} at a time, {cores // workers} threads": workers for workers in (1, cores)
    }
    for name, workers in choices.items():
        say(f"images per second, {name}")
        settings = make_settings(limit=PROBE_IMAGES, epochs=PROBE_EPOCHS, threads=cores // workers)
        with tempfile.TemporaryDirectory(dir=folder) as probe:
            rates[name] = _rate_of_all(SessionStore(Path(probe)), settings, workers)
        say(f"images per second, {name}: {rates[name]:.0f}")
    workers = choices[max(rates, key=lambda name: rates[name])]
    return Pace(workers=workers, threads=cores // workers, rates=rates)


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _rate_of_all(store: SessionStore, settings: Settings, workers: int) -> float:
    """Images per second of several equal sessions at once, in the median of their later epochs."""
    sessions = [store.create(settings, command=["benchmark"]) for _ in range(workers)]
    try:
        for session in sessions:
            start_worker(session)
        while any(session.alive() for session in sessions):
            time.sleep(_POLL_SECONDS)
    finally:
        for session in sessions:
            end_worker(session)
    total = 0.0
    for session in sessions:
        session.poll(progress=False)
        if session.log.end_status != "completed":
            raise MeasurementError(f"{session.id}: {session.status()} {session.log.stop_reason}")
        total += statistics.median(one.images_per_second for one in session.log.history[1:])
    return total


def main(arguments: list[str] | None = None) -> int:
    """Train what is missing and print the table; returns the exit code."""
    options = _parser().parse_args(arguments)
    before = os.getloadavg()[0]
    began = time.monotonic()

    def say(what: str) -> None:
        print(f"  {time.monotonic() - began:6.0f} s  {what}", file=sys.stderr, flush=True)

    folder: Path = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    record = Record(folder / "runs.jsonl")
    pace = record.pace()
    if pace is None:
        pace = measure_pace(folder, say)
        record.add(pace)
    plans = [plan for plan in all_plans() if options.only is None or options.only in plan.name]
    settings = {
        plan.name: [plan.settings(seed, pace.threads) for seed in range(options.seeds)]
        for plan in plans
    }
    # Seed after seed, so that an interrupted benchmark has something of every row.
    wanted = [
        (f"{plan.name}, seed {seed}", settings[plan.name][seed])
        for seed in range(options.seeds)
        for plan in plans
    ]
    try:
        Runs(SessionStore(folder / "sessions"), record, say).train(wanted, pace.workers)
    except KeyboardInterrupt:
        print("interrupted: run the same command to continue", file=sys.stderr)
        return 130
    except (MeasurementError, EngineError) as error:
        print(error, file=sys.stderr)
        return 1
    figures: list[Figure] = []
    print(heading())
    for plan in plans:
        runs = [run for one in settings[plan.name] if (run := record.run(one)) is not None]
        for figure in figures_of(plan, runs):
            figures.append(figure)
            print(line(figure), flush=True)
    print(f"\n{pace.workers} at a time, {pace.threads} threads each")
    if options.json is not None:
        found = as_json(figures, (before, os.getloadavg()[0]))
        found["pace"] = msgspec.to_builtins(pace)
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help="seeds 0 to N - 1")
    parser.add_argument("--only", metavar="TEXT", help="rows whose name has this: `d = 2,`")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("quality"),
        help="where the sessions and the record of finished runs are kept",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
