"""A run, and every state that a power cut may leave of it."""

from __future__ import annotations

import pickle
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.crashes.judging import judge_training, name_of
from tests.crashes.recording import Recording, recorded
from tests.crashes.states import State, build, crash_states, killed_states
from tests.sessions.makers import (
    epoch_ended,
    new_session,
    prepared,
    progress,
    run_ended,
    run_started,
    write_pictures,
)
from tests.training.test_checkpoint import OPTIMIZER, WEIGHTS, state
from vae_engine.sessions import events as ev
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings
from vae_engine.training import checkpoint
from vae_engine.training.checkpoint import Checkpoint

_ROOT = Path(__file__).parents[2]
_SLOW_STATES = 800


def judge(states: list[State], folder: Path) -> None:
    folder.mkdir()
    for number, state_left in enumerate(states):
        root = folder / str(number)
        root.mkdir()
        build(state_left.tree, root)
        try:
            judge_training(root, state_left.told)
        except Exception as error:
            shown = sorted(str(path.relative_to(root)) for path in root.rglob("*"))
            raise AssertionError(f"{error}\n{state_left.told} {state_left}\n{shown}") from error
        shutil.rmtree(root)


def record_run(session: Session, epochs: int) -> Recording:
    """What a worker writes, in its order, with small weights."""
    with recorded(session.folder) as recorder:
        journal = Journal(session.folder)

        def emit(event: ev.AnyEvent) -> None:
            journal.emit(event)
            if name := name_of(event):
                recorder.tell(name)

        emit(run_started(epochs=epochs))
        write_pictures(session.folder, [])
        emit(prepared())
        for epoch in range(1, epochs + 1):
            emit(progress(epoch))
            write_pictures(session.folder, [epoch])
            done = state(epoch, best_epoch=epoch)
            weights = [np.asarray(value + epoch) for value in WEIGHTS]
            checkpoint.save(session.folder, Checkpoint(done, weights, OPTIMIZER))
            emit(epoch_ended(epoch))
        emit(run_ended("stopped"))
        journal.close()
    return recorder.recording()


def test_what_a_run_has_reported_survives_a_power_cut(tmp_path: Path) -> None:
    recording = record_run(new_session(tmp_path / "sessions"), epochs=2)
    states = list(crash_states(recording, every_subset_of=2, stride=3))
    chosen = random.Random(1).sample(states, 30)
    last = [one for one in states if one.told and one.told[-1] == "RunEnded"]
    assert last
    judge([*chosen, *last, *list(killed_states(recording))[::8]], tmp_path / "states")


@pytest.mark.slow
def test_what_a_real_worker_has_reported_survives_a_power_cut(tmp_path: Path) -> None:
    settings = make_settings(limit=256, epochs=2, filters=(4, 8), dense_units=(16,), threads=2)
    session = SessionStore(tmp_path / "sessions").create(settings, command=["vae", "train"])
    target = tmp_path / "recording"
    subprocess.run(
        [sys.executable, "-m", "tests.crashes.recorded_worker", str(target), str(session.folder)],
        cwd=_ROOT,
        check=True,
    )
    recording: Recording = pickle.loads(target.read_bytes())
    states = list(crash_states(recording, every_subset_of=3))
    last = [one for one in states if one.told and one.told[-1] == "RunEnded"]
    assert last
    chosen = random.Random(1).sample(states, min(_SLOW_STATES, len(states)))
    judge([*chosen, *last, *killed_states(recording)], tmp_path / "states")
    print(f"{len(recording.steps)} steps, {len(states)} states, {len(chosen)} of them judged")
