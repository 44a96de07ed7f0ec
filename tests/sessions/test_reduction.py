"""The reduction of events to a session's state."""

import random

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from tests.sessions.makers import (
    epoch_ended,
    prepared,
    progress,
    run_ended,
    run_started,
    whole_run,
)
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import events as ev
from vae_engine.sessions import progress as reduction
from vae_engine.sessions.progress import SessionLog
from vae_engine.settings import make_settings


def reduced(*events: ev.AnyEvent) -> SessionLog:
    log = SessionLog()
    log.apply(events)
    return log


def test_nothing_is_known_before_the_first_event() -> None:
    log = reduced()
    assert (log.phase, log.epoch, log.best, log.history, log.duration) == (
        "created",
        0,
        None,
        [],
        0,
    )


def test_a_whole_run_ends_with_its_figures() -> None:
    log = reduced(*whole_run(3))
    assert [epoch.epoch for epoch in log.history] == [1, 2, 3]
    assert (log.phase, log.end_status, log.stop_reason) == ("ended", "completed", "epochs")
    assert (log.epoch, log.epochs, log.run, log.exported) == (3, 3, 1, [1])
    assert log.best == epoch_ended(3)
    assert log.latest_progress is None
    assert log.prepared == prepared()


@pytest.mark.parametrize(
    ("events", "phase"),
    [
        ([run_started()], "starting"),
        ([run_started(), prepared()], "training"),
        ([run_started(), prepared(), ev.Paused()], "paused"),
        ([run_started(), prepared(), ev.Paused(), ev.Continued()], "training"),
        ([run_started(), prepared(), ev.Stopping(now=False)], "stopping"),
        ([run_started(), ev.Stopping(now=True), prepared()], "stopping"),
        ([run_started(), prepared(), ev.Stopping(now=False), ev.Paused()], "stopping"),
        ([run_started(), prepared(), ev.Stopping(now=False), ev.Continued()], "stopping"),
        ([run_started(), prepared(), ev.Finishing(reason="epochs")], "training"),
        ([run_started(), run_ended("failed")], "ended"),
        ([run_started(), run_ended("stopped"), run_started(run=2)], "starting"),
    ],
)
def test_the_phase_follows_the_events(events: list[ev.AnyEvent], phase: str) -> None:
    assert reduced(*events).phase == phase


def test_progress_is_of_the_epoch_under_way_only() -> None:
    under_way: list[ev.AnyEvent] = [prepared(), progress(1, 5), epoch_ended(1), progress(2, 3)]
    assert reduced(*under_way).latest_progress == progress(2, 3)
    ends: list[ev.AnyEvent] = [epoch_ended(2), run_ended("stopped"), run_started(run=2)]
    for event in ends:
        assert reduced(*under_way, event).latest_progress is None


def test_an_epoch_that_a_resumed_run_repeats_counts_once_with_its_later_figures() -> None:
    log = reduced(
        run_started(),
        epoch_ended(1, 180.0),
        epoch_ended(2, 160.0),
        run_started(run=2),
        epoch_ended(2, 170.0),
        epoch_ended(3, 165.0),
    )
    assert [(epoch.epoch, epoch.val_loss) for epoch in log.history] == [
        (1, 180.0),
        (2, 170.0),
        (3, 165.0),
    ]
    assert log.best is not None
    assert log.best.epoch == 3


def test_the_best_epoch_is_the_earliest_of_equals() -> None:
    log = reduced(*(epoch_ended(epoch, loss) for epoch, loss in enumerate((9.0, 7.0, 7.0), 1)))
    assert log.best is not None
    assert log.best.epoch == 2


def test_an_extension_continues_with_one_history_and_forgets_the_earlier_end() -> None:
    log = reduced(*whole_run(3), run_started(run=2, epochs=5), prepared(), epoch_ended(4))
    assert [epoch.epoch for epoch in log.history] == [1, 2, 3, 4]
    assert (log.phase, log.end_status, log.stop_reason, log.finishing) == ("training", None, "", "")
    assert (log.epochs, log.run, log.stopping_now) == (5, 2, False)


def test_the_duration_sums_the_runs_and_not_the_time_between() -> None:
    log = reduced(
        run_started(time=1000.0),
        epoch_ended(1, time=1010.0),
        run_ended("stopped", time=1012.0),
        run_started(run=2, time=9000.0),
        epoch_ended(2, time=9005.0),
    )
    assert log.duration == 17.0
    assert log.updated == 9005.0


def test_a_killed_run_counts_up_to_its_last_event_other_than_progress() -> None:
    log = reduced(
        run_started(time=100.0),
        epoch_ended(1, time=110.0),
        progress(2, time=114.0),
        run_started(run=2, time=500.0),
        epoch_ended(2, time=500.5),
        run_ended(time=501.0),
    )
    assert log.duration == 11.0


def test_a_run_that_never_trained_does_not_count() -> None:
    log = reduced(
        run_started(time=100.0),
        epoch_ended(1, time=110.0),
        run_started(run=2, time=500.0),
        run_ended("failed", time=501.0),
    )
    assert log.duration == 10.0


def test_a_log_whose_beginning_is_lost_has_no_absurd_duration() -> None:
    log = reduced(epoch_ended(1, time=1.8e9), epoch_ended(2, time=1.8e9 + 5.0))
    assert log.duration == 5.0


def test_a_clock_that_goes_back_gives_no_negative_duration() -> None:
    log = reduced(run_started(time=1000.0), epoch_ended(1, time=400.0))
    assert log.duration == 0.0


def test_the_latest_of_many_ignored_commands_are_kept() -> None:
    log = reduced(*(ev.CommandIgnored(command="stop", why=str(n)) for n in range(250)))
    assert len(log.ignored) == 100
    assert log.ignored[-1].why == "249"


def test_exports_are_listed_once_and_in_order() -> None:
    assert reduced(*(ev.Exported(epoch=n) for n in (5, 1, 5, 10))).exported == [1, 5, 10]


@hypothesis.settings(deadline=None, max_examples=100)
@hypothesis.given(seed=st.integers(0, 2**32), cut=st.integers(0, 40))
def test_it_does_not_matter_in_how_many_parts_events_are_read(seed: int, cut: int) -> None:
    chance = random.Random(seed)
    kinds: list[ev.AnyEvent] = [
        *whole_run(3),
        ev.Paused(),
        ev.Continued(),
        ev.Stopping(now=True),
        run_started(run=2),
    ]
    events = [_at(chance.choice(kinds), 100.0 + n) for n in range(40)]
    parts = SessionLog()
    parts.apply(events[:cut])
    parts.apply(events[cut:])
    assert parts.summary() == reduced(*events).summary()
    assert parts.history == reduced(*events).history


def test_more_epochs_than_any_training_has_are_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reduction, "_HISTORY_BYTES", 10_000)
    log = SessionLog()
    for _ in range(100):
        log.apply(epoch_ended(epoch) for epoch in range(1, 6))
    assert log.epoch == 5
    with pytest.raises(SessionDamagedError, match="has more epochs than any training"):
        log.apply(epoch_ended(epoch) for epoch in range(6, 20))
    with pytest.raises(SessionDamagedError, match="has more epochs than any training"):
        SessionLog().apply(ev.Exported(epoch=epoch) for epoch in range(10_000))


def test_the_longest_training_has_room() -> None:
    settings = make_settings(epochs=100_000, latent_dim=256)
    epoch = reduction._EPOCH_BYTES + reduction._FLOAT_BYTES * settings.latent_dim
    assert settings.epochs * (epoch + reduction._EXPORT_BYTES) < reduction._HISTORY_BYTES


def _at(event: ev.AnyEvent, time: float) -> ev.AnyEvent:
    return msgspec.structs.replace(event, time=time)
