"""A session that is killed at any moment and resumed ends with the same bits."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.faults.faulty_worker import Fault
from tests.faults.storm import LANDMARKS, STEPS, Storm, check_same_end
from tests.worker.conftest import Runner
from vae_engine.sessions import layout
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings, make_settings

pytestmark = pytest.mark.usefixtures("forked")

# How often each moment is chosen, in proportion.
MOMENTS = {
    "start": 12,
    "epoch": 3,
    "preview": 1,
    "checkpoint": 4,
    "event": 3,
    "export": 4,
    "result": 2,
}
KILLS = int(os.environ.get("VAE_KILLS", "100"))
SEED = int(os.environ.get("VAE_KILL_SEED", "1"))


# What a kill leaves behind, one after the other in one session.
FAULTS = (
    # The last checkpoint is the latest, but what it replaces is still there.
    Fault("remove", "checkpoints/*.npz", 1),
    Fault("rename", "exports/index.json", 1),
    # An epoch is checkpointed but not told, half of the line is there; and the end is torn.
    Fault("write", layout.EVENTS, 4),
    Fault("rename", layout.RESULT),
)


def test_what_a_kill_cuts_off_is_mended(
    runner: Runner, small: Settings, undisturbed: Session
) -> None:
    storm = Storm(runner.create(small), random.Random(SEED))
    for fault in FAULTS:
        assert storm.kill_within("", fault), fault
    runner.complete(storm.session)
    check_same_end(storm.session, undisturbed)


@pytest.mark.slow
def test_a_storm_of_kills(digits: Path, runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    settings = make_settings(
        dataset=str(digits), limit=2000, epochs=12, min_epochs=12, seed=3, threads=2
    )
    undisturbed = runner.complete(runner.create(settings))
    choose = random.Random(SEED)
    fell: dict[str, int] = {}
    sessions = 0
    while sum(fell.values()) < KILLS:
        storm = Storm(runner.create(settings), choose)
        sessions += 1
        kill_to_the_end(storm, choose, KILLS - sum(fell.values()))
        if storm.session.log.phase != "ended":
            runner.complete(storm.session)
        check_same_end(storm.session, undisturbed)
        for where, count in storm.fell.items():
            fell[where] = fell.get(where, 0) + count
        with capsys.disabled():
            print(f"\n{sum(fell.values())} kills, {sessions} sessions")
            for where, count in sorted(fell.items()):
                print(f"  {count:3}  {where}")
    missed = set(MOMENTS) - {where.partition(":")[0] for where in fell}
    assert KILLS < 50 or not missed


def kill_to_the_end(storm: Storm, choose: random.Random, at_most: int) -> None:
    """Kill the session's workers until one of them comes to its end, or the kills are enough."""
    died = True
    while died and storm.kills < at_most:
        moment = choose.choices(list(MOMENTS), list(MOMENTS.values()))[0]
        if choose.random() < (0.5 if moment in STEPS else 1.0) and moment in LANDMARKS:
            died = storm.kill_from_outside(moment)
        else:
            died = storm.kill_within(moment, choose.choice(STEPS[moment]))
