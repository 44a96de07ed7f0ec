from __future__ import annotations

import msgspec
import pytest

from tests.sessions.makers import epoch_ended, prepared, progress, run_ended, run_started
from tests.sweeps.test_results import figures, trial
from tests.tui.recorder import Recorder
from tui.catalogue import Catalogue
from tui.eta import (
    BETWEEN_SECONDS,
    FINISH_SECONDS,
    Remaining,
    remaining,
    remaining_of,
    remaining_sweep_seconds,
    remaining_text,
)
from vae_engine.sessions import events as ev
from vae_engine.sessions.progress import SessionLog

FINISH = FINISH_SECONDS


def log_of(*events: ev.AnyEvent) -> SessionLog:
    log = SessionLog()
    log.apply(events)
    return log


def begun(epochs: int = 50) -> list[ev.AnyEvent]:
    started = ev.RunStarted(run=1, host="here", pid=1, epochs=epochs, min_epochs=20, time=100.0)
    return [started, prepared(time=108.0)]


def ended(epoch: int, time: float, earliest: int = 20) -> ev.EpochEnded:
    values = {
        name: getattr(epoch_ended(epoch), name)
        for name in ev.EpochEnded.__struct_fields__
        if name not in ("earliest_end", "time", "duration")
    }
    return ev.EpochEnded(**values, time=time, duration=9.0, earliest_end=earliest)


def test_before_the_first_steps_nothing_is_expected() -> None:
    assert remaining(log_of()) is None
    assert remaining(log_of(*begun())) is None
    assert remaining(log_of(*begun(), progress(1, 1, time=112.0))) is None


def test_the_steps_after_the_compiled_ones_tell_the_first_epoch() -> None:
    # 4 steps in 2 s, 10 an epoch: 5 s an epoch, whatever the first step took.
    log = log_of(*begun(10), progress(1, 1, time=200.0), progress(1, 5, time=202.0))
    assert remaining(log) == Remaining(9.5 * 5 + FINISH, 9.5 * 5 + FINISH)


def test_an_epoch_takes_what_passes_between_two_and_not_its_steps_alone() -> None:
    # The first epoch, which compiles, took 40 s; 9 of the others' 12 s are steps.
    log = log_of(*begun(), ended(1, 148.0), ended(2, 160.0), ended(3, 172.0, 23))
    assert remaining(log) == Remaining(20 * 12 + FINISH, 47 * 12 + FINISH)


def test_the_first_epoch_alone_is_better_than_nothing() -> None:
    left = remaining(log_of(*begun(), ended(1, 148.0)))
    assert left is not None
    assert left.most == 49 * 40 + FINISH


def test_pauses_count_nothing() -> None:
    pause: list[ev.AnyEvent] = [ev.Paused(time=155.0), ev.Continued(time=1155.0)]
    log = log_of(*begun(), ended(1, 148.0), *pause, ended(2, 1160.0))
    assert log.epoch_seconds == 12.0


def test_what_is_known_of_convergence_narrows_it() -> None:
    decays = log_of(*begun(), ended(1, 148.0), ended(31, 160.0, earliest=35))
    assert remaining(decays) == Remaining(4 * 12 + FINISH, 19 * 12 + FINISH)


def test_a_session_of_an_earlier_version_may_end_with_the_least_epochs() -> None:
    log = log_of(*begun(), ended(1, 148.0, 0), ended(2, 160.0, 0))
    assert remaining(log) == Remaining(18 * 12 + FINISH, 48 * 12 + FINISH)
    older = log_of(*begun(), ended(29, 148.0, 0), ended(30, 160.0, 0))
    assert remaining(older) == Remaining(FINISH, 20 * 12 + FINISH)


def test_a_stop_shortens_it_and_after_the_last_epoch_little_is_left() -> None:
    epochs = [*begun(), ended(1, 148.0), ended(2, 160.0)]
    stopping = log_of(*epochs, ev.Stopping(now=False), progress(3, 5))
    assert remaining(stopping) == Remaining(6 + FINISH, 6 + FINISH)
    at_once = log_of(*epochs, ev.Stopping(now=True), progress(3, 5))
    assert remaining(at_once) == Remaining(FINISH, FINISH)
    finishing = log_of(*epochs, ev.Finishing(reason="epochs"))
    assert remaining(finishing) == Remaining(FINISH, FINISH)
    assert remaining(log_of(*epochs, run_ended())) is None


def test_a_resumed_run_is_expected_by_its_own_plan() -> None:
    epochs = [*begun(2), ended(1, 148.0, 2), ended(2, 160.0, 2), run_ended()]
    extended = run_started(run=2, epochs=12, time=500.0)
    log = log_of(*epochs, extended, prepared(time=510.0))
    assert remaining(log) == Remaining((log.min_epochs - 2) * 12 + FINISH, 10 * 12 + FINISH)


def test_what_would_take_thirty_years_is_not_told() -> None:
    assert remaining(log_of(*begun(100_000), ended(1, 148.0), ended(2, 1e6))) is None


def test_a_row_of_the_list_knows_it_too(recorder: Recorder) -> None:
    recorder.session("live", status="training", epochs=4, of=10)
    recorder.session("done")
    recorder.session("young", status="starting")
    rows = {entry.name: entry for entry in Catalogue(recorder.store.root).scan()}
    live = rows["live"]
    assert remaining_of(rows["done"], live.updated) is None
    assert remaining_of(rows["young"], live.updated) is None
    assert remaining_of(live, live.updated) == Remaining(6 * 5 + FINISH, 6 * 5 + FINISH)
    later = remaining_of(live, live.updated + 2)
    assert later is not None
    assert later.most == pytest.approx(28 + FINISH)
    # However late its next epoch is, the others are still to come.
    late = remaining_of(live, live.updated + 1000)
    assert late == Remaining(5 * 5 + FINISH, 5 * 5 + FINISH)


def test_it_is_described_in_few_words() -> None:
    assert remaining_text(Remaining(250.0, 580.0)) == "4m10s to 9m40s"
    assert remaining_text(Remaining(42.2, 41.8)) == "42s"


def test_a_sweep_counts_the_evaluations_that_are_left() -> None:
    done = trial(1, {"seed": 0}, figures(140.0, duration=8.5, evaluation_duration=4.0))
    waiting = [
        msgspec.structs.replace(trial(number, {"seed": number}), epochs=2)
        for number in range(2, 11)
    ]
    a_trial = 8.5 + BETWEEN_SECONDS + 4.0
    assert remaining_sweep_seconds([done, *waiting], 2) == pytest.approx(9 * a_trial / 2)

    unevaluated = figures(140.0, duration=8.5, evaluation_duration=None)
    trained = msgspec.structs.replace(done, figures=unevaluated, evaluated=False)
    assert remaining_sweep_seconds([done, trained], 2) == pytest.approx(4.0 / 2)
    assert remaining_sweep_seconds(waiting, 2) is None
