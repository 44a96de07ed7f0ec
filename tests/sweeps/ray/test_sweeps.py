"""Sweeps on a real Ray cluster of nodes on this machine, some of which are lost.

They need `pip install '.[ray]'`, and take minutes: `python -m pytest -m slow tests/sweeps`.
"""

from __future__ import annotations

import importlib.util
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import Outcome
from tests.packaging.strangers import Stranger
from tests.sweeps.ray.nodes import Nodes, running_nodes
from tests.waiting import wait_for
from tests.worker.conftest import Runner as Workers
from tests.worker.conftest import worker_record
from tui.cli.main import run
from vae_engine.control.sweeps import check_sweep
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import inbox, layout
from vae_engine.sessions.atomic import read_record
from vae_engine.sessions.liveness import is_alive
from vae_engine.sessions.previews import preview_epochs
from vae_engine.sessions.records import WorkerRecord
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import Settings, SettingValue
from vae_engine.sweeps.grid import make_grid
from vae_engine.sweeps.store import Sweep, SweepStore
from vae_engine.sweeps.trials import read_trials
from vae_engine.training.checkpoint import read_index

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None, reason="pip install '.[ray]' brings Ray"
    ),
]

EPOCHS = 4
LONG = 900.0
SMALL = ("--limit", "256", "--filters", "4,8", "--dense-units", "32")
TRIALS = (*SMALL, "--epochs", str(EPOCHS), "--min-epochs", str(EPOCHS), "--seeds", "2")


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    with running_nodes() as started:
        yield started


@pytest.fixture(scope="module")
def at_home(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the trials' weights are on one machine without Ray, by seed."""
    workers = Workers(tmp_path_factory.mktemp("home"))
    sessions = [workers.create(settings) for settings in trial_settings()]
    for session in sessions:
        workers.start(session)
    wait_for(lambda: all(status_of(session) == "completed" for session in sessions), LONG)
    return [weights(session) for session in sessions]


def trial_settings() -> tuple[Settings, ...]:
    """The settings of `TRIALS`, with what suits few images."""
    lists: dict[str, tuple[SettingValue, ...]] = {
        "limit": (256,),
        "filters": ((4, 8),),
        "dense_units": ((32,),),
        "epochs": (EPOCHS,),
        "min_epochs": (EPOCHS,),
    }
    grid, _ = check_sweep(SessionStore(Path("none")), make_grid(lists, 2))
    return grid.trials


def weights(session: Session) -> str:
    result = session.result()
    assert result is not None
    return result.weights_sha256


class Cli:
    """Runs `vae sweep` in this process, and kills coordinators at the end."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.store = SessionStore(root)
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Outcome:
        self._capsys.readouterr()
        code = run(["sweep", *arguments, "--sessions-dir", str(self.store.root)])
        said = self._capsys.readouterr()
        return Outcome(code, said.out, said.err)

    def sweeps(self) -> list[Sweep]:
        return [found for found in SweepStore(self.store).listings() if isinstance(found, Sweep)]

    def start(self, nodes: Nodes, *arguments: str) -> Sweep:
        done = self("run", "--ray", nodes.address, "--detach", *arguments)
        assert done.code == 0, (done, self.log())
        return self.sweeps()[0]

    def log(self) -> str:
        return "\n".join((sweep.folder / layout.LOG).read_text() for sweep in self.sweeps())


@pytest.fixture
def sweep_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cli]:
    monkeypatch.delenv("VAE_SESSIONS", raising=False)
    command = Cli(tmp_path / "sessions", capsys)
    yield command
    for sweep in command.sweeps():
        if sweep.alive():
            os.kill(coordinator(sweep), signal.SIGKILL)
    Workers(command.store.root).kill_all()


def coordinator(sweep: Sweep) -> int:
    return read_record(sweep.folder / layout.WORKER, WorkerRecord).pid


def sessions_of(sweep: Sweep) -> list[Session]:
    found = []
    for trial in sweep.record.trials:
        try:
            session = Session(sweep.sessions.root / trial.session)
        except SessionDamagedError:
            continue
        session.poll()
        found.append(session)
    return found


def hold_all(sweep: Sweep, count: int) -> list[Session]:
    """Pause so many trials, each once it has trained for an epoch; returns their sessions."""
    asked = set()

    def all_rest() -> bool:
        sessions = sessions_of(sweep)
        for session in sessions:
            if session.log.epoch and session.id not in asked:
                inbox.send(session.folder, "pause")
                asked.add(session.id)
        return [session.status() for session in sessions] == ["paused"] * count

    wait_for(all_rest, LONG)
    return sessions_of(sweep)


def trains(sweep: Sweep) -> bool:
    """Whether a trial has come through its first epochs and goes on."""
    return any(session.log.epoch >= 2 and session.alive() for session in sessions_of(sweep))


def sees_the_drivers_folder(session: Session) -> bool:
    command = psutil.Process(worker_record(session).pid).cmdline()
    return str(session.folder) in command


def status_of(session: Session) -> str:
    session.poll()
    return session.status()


def require_all_done(sweep: Sweep, at_home: list[str], log: str) -> None:
    trials = read_trials(sweep)
    done = [(trial.status, trial.evaluated) for trial in trials]
    assert done == [("completed", True)] * len(trials), log
    sessions = sessions_of(sweep)
    assert [weights(session) for session in sessions] == at_home
    for session in sessions:
        assert [told.epoch for told in session.log.history] == list(range(1, EPOCHS + 1))
        assert session.damaged_lines == 0
        assert not list(session.folder.glob("**/.tmp-*"))


def test_a_far_node_is_lost_and_its_trial_goes_on_near_the_driver(
    nodes: Nodes, sweep_command: Cli, at_home: list[str], tmp_path: Path
) -> None:
    """The far node does not see the driver's folder: its session arrives there as it trains."""
    elsewhere, scratch = tmp_path / "elsewhere", tmp_path / "scratch"
    elsewhere.mkdir()
    scratch.mkdir()
    far = nodes.add(VAE_SESSIONS=str(elsewhere), TMPDIR=str(scratch))
    sweep = sweep_command.start(nodes, *TRIALS)
    held = hold_all(sweep, 2)
    near_one, far_one = sorted(held, key=sees_the_drivers_folder, reverse=True)
    assert sees_the_drivers_folder(near_one)
    assert not sees_the_drivers_folder(far_one)
    index = read_index(far_one.folder)
    assert index is not None
    assert (far_one.folder / index.latest.file).is_file()
    assert 1 in preview_epochs(far_one.folder)
    assert far_one.exports() is not None
    lost = worker_record(far_one)
    # Held, so that it is lost in the middle and not behind its end.
    far.kill()
    wait_for(lambda: not is_alive(lost, 0.0))
    inbox.send(near_one.folder, "continue")
    wait_for(lambda: not sweep.alive(), LONG)
    log = sweep_command.log()
    require_all_done(sweep, at_home, log)
    far_one.poll()
    near_one.poll()
    assert (far_one.log.run, near_one.log.run) == (2, 1)
    assert list(elsewhere.iterdir()) == []


def test_tasks_import_nothing_from_the_drivers_working_directory(
    nodes: Nodes, sweep_command: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be a stranger's folder; Ray puts it first on the path of every task."""
    stranger = Stranger(tmp_path)
    monkeypatch.chdir(stranger.folder)
    sweep = sweep_command.start(nodes, *SMALL, "--epochs", "1", "--seeds", "1")
    wait_for(lambda: not sweep.alive(), LONG)
    assert stranger.imported() == []
    (trial,) = read_trials(sweep)
    assert (trial.status, trial.evaluated) == ("completed", True), sweep_command.log()


def test_a_near_node_is_lost_and_one_of_other_versions_gets_no_trial(
    nodes: Nodes, sweep_command: Cli, at_home: list[str], tmp_path: Path
) -> None:
    """All write into the driver's folder; a node that has another Keras is left out."""
    near = nodes.add()
    old = nodes.add(PYTHONPATH=str(other_keras(tmp_path)))
    sweep = sweep_command.start(nodes, *TRIALS)
    assert "has keras 0.1 where the driver has 3." in sweep_command.log()
    sessions = hold_all(sweep, 2)
    assert all(map(sees_the_drivers_folder, sessions))
    assert not any(old.owns(worker_record(session).pid) for session in sessions)
    (lost,) = [session for session in sessions if near.owns(worker_record(session).pid)]
    near.kill()
    for session in sessions:
        inbox.send(session.folder, "continue")
    wait_for(lambda: not sweep.alive(), LONG)
    require_all_done(sweep, at_home, sweep_command.log())
    lost.poll()
    assert lost.log.run == 2


def test_a_killed_coordinator_is_followed_by_another_and_a_stop_reaches_the_trials(
    nodes: Nodes, sweep_command: Cli
) -> None:
    endless = ("--epochs", "100000", "--min-epochs", "100000")
    sweep = sweep_command.start(nodes, *SMALL, *endless, "--seeds", "2")
    wait_for(lambda: trains(sweep), LONG)
    orphan = worker_record(sessions_of(sweep)[0])
    os.kill(coordinator(sweep), signal.SIGKILL)
    wait_for(lambda: not is_alive(orphan, 0.0))
    trained = sessions_of(sweep)[0].log.epoch
    assert sweep_command("resume", "latest", "--detach") == Outcome(0, f"{sweep.id}\n", "")
    # A run that is stopped before its first step would leave the session interrupted, as it was.
    wait_for(lambda: sessions_of(sweep)[0].log.epoch > trained, LONG)
    stopped = sweep_command("stop", "latest")
    assert stopped.code == 0, (stopped, sweep_command.log())
    trials = read_trials(sweep)
    assert [trial.status for trial in trials] == ["stopped", "waiting"]
    assert [session.log.run for session in sessions_of(sweep)] == [2]


def test_without_a_node_of_the_drivers_versions_nothing_is_made(
    nodes: Nodes, sweep_command: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(other_keras(tmp_path)))
    refused = sweep_command("run", "--ray", nodes.address, "--detach", *TRIALS)
    assert refused.code == 1
    said = refused.err.splitlines()[-1]
    assert "no node can train: node " in said
    assert "where the driver has 0.1" in said
    assert sweep_command.sweeps() == []


def other_keras(tmp_path: Path) -> Path:
    """A folder of packages where Keras says that it has another version."""
    packages = tmp_path / "packages"
    metadata = packages / "keras-0.1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: keras\nVersion: 0.1\n")
    return packages
