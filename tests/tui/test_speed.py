from __future__ import annotations

from typing import Any

import msgspec

from tests.tui.recorder import Recorder
from tui.catalogue import Catalogue
from tui.speed import (
    Speed,
    expected_duration,
    expected_sweep_duration,
    measured_speeds,
)
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.liveness import this_process
from vae_engine.settings import make_settings


def speed(images_per_second: float = 1000.0, name: str = "earlier", **settings: Any) -> Speed:
    return Speed(name, make_settings(settings), images_per_second)


def test_without_earlier_sessions_nobody_knows() -> None:
    assert "nothing was trained on this machine yet" in expected_duration(make_settings(), [])


def test_it_takes_between_the_least_and_the_most_epochs() -> None:
    said = expected_duration(make_settings(epochs=40, min_epochs=20), [speed()])
    assert said == "18m20s to 36m40s, until it converges (1,000 images/s, as earlier)"


def test_fewer_images_take_less() -> None:
    said = expected_duration(make_settings(epochs=10, limit=1000), [speed()])
    assert said.startswith("10s (")


def test_a_limit_above_what_there_is_changes_nothing() -> None:
    settings = make_settings(epochs=1, limit=1_000_000)
    assert expected_duration(settings, [speed()]).startswith("55s (")


def test_the_same_network_tells_more_than_a_newer_one() -> None:
    speeds = [speed(9000.0, "newer", filters=(4,)), speed(1000.0, "alike")]
    assert "as alike" in expected_duration(make_settings(epochs=1), speeds)
    said = expected_duration(make_settings(epochs=1, dense_units=(32,)), speeds)
    assert "if it is as fast as newer" in said


def test_for_a_dataset_of_unknown_length_it_tells_the_rate() -> None:
    said = expected_duration(make_settings(dataset="/data/mine.npz"), [speed()])
    assert said.startswith("10.0 s an epoch for every 10,000 images")


def test_only_sessions_of_this_machine_count(recorder: Recorder) -> None:
    here = recorder.session("here", status="training", epochs=1, of=2)
    elsewhere = recorder.session("elsewhere", status="training", epochs=1, of=2)
    record = msgspec.structs.replace(this_process(run=1), host="another")
    atomic.write_record(elsewhere.folder / layout.WORKER, record)
    recorder.session("imported")
    recorder.session("too young", status="starting")
    speeds = measured_speeds(Catalogue(recorder.store.root).scan())
    assert [(one.name, one.images_per_second) for one in speeds] == [("here", 3000.0)]
    assert here.settings == speeds[0].settings


def test_trials_at_once_share_the_time() -> None:
    trials = [make_settings(epochs=10, limit=1000, seed=seed) for seed in range(4)]
    assert expected_sweep_duration(trials, 1, [speed()]) == "40s (as earlier)"
    assert expected_sweep_duration(trials, 2, [speed()]) == "20s (as earlier)"
    # No trial is split: four at once last as long as one.
    assert expected_sweep_duration(trials[:1], 4, [speed()]) == "10s (as earlier)"


def test_a_sweep_lasts_between_the_least_and_the_most_epochs() -> None:
    trials = [make_settings(epochs=40, min_epochs=20, limit=1000, latent_dim=d) for d in (2, 8)]
    said = expected_sweep_duration(trials, 1, [speed(dense_units=(32,))])
    assert said == "40s to 1m20s, until they converge (if they are as fast as earlier)"


def test_what_a_sweeps_duration_hangs_on_is_told() -> None:
    assert "nothing was trained on this machine yet" in expected_sweep_duration(
        [make_settings()], 1, []
    )
    unknown = [make_settings(), make_settings(dataset="/data/mine.npz")]
    assert "how many images" in expected_sweep_duration(unknown, 1, [speed()])
