"""Fixtures shared by tests of several folders."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable, Generator, Hashable, Iterator
from pathlib import Path
from typing import Any

# README's command installs without byte code: each process would compile TensorFlow for itself.
os.environ["PYTHONDONTWRITEBYTECODE"] = ""

# Before NumPy: threads that wait for each other on busy processors take them from other tests.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import msgspec
import numpy as np
import psutil
import pytest
from hypothesis import settings as hypothesis_settings
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.notifications import Notification

from tests.compiling import in_turn, turns_folder
from tests.packaging.strangers import Stranger
from tests.sharing import made_once
from tests.tui.recorder import Recorder
from tests.waiting import wait_for
from tests.worker.conftest import Runner
from tests.worker.forked import forked_workers
from tui.terminal import memory
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import read_record
from vae_engine.sessions.records import WorkerRecord
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import Settings, make_settings
from vae_engine.worker.launcher import start_worker

sys.dont_write_bytecode = False

# An example that takes long on a busy machine is no failure. The examples are the same in each run:
# none is first found wrong under a change that is not to blame. The workflow also draws others.
hypothesis_settings.register_profile("random", hypothesis_settings(), deadline=None)
hypothesis_settings.register_profile("same", hypothesis_settings(), deadline=None, derandomize=True)
hypothesis_settings.load_profile("same")

# A job in the background of a script is started with these ignored, and so would be all that the
# tests start and then end by them.
for _number, _handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, _handler)

# By its id: who trains in the clone has other sessions beside it.
EXAMPLE = Path(__file__).parents[1] / "sessions" / "20261122-110900-1941"
MOST_PROCESSES = 8
MEMORY_OF_ONE = 2**30 * 3 // 2
# Apps make thousands of short-lived objects per frame; looking through them as often as Python does
# took a fifth of the time of their tests.
SELDOM = (50_000, 20, 100)
TRAINED_UMASK = 0o027


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many processes `-n auto` starts: two per processor and two more, as memory allows.

    Tests of the app and of workers wait more than half of their time. A process takes up to 1.2 GB,
    of which all share the 400 MB of TensorFlow's libraries, and its workers take as much.
    """
    room = psutil.virtual_memory().available // MEMORY_OF_ONE
    return max(1, min(2 * len(os.sched_getaffinity(0)) + 2, MOST_PROCESSES, room))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of `-n` where to look whether it is its turn to import the tests."""
    node.workerinput["turns"] = turns_folder(node.config)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Import the tests without searching for garbage: it took a third of the time."""
    gc.disable()
    told = getattr(session.config, "workerinput", {"turns": "", "workerid": ""})
    try:
        with in_turn(told["turns"], told["workerid"]):
            return (yield)
    finally:
        gc.freeze()
        gc.enable()
        gc.set_threshold(*SELDOM)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest tests first: at the end, the other processes would wait for the last."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/worker/"))


@pytest.fixture(autouse=True, scope="module")
def old_objects_set_aside() -> None:
    """Search no module's objects for garbage again once it is done.

    With TensorFlow and hundreds of test modules in memory each search went through 400,000 of them,
    several times for every app that a test starts; the app itself sets its start aside likewise.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def quick_apps() -> Iterator[None]:
    """Have all apps of this process share their parsed styles and leave its garbage alone."""
    with pytest.MonkeyPatch.context() as patch:
        if hasattr(Stylesheet, "_parse_rules"):  # A private part.
            patch.setattr(Stylesheet, "_parse_rules", _parsed_once(Stylesheet._parse_rules))
        # The same, but not in Python: called for every style of every widget.
        patch.setattr(RuleSet, "__hash__", object.__hash__)
        patch.setattr(memory, "collect_garbage", lambda: None)
        # On a busy machine some would be gone before a test looks.
        patch.setattr(Notification, "has_expired", False)
        yield


def _parsed_once(parse: Callable[..., list[RuleSet]]) -> Callable[..., list[RuleSet]]:
    """Textual's parser of styles, with its results kept beyond an app."""
    known: dict[object, list[RuleSet]] = {}

    def parsed(sheet: Stylesheet, *arguments: Hashable, **named: Hashable) -> list[RuleSet]:
        variables = frozenset(sheet._variables.items())
        key = (arguments, frozenset(named.items()), variables)
        if key not in known:
            known[key] = parse(sheet, *arguments, **named)
        return known[key]

    return parsed


@pytest.fixture(autouse=True, scope="session")
def patient_disk() -> Iterator[None]:
    """No test cuts the power for real, so none waits for the disk; workers still do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the preferences of whoever runs it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "sessions")


@pytest.fixture
def recorder(store: SessionStore) -> Recorder:
    return Recorder(store)


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 5,000 training and 500 test digits of MNIST, as a dataset file."""
    import vae_engine.datasets

    def make(folder: Path) -> None:
        packaged = Path(vae_engine.datasets.__file__).parent / "mnist.npz"
        with np.load(packaged, allow_pickle=False) as arrays:
            np.savez(
                folder / "digits.npz",
                x_train=arrays["x_train"][:5000],
                y_train=arrays["y_train"][:5000],
                x_test=arrays["x_test"][:500],
                y_test=arrays["y_test"][:500],
            )

    return made_once(tmp_path_factory, "data", make) / "digits.npz"


@pytest.fixture(scope="session")
def small(digits: Path) -> Settings:
    """Three epochs of 30 steps."""
    return make_settings(dataset=str(digits), epochs=3, seed=3, threads=2)


@pytest.fixture(scope="session")
def longer(small: Settings) -> Settings:
    """Eight epochs: whoever has seen one has seconds left to do something about the rest."""
    return make_settings(msgspec.structs.asdict(small), epochs=8, min_epochs=8)


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    runner = Runner(tmp_path / "sessions")
    yield runner
    runner.kill_all()


@pytest.fixture
def forked() -> Iterator[None]:
    """Fork this test's workers, which saves the import of TensorFlow."""
    with forked_workers():
        yield


@pytest.fixture(scope="session")
def undisturbed(small: Settings, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session that ran through without a pause; read-only."""
    return _only_session(made_once(tmp_path_factory, "undisturbed", _completes(small)))


@pytest.fixture(scope="session")
def longer_undisturbed(longer: Settings, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The longer session, run through without a pause; read-only."""
    return _only_session(made_once(tmp_path_factory, "longer", _completes(longer)))


def _completes(settings: Settings) -> Callable[[Path], object]:
    """What makes a store with one session of these settings, trained to its end."""

    def make(root: Path) -> None:
        runner = Runner(root)
        with forked_workers():
            runner.complete(runner.create(settings))

    return make


def _only_session(root: Path) -> Session:
    (listing,) = SessionStore(root).listings()
    session = Session(listing.folder)
    session.poll()
    return session


@pytest.fixture(scope="session")
def trained_session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A small model that a real worker trained for an epoch on MNIST; read-only."""
    return _only_session(made_once(tmp_path_factory, "trained", _train_small_model))


def _train_small_model(root: Path) -> None:
    settings = make_settings(limit=256, epochs=1, filters=(4, 8), dense_units=(32,), threads=2)
    before = os.umask(TRAINED_UMASK)
    try:
        session = SessionStore(root).create(settings, name="trained", command=["vae", "train"])
        # tests/packaging/test_strangers.py looks at what was imported from there.
        with contextlib.chdir(Stranger(root.parent).folder):
            start_worker(session)
    finally:
        os.umask(before)

    def ended() -> bool:
        session.poll()
        return session.log.phase == "ended" and not session.alive()

    wait_for(ended)
    assert session.status() == "completed", session.log.stop_reason


@pytest.fixture
def own_trained_session(trained_session: Session, tmp_path: Path) -> Session:
    """A copy of the trained session, in the store `tmp_path / "sessions"`, for tests to change."""
    folder = tmp_path / "sessions" / trained_session.id
    shutil.copytree(trained_session.folder, folder)
    return Session(folder)


@pytest.fixture
def no_workers_left(store: SessionStore) -> Iterator[None]:
    """Kill the workers of this test's sessions when it ends."""
    yield
    for listing in store.listings():
        kill_worker(Session(listing.folder))


def kill_worker(session: Session) -> None:
    """SIGKILL the session's worker, if it has one."""
    if session.alive():
        pid = read_record(session.folder / layout.WORKER, WorkerRecord).pid
        assert pid != os.getpid()
        os.kill(pid, signal.SIGKILL)
