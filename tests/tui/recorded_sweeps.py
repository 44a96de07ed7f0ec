"""Sweeps as a coordinator would have left them, or is at, without training."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tests.sessions.makers import write_evaluation
from tests.tui.recorder import Recorder
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.liveness import beat, this_process
from vae_engine.sessions.records import Status
from vae_engine.sessions.session import Session
from vae_engine.settings import SettingValue
from vae_engine.sweeps.grid import make_grid
from vae_engine.sweeps.store import NewSweep, Sweep, SweepStore
from vae_engine.sweeps.trials import read_trials

EPOCHS = 4


def record_sweep(
    recorder: Recorder,
    statuses: Mapping[int, Status],
    *,
    name: str | None = "mine",
    seeds: int = 2,
    live: bool = False,
    **lists: tuple[SettingValue, ...],
) -> Sweep:
    """A sweep over d = 2 and 4 unless other lists are given; the trials not named here wait."""
    values = {"latent_dim": (2, 4), "epochs": (EPOCHS,), **lists}
    grid = make_grid(values, seeds)
    store = SweepStore(recorder.store)
    sweep = store.create(NewSweep(grid, parallel=2, name=name, command=["vae", "sweep", "run"]))
    for number, status in statuses.items():
        begin_trial(recorder, sweep, number, status)
    if live:
        revive(sweep)
    return sweep


def begin_trial(recorder: Recorder, sweep: Sweep, number: int, status: Status) -> Session:
    """Let a trial have a session that is in a status now: done, or halfway."""
    trial = read_trials(sweep)[number - 1]
    session = sweep.sessions.create(
        trial.settings, name=f"trial {number}", session_id=trial.session, tags=[sweep.id]
    )
    done = status in ("completed", "stopped")
    recorder.fill(session, status=status, epochs=EPOCHS if done else EPOCHS // 2)
    if status == "completed":
        write_evaluation(session)
    return Session(session.folder)


def revive(sweep: Sweep, now: float | None = None) -> None:
    """Give the sweep a living coordinator: this process."""
    atomic.write_record(sweep.folder / layout.WORKER, this_process(run=0))
    beat(sweep.folder)
    if now is not None:
        os.utime(sweep.folder / layout.HEARTBEAT, (now, now))


def kill(sweep: Sweep) -> None:
    """Take the coordinator away without a last word."""
    (sweep.folder / layout.WORKER).unlink()


def session_folder(sweep: Sweep, number: int) -> Path:
    """Where the session of a trial lies."""
    return sweep.sessions.root / sweep.record.trials[number - 1].session
