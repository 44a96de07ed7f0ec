from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.sessions.makers import epoch_ended, prepared, progress
from tests.tui.recorder import Recorder
from tui.catalogue import Catalogue
from tui.new_session.costs import Sizes
from tui.new_session.timings import known_images, measured_timings, timing_of
from vae_engine.sessions import atomic, layout
from vae_engine.sessions import events as ev
from vae_engine.sessions.liveness import this_process
from vae_engine.settings import make_settings

SETTINGS = make_settings(batch_size=100, threads=1)


def started(time: float, run: int = 1) -> ev.RunStarted:
    return ev.RunStarted(run=run, host="h", pid=1, epochs=9, min_epochs=9, time=time)


def begun(time: float, epoch: int = 0) -> ev.Prepared:
    counts: dict[str, str | int] = {"train_images": 1000, "val_images": 0, "test_images": 200}
    return msgspec.structs.replace(prepared(time=time), dataset=counts, epoch=epoch)


def ended(epoch: int, time: float, speed: float) -> ev.EpochEnded:
    return msgspec.structs.replace(epoch_ended(epoch, time=time), images_per_second=speed)


RUN: list[ev.AnyEvent] = [
    started(101.0),
    begun(109.0),
    ended(1, 116.0, 200.0),
    ev.Exported(epoch=1, time=119.0),
    ended(2, 121.5, 500.0),
    ended(3, 124.0, 500.0),
    ev.Finishing(reason="epochs", time=124.1),
    ev.Exported(epoch=3, time=127.0),
    ev.RunEnded(status="completed", reason="epochs", time=127.1),
]


def timed(*events: ev.AnyEvent) -> Any:
    found = timing_of("one", SETTINGS, 100.0, events)
    assert found is not None
    return found


def test_every_term_is_distinguished() -> None:
    timing = timed(*RUN)
    assert timing.sizes == Sizes(1000, 0, 200)
    assert (timing.step, timing.steps) == (pytest.approx(0.2), 20)
    assert timing.start == pytest.approx(9.0)
    # 2.5 s an epoch, of which 2 s are its ten steps.
    assert timing.epoch == pytest.approx(0.5)
    # 10 s until the first export, less what any epoch takes.
    assert timing.first == pytest.approx(7.5)
    assert timing.finish == pytest.approx(3.0)


def test_a_clock_that_was_set_back_measures_no_start() -> None:
    found = timing_of("one", SETTINGS, 5_000.0, RUN)
    assert found is not None
    assert found.start is None


def test_what_has_not_happened_yet_is_unknown() -> None:
    assert timing_of("one", SETTINGS, 100.0, []) is None
    assert timing_of("one", SETTINGS, 100.0, RUN[:1]) is None
    young = timed(*RUN[:2])
    assert (young.start, young.step, young.first, young.epoch) == (9.0, None, None, None)
    assert timed(*RUN[:4]).step is None


def test_a_single_epoch_is_timed_by_its_later_steps() -> None:
    steps = [progress(1, 1, time=114.0), progress(1, 4, time=114.6), progress(1, 9, time=115.6)]
    timing = timed(*RUN[:2], *steps, *RUN[2:4])
    assert (timing.step, timing.steps) == (pytest.approx(0.2), 8)


def test_pauses_and_later_runs_time_no_epoch_and_no_start_too_many() -> None:
    pause: list[ev.AnyEvent] = [ev.Paused(time=120.0), ev.Continued(time=900.0)]
    assert timed(*RUN[:4], *pause, ended(2, 902.0, 500.0)).epoch is None
    again: list[ev.AnyEvent] = [started(5000.0, run=2), begun(5006.0, epoch=3)]
    resumed = timed(*RUN, *again, ended(4, 5020.0, 100.0), ended(5, 5022.5, 500.0))
    assert resumed.start == pytest.approx(6.0)
    assert resumed.epoch == pytest.approx(0.5)
    assert resumed.first == pytest.approx(7.5)


def test_only_sessions_of_this_machine_count(recorder: Recorder) -> None:
    here = recorder.session("here", status="training", epochs=3, of=4)
    elsewhere = recorder.session("elsewhere", status="training", epochs=3, of=4)
    record = msgspec.structs.replace(this_process(run=1), host="another")
    atomic.write_record(elsewhere.folder / layout.WORKER, record)
    recorder.session("imported")
    recorder.session("too young", status="starting")
    timings = measured_timings(Catalogue(recorder.store.root).scan())
    assert [timing.name for timing in timings] == ["here"]
    assert timings[0].settings == here.settings
    assert timings[0].steps == 2 * 40


def test_the_images_of_a_dataset_are_known_from_whoever_used_them_all() -> None:
    mine = make_settings(dataset="/mine.npz")
    timing = timing_of("one", mine, 100.0, RUN)
    part = timing_of("two", make_settings(dataset="/part.npz", limit=10), 100.0, RUN)
    assert timing is not None
    assert part is not None
    assert known_images([timing, part]) == {"/mine.npz": 1000}
