"""When trials start, under a coordinator and under its successor."""

from __future__ import annotations

import pytest

from tests.sessions.makers import write_evaluation
from tests.tui.recorder import Recorder
from vae_engine.errors import WorkerError
from vae_engine.machine import with_machine_settings
from vae_engine.sessions.labels import check_label
from vae_engine.sessions.records import Label, Status
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings, make_settings
from vae_engine.sweeps.coordinator import Coordinator
from vae_engine.sweeps.grid import make_grid
from vae_engine.sweeps.store import NewSweep, Sweep, SweepStore
from vae_engine.sweeps.trials import Task, read_trials


class RecordedRunner:
    """Has trials trained by this process, which ends them when the test says so."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.begun: list[tuple[int, Task]] = []
        self.asked_to_stop: list[int] = []
        self.broken: set[int] = set()
        self.refuses: dict[int, Exception] = {}
        self.full = False
        self._evaluating: set[str] = set()

    def start(self, session: Session, task: Task) -> None:
        self.begun.append((number_of(session), task))
        if number_of(session) in self.broken:
            raise WorkerError("no memory")
        if task == "evaluate":
            self._evaluating.add(session.id)
            return
        session.poll()
        if session.log.run:
            self.recorder.revive(session)
            self.recorder.emit(session, self.recorder.run_started(session, session.log.run + 1))
        else:
            self.recorder.fill(session, status="training", epochs=1, previews=False)

    def running(self, session: Session) -> bool:
        return session.id in self._evaluating or session.alive()

    def stop(self, session: Session) -> None:
        if number_of(session) in self.refuses:
            raise self.refuses[number_of(session)]
        self.asked_to_stop.append(number_of(session))

    def has_room(self, settings: Settings) -> bool:  # noqa: ARG002
        return not self.full

    def close(self) -> None:
        self.full = True

    def train_to_end(self, sweep: Sweep, number: int, status: Status = "completed") -> None:
        self.recorder.end(session_of(sweep, number), status)

    def evaluate_to_end(self, sweep: Sweep, number: int) -> None:
        session = session_of(sweep, number)
        write_evaluation(session)
        self._evaluating.remove(session.id)


def number_of(session: Session) -> int:
    return int(session.id.rpartition("-")[2])


def session_of(sweep: Sweep, number: int) -> Session:
    return Session(sweep.sessions.root / sweep.record.trials[number - 1].session)


@pytest.fixture
def sweep(store: SweepStore) -> Sweep:
    """Four trials, two at once."""
    return store.create(NewSweep(make_grid({"latent_dim": (2, 4), "epochs": (1,)}, 2), parallel=2))


@pytest.fixture
def runner(recorder: Recorder) -> RecordedRunner:
    return RecordedRunner(recorder)


def statuses(sweep: Sweep) -> list[str]:
    return [trial.status for trial in read_trials(sweep)]


def test_so_many_at_once_and_an_evaluation_before_the_next_trial(
    sweep: Sweep, runner: RecordedRunner
) -> None:
    coordinator = Coordinator(sweep, runner)
    assert coordinator.tick()
    assert statuses(sweep) == ["training", "training", "waiting", "waiting"]
    assert coordinator.tick()
    assert runner.begun == [(1, "train"), (2, "train")]
    runner.train_to_end(sweep, 2)
    coordinator.tick()
    assert runner.begun[2:] == [(2, "evaluate")]
    runner.evaluate_to_end(sweep, 2)
    coordinator.tick()
    assert runner.begun[3:] == [(3, "train")]
    for number in (1, 3, 4):
        runner.train_to_end(sweep, number)
        coordinator.tick()
        runner.evaluate_to_end(sweep, number)
        coordinator.tick()
    assert not coordinator.tick()
    assert statuses(sweep) == ["completed"] * 4
    assert sorted(runner.begun) == [
        (number, task) for number in (1, 2, 3, 4) for task in ("evaluate", "train")
    ]


def test_each_trial_is_a_session_with_its_settings_and_the_tag_of_the_sweep(
    sweep: Sweep, runner: RecordedRunner
) -> None:
    Coordinator(sweep, runner).tick()
    session = session_of(sweep, 2)
    expected = with_machine_settings(make_settings(latent_dim=4, epochs=1, threads=1))
    assert session.settings == expected
    assert session.label == Label(name="latent_dim 4, seed 0", tags=[sweep.id])
    check_label(session.label)


@pytest.mark.parametrize("status", ["failed", "diverged", "interrupted"])
def test_a_trial_that_ends_badly_does_not_stop_the_others(
    sweep: Sweep, runner: RecordedRunner, status: Status
) -> None:
    coordinator = Coordinator(sweep, runner)
    coordinator.tick()
    runner.train_to_end(sweep, 1, status)
    coordinator.tick()
    assert runner.begun == [(1, "train"), (2, "train"), (3, "train")]
    assert statuses(sweep) == [status, "training", "training", "waiting"]


def test_a_worker_that_does_not_start_is_not_tried_forever(
    sweep: Sweep, runner: RecordedRunner
) -> None:
    runner.broken = {1, 2, 3}
    coordinator = Coordinator(sweep, runner)
    coordinator.tick()
    assert runner.begun == [(number, "train") for number in (1, 2, 3, 4)]
    runner.train_to_end(sweep, 4, "failed")
    assert not coordinator.tick()
    assert len(runner.begun) == 4


def test_the_next_coordinator_takes_over_what_trains_and_begins_nothing_twice(
    sweep: Sweep, runner: RecordedRunner
) -> None:
    Coordinator(sweep, runner).tick()
    runner.train_to_end(sweep, 1)
    # The first coordinator was killed before it saw that.
    runner.begun.clear()
    second = Coordinator(sweep, runner)
    second.tick()
    assert runner.begun == [(1, "evaluate")]
    runner.train_to_end(sweep, 2)
    second.tick()
    assert runner.begun[1:] == [(2, "evaluate")]


def test_a_session_that_was_made_but_never_started_is_the_trial(
    sweep: Sweep, runner: RecordedRunner
) -> None:
    trial = read_trials(sweep)[0]
    made = sweep.sessions.create(trial.settings, session_id=trial.session)
    Coordinator(sweep, runner).tick()
    assert runner.begun[0] == (1, "train")
    assert [listing.id for listing in sweep.sessions.listings()].count(made.id) == 1


@pytest.mark.parametrize(
    ("status", "begun"),
    [
        ("interrupted", [(1, "train"), (2, "train")]),
        ("failed", [(1, "train"), (2, "train")]),
        ("completed", [(1, "evaluate"), (2, "train")]),
        ("stopped", [(1, "evaluate"), (2, "train")]),
        ("diverged", [(2, "train"), (3, "train")]),
    ],
)
def test_what_a_next_coordinator_does_with_a_trial_that_has_ended(
    sweep: Sweep, runner: RecordedRunner, status: Status, begun: list[tuple[int, Task]]
) -> None:
    trial = read_trials(sweep)[0]
    session = sweep.sessions.create(trial.settings, session_id=trial.session)
    runner.recorder.fill(session, status=status, epochs=1, previews=False)
    Coordinator(sweep, runner).tick()
    assert runner.begun == begun


def test_a_trial_in_the_trash_is_not_trained_again(sweep: Sweep, runner: RecordedRunner) -> None:
    trial = read_trials(sweep)[0]
    sweep.sessions.delete(sweep.sessions.create(trial.settings, session_id=trial.session))
    assert statuses(sweep)[0] == "deleted"
    Coordinator(sweep, runner).tick()
    assert runner.begun == [(2, "train"), (3, "train")]


def test_a_session_of_other_settings_is_no_trial(sweep: Sweep, runner: RecordedRunner) -> None:
    trial = read_trials(sweep)[0]
    sweep.sessions.create(make_settings(beta=9.0), session_id=trial.session)
    found = read_trials(sweep)[0]
    assert (found.status, found.task) == ("damaged", None)
    assert "another session" in found.problem
    Coordinator(sweep, runner).tick()
    assert runner.begun == [(2, "train"), (3, "train")]


def test_a_trial_that_someone_resumed_is_watched_not_begun(
    sweep: Sweep, runner: RecordedRunner
) -> None:
    coordinator = Coordinator(sweep, runner)
    coordinator.tick()
    trial = read_trials(sweep)[2]
    theirs = sweep.sessions.create(trial.settings, session_id=trial.session)
    runner.recorder.fill(theirs, status="training", epochs=1, previews=False)
    runner.train_to_end(sweep, 1, "failed")
    coordinator.tick()
    assert runner.begun == [(1, "train"), (2, "train")]
    runner.train_to_end(sweep, 3)
    coordinator.tick()
    assert runner.begun[2:] == [(3, "evaluate")]


def test_a_stop_reaches_what_runs_and_begins_nothing_more(
    sweep: Sweep, runner: RecordedRunner
) -> None:
    coordinator = Coordinator(sweep, runner)
    coordinator.tick()
    coordinator.stop()
    coordinator.stop()
    assert runner.asked_to_stop == [1, 2]
    runner.train_to_end(sweep, 1)
    assert coordinator.tick()
    runner.train_to_end(sweep, 2, "stopped")
    assert not coordinator.tick()
    assert runner.begun == [(1, "train"), (2, "train")]


def test_a_deleted_session_ends_its_trial(sweep: Sweep, runner: RecordedRunner) -> None:
    coordinator = Coordinator(sweep, runner)
    coordinator.tick()
    runner.recorder.kill(session_of(sweep, 1))
    sweep.sessions.delete(session_of(sweep, 1))
    coordinator.tick()
    assert statuses(sweep)[:3] == ["deleted", "training", "training"]


def test_parallel_is_the_records(store: SweepStore, runner: RecordedRunner) -> None:
    made = store.create(NewSweep(make_grid({}, 3), parallel=3))
    Coordinator(made, runner).tick()
    assert len(runner.begun) == 3


def test_nothing_is_begun_where_there_is_no_room(sweep: Sweep, runner: RecordedRunner) -> None:
    runner.full = True
    coordinator = Coordinator(sweep, runner)
    assert coordinator.tick()
    assert runner.begun == []
    runner.full = False
    coordinator.tick()
    assert runner.begun == [(1, "train"), (2, "train")]


def test_a_trial_that_was_lost_under_an_earlier_coordinator_is_begun_again_once(
    sweep: Sweep, runner: RecordedRunner
) -> None:
    """On another host a lost worker counts as alive until its heartbeat is old."""
    Coordinator(sweep, runner).tick()
    runner.begun.clear()
    second = Coordinator(sweep, runner)
    runner.train_to_end(sweep, 1, "interrupted")
    second.tick()
    assert runner.begun == [(1, "train")]
    runner.train_to_end(sweep, 1, "interrupted")
    second.tick()
    assert runner.begun == [(1, "train"), (3, "train")]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), WorkerError("refused")])
def test_a_trial_that_refuses_to_stop_is_asked_again_and_keeps_no_other_from_its_stop(
    sweep: Sweep, runner: RecordedRunner, error: Exception
) -> None:
    coordinator = Coordinator(sweep, runner)
    coordinator.tick()
    runner.refuses = {1: error}
    coordinator.stop()
    assert runner.asked_to_stop == [2]
    coordinator.tick()
    runner.refuses = {}
    coordinator.tick()
    coordinator.tick()
    assert runner.asked_to_stop == [2, 1]
    for number in (1, 2):
        runner.train_to_end(sweep, number, "stopped")
    assert not coordinator.tick()
