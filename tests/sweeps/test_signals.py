"""A coordinator that receives a termination signal stops its trials, and starts no other."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.control.test_training import images_file
from tests.tui.recorder import Recorder
from tests.waiting import wait_for
from vae_engine.control.sweeps import resume_sweep, start_coordinator
from vae_engine.errors import DatasetError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions import events as ev
from vae_engine.sessions.records import WorkerRecord
from vae_engine.sweeps.grid import make_grid
from vae_engine.sweeps.store import NewSweep, SweepStore
from vae_engine.sweeps.trials import read_trials


@pytest.mark.parametrize("name", ["SIGTERM", "SIGUSR1"])
def test_a_coordinator_that_is_asked_to_go_stops_its_trials(
    store: SweepStore, name: str, no_workers_left: None
) -> None:
    sweep = store.create(NewSweep(make_grid({"limit": (300,), "seed": (0, 1)}), parallel=1))
    coordinator = start_coordinator(sweep)
    wait_for(lambda: read_trials(sweep)[0].live)
    wait_for(lambda: read_trials(sweep)[0].status != "waiting")
    os.kill(coordinator, getattr(signal, name))
    wait_for(lambda: not sweep.alive())
    first, second = read_trials(sweep)
    assert (first.status, first.stop_reason) == ("stopped", "stop_now")
    assert second.status == "waiting"
    assert name in (sweep.folder / layout.LOG).read_text()


def test_a_sweep_is_not_resumed_on_other_images(
    store: SweepStore, recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its trials would fail, one after the other."""
    started: list[object] = []
    monkeypatch.setattr(
        "vae_engine.control.sweeps.start_coordinator", lambda *a, **_: started.append(a)
    )
    path = images_file(tmp_path / "images.npz")
    sweep = store.create(NewSweep(make_grid({"dataset": (str(path),), "seed": (0, 1)}), parallel=1))
    session = store.sessions.create(
        sweep.settings[0], session_id=sweep.record.trials[0].session, command=["vae"]
    )
    recorder.emit(
        session,
        recorder.run_started(session),
        ev.Prepared(epoch=0, step=0, environment={}, dataset={"sha256": "0" * 64}, parameters=1),
    )
    with pytest.raises(DatasetError, match="other images than when"):
        resume_sweep(sweep)
    assert started == []
    assert atomic.read_optional(sweep.folder / layout.WORKER, WorkerRecord) is None
