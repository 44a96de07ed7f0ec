"""Real sweeps from start to end: followed, detached, stopped, killed and resumed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome, Spawn, Vae, finish, read_until
from tests.waiting import wait_for
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import read_record
from vae_engine.sessions.records import WorkerRecord
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.sweeps.store import Sweep, SweepStore
from vae_engine.sweeps.trials import read_trials

SMALL = ("--limit", 256, "--filters", "4,8", "--dense-units", 32)


@pytest.fixture
def no_sweeps_left(store: SessionStore) -> Iterator[None]:
    """Kill the coordinators of this test's sweeps when it ends, before their workers."""
    yield
    for listing in SweepStore(store).listings():
        if isinstance(listing, Sweep) and listing.alive():
            os.kill(coordinator(listing), signal.SIGKILL)


def coordinator(sweep: Sweep) -> int:
    return read_record(sweep.folder / layout.WORKER, WorkerRecord).pid


def newest(store: SessionStore) -> Sweep:
    return SweepStore(store).find("latest")


@pytest.mark.usefixtures("no_workers_left", "no_sweeps_left")
def test_a_sweep_in_lines_from_start_to_end(
    spawn: Spawn, vae: Vae, store: SessionStore, digits: Path
) -> None:
    """One trial completes, one diverges, which does not stop the other."""
    process = spawn(
        *("sweep", "run", "--dataset", digits, *SMALL, "--epochs", 1, "--plain"),
        *("--learning-rate", "1,0.002", "--parallel", 2, "--adam-epsilon", 1e-7),
    )
    done = finish(process)
    made = newest(store)
    trials = read_trials(made)
    assert [trial.status for trial in trials] == ["diverged", "completed"]
    assert done.lines[0] == "2 trials, 2 at once: learning_rate 1, 0.002"
    assert done.lines[1].startswith("expected duration: unknown")
    assert done.lines[2].startswith(f"sweep {made.id} (learning_rate): ")
    assert trials[1].evaluated
    evaluation = Session(store.root / trials[1].session).evaluation()
    assert evaluation is not None
    assert (evaluation.samples, evaluation.nll) == (1, None)
    assert done.out.count("trial 2 (learning_rate 0.002) completed after 1 epoch") == 1
    assert "trial 1 (learning_rate 1) diverged" in done.out
    assert done.code == 1
    assert f"1 of 2 trials failed: `vae sweep show {made.id}` shows why" in done.err
    assert vae("sweep", "show", "latest").lines[1].startswith("completed, ")


@pytest.mark.usefixtures("no_workers_left", "no_sweeps_left")
def test_ctrl_c_leaves_the_sweep_and_stop_ends_it(
    spawn: Spawn, vae: Vae, store: SessionStore, digits: Path
) -> None:
    endless = ("--epochs", 100_000, "--min-epochs", 100_000)
    process = spawn("sweep", "run", "--dataset", digits, *SMALL, *endless, "--seeds", 3)
    read_until(process, "trial 1 (seed 0)")
    os.killpg(process.pid, signal.SIGINT)
    left = finish(process)
    made = newest(store)
    assert left.code == 0
    assert left.err.startswith("data: ")
    assert left.err.count("\n") == 1
    assert f"vae sweep show {made.id}" in left.out
    assert f"vae sweep stop {made.id}" in left.out
    assert made.alive()
    stopped = vae("sweep", "stop", "latest")
    assert stopped.out == (
        f"sweep {made.id} is stopped: `vae sweep resume {made.id}` continues it\n"
    )
    assert not made.alive()
    statuses = [trial.status for trial in read_trials(made)]
    assert set(statuses) <= {"stopped", "waiting"}
    assert statuses[-1] == "waiting"
    assert not any(trial.live for trial in read_trials(made))


@pytest.mark.slow
@pytest.mark.usefixtures("no_workers_left", "no_sweeps_left")
def test_a_killed_coordinator_loses_no_trial_and_none_runs_twice(
    vae: Vae, store: SessionStore, digits: Path
) -> None:
    """Killed at each of its trials' ends and resumed; then as by `vae train`, to the bit."""
    settings = ("--dataset", digits, *SMALL, "--epochs", 2)
    done = vae("sweep", "run", *settings, "--latent-dim", "2,4", "--seeds", 2, "--detach")
    made = newest(store)
    assert (done.code, done.out) == (0, f"{made.id}\n")
    assert "4 trials" in done.err
    for finished in (1, 2, 3):
        wait_for(partial(has_finished, made, finished))
        if made.alive():
            os.kill(coordinator(made), signal.SIGKILL)
            wait_for(lambda: not made.alive())
            assert vae("sweep", "resume", made.id, "--detach") == Outcome(0, f"{made.id}\n", "")
    wait_for(lambda: not made.alive())
    trials = read_trials(made)
    assert [(trial.status, trial.evaluated) for trial in trials] == [("completed", True)] * 4
    for trial in trials:
        session = Session(store.root / trial.session)
        session.poll()
        assert session.log.run == 1
    alone = vae(
        "train", *settings, "--latent-dim", 4, "--seed", 1, "--threads", 1, "--name", "alone"
    )
    assert alone.code == 0
    digests = {
        json.loads(vae("show", name, "--json").out)["weights_sha256"]
        for name in ("alone", trials[3].session)
    }
    assert len(digests) == 1


def has_finished(sweep: Sweep, count: int) -> bool:
    return sum(trial.finished for trial in read_trials(sweep)) >= count
