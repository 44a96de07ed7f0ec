"""A trial on a node, with and without access to the driver's folder; without Ray."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import msgspec
import pytest

from tests.waiting import wait_for
from vae_engine.machine import compared_versions
from vae_engine.sessions import inbox, layout
from vae_engine.sessions.liveness import hold_lock
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings
from vae_engine.sweeps.ray import lifeline, trial
from vae_engine.sweeps.ray.lifeline import EXIT_ORPHANED
from vae_engine.sweeps.ray.receiver import Receiver
from vae_engine.sweeps.ray.trial import Order, Outcome, carry_out, difference, shared_root
from vae_engine.sweeps.trials import Task

TOKEN = ".sweeps/token"
TASK = "tests.sweeps.quick_task"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SessionStore:
    """The driver's folder, with its token; tasks are quick, and so is their watch."""
    monkeypatch.setattr(trial, "_MODULES", {"train": TASK, "evaluate": TASK})
    monkeypatch.setattr(trial, "_PERIOD_SECONDS", 0.02)
    monkeypatch.delenv("VAE_SESSIONS", raising=False)
    store = SessionStore(tmp_path / "sessions")
    (store.root / TOKEN).parent.mkdir(parents=True)
    (store.root / TOKEN).write_text("secret")
    return store


@pytest.fixture
def far(store: SessionStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This node has another folder of sessions."""
    monkeypatch.setenv("VAE_SESSIONS", str(tmp_path))


def make(store: SessionStore, note: str) -> Session:
    session = store.create(make_settings(threads=1))
    store.relabel(session, msgspec.structs.replace(session.label, note=note))
    return session


def order(store: SessionStore, session: Session, task: Task = "train", **versions: str) -> Order:
    return Order(
        root=str(store.root),
        token=(TOKEN, "secret"),
        session=session.id,
        task=task,
        threads=1,
        versions=compared_versions() | versions,
    )


def run(store: SessionStore, session: Session, task: Task = "train") -> Outcome:
    return carry_out(order(store, session, task), Receiver(str(store.root)), "a" * 56)


def test_a_node_knows_the_drivers_folder_by_its_token(
    store: SessionStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = order(store, make(store, ""))
    assert shared_root(asked) == store.root
    (tmp_path / "mounted").symlink_to(store.root)
    monkeypatch.setenv("VAE_SESSIONS", str(tmp_path / "mounted"))
    assert shared_root(asked) == tmp_path / "mounted"
    (store.root / TOKEN).write_text("of another driver")
    assert shared_root(asked) is None
    monkeypatch.setenv("VAE_SESSIONS", str(tmp_path))
    assert shared_root(asked) is None


def test_near_the_worker_writes_by_itself(store: SessionStore) -> None:
    session = make(store, "train")
    assert run(store, session) == Outcome("ended", "", "a" * 56)
    session.poll()
    assert session.status() == "stopped"


@pytest.mark.usefixtures("far")
def test_far_all_arrives_and_nothing_stays(
    store: SessionStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    session = make(store, "train")
    for run_number in (1, 2):
        assert run(store, session).why == ""
        session.poll()
        assert (session.status(), session.log.run) == ("stopped", run_number)
    assert not session.damaged_lines
    assert list(scratch.iterdir()) == []
    hold_lock(session.folder).release()


@pytest.mark.usefixtures("far")
def test_far_commands_arrive_and_files_come_while_it_runs(store: SessionStore) -> None:
    session = make(store, "wait")
    outcomes: list[Outcome] = []
    running = threading.Thread(target=lambda: outcomes.append(run(store, session)))
    running.start()
    wait_for((session.folder / layout.SAMPLES).exists)
    inbox.send(session.folder, "stop_now")
    running.join(60)
    assert [outcome.why for outcome in outcomes] == ["told to stop_now"]
    assert inbox.pending(session.folder) == []


@pytest.mark.usefixtures("far")
def test_far_an_evaluation_is_brought_back(store: SessionStore) -> None:
    session = make(store, "evaluate")
    assert run(store, session, "evaluate").why == ""
    written = (session.folder / layout.EVALUATION).read_text().strip()
    assert written.endswith(session.id)
    assert written != str(session.folder)
    assert not (session.folder / layout.EVENTS).exists()


def test_what_went_wrong_is_reported_in_its_last_words(store: SessionStore) -> None:
    session = make(store, "fail")
    assert run(store, session).why == "first; no memory"
    assert run(store, session, "evaluate").why == "first; no memory"


def test_who_has_the_session_keeps_it(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_BUSY_SECONDS", 0.0)
    assert run(store, make(store, "busy")).kind == "busy"


@pytest.mark.usefixtures("far")
def test_a_worker_whose_session_is_deleted_ends(store: SessionStore) -> None:
    session = make(store, "sleep")
    outcomes: list[Outcome] = []
    running = threading.Thread(target=lambda: outcomes.append(run(store, session)))
    running.start()
    # The last that is made of a folder before its worker begins.
    wait_for((session.folder / layout.EVENTS).exists)
    session.folder.rename(session.folder.with_name("away"))
    running.join(60)
    assert [outcome.why for outcome in outcomes] == [f"session {session.id} was deleted"]


def test_a_node_of_other_versions_refuses(store: SessionStore) -> None:
    session = make(store, "train")
    asked = order(store, session, keras="0.1")
    outcome = carry_out(asked, Receiver(str(store.root)), "a" * 56)
    assert outcome.kind == "refused"
    assert f"has keras {compared_versions()['keras']} where the driver has 0.1" in outcome.why
    assert not (session.folder / layout.EVENTS).exists()


def test_what_differs_is_named_with_both_versions() -> None:
    driver = {"keras": "3.15.1", "numpy": "2.4", "vae-workbench": "0.1.0"}
    assert difference(driver, dict(driver)) == ""
    assert difference(driver, {"keras": "3.14.0", "numpy": "2.4"}) == (
        "keras 3.14.0 where the driver has 3.15.1, vae-workbench unknown where the driver has 0.1.0"
    )


def test_a_process_ends_with_its_lifeline() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", lifeline.__name__, "http.server", "0", "--bind", "127.0.0.1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONUNBUFFERED": "1"},
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert b"Serving HTTP" in process.stdout.readline()
        process.stdin.close()
        assert process.wait(60) == EXIT_ORPHANED
