"""Train, resume and fork with a real worker."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Outcome, Spawn, Vae, finish, read_until
from tests.datasets.samples import digits
from tests.tui.recorder import Recorder
from tests.waiting import wait_for
from tui.cli import wording
from vae_engine.control.training import fork_settings
from vae_engine.sessions import layout
from vae_engine.sessions.records import Status
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import Settings, make_settings

SMALL = ("--limit", 256, "--filters", "4,8", "--dense-units", 32, "--threads", 2)
ENDLESS = (*SMALL, "--epochs", 100_000, "--min-epochs", 100_000)


def newest(store: SessionStore) -> Session:
    return store.find("latest")


@pytest.mark.usefixtures("no_workers_left")
def test_a_training_in_lines_from_start_to_end(spawn: Spawn, store: SessionStore) -> None:
    done = finish(spawn("train", *SMALL, "--epochs", 2, "--name", "first one", "--plain"))
    assert (done.code, done.err) == (0, "")
    assert done.out.replace("\n", "").isprintable()
    session = newest(store)
    assert done.lines[0] == "defaults for this run: --batch-size 8"
    assert done.lines[1].startswith(f"session {session.id} (first one): dataset mnist")
    assert done.lines[2] == "starting: importing TensorFlow"
    assert "256 + 5,000 images" in done.lines[3]
    assert done.lines[4].startswith("few steps: 64 steps at most (32 steps per epoch)")
    epochs = [line for line in done.lines if line.startswith("epoch ")]
    assert [line.split()[1] for line in epochs] == ["1/2", "2/2"]
    session.poll()
    result = session.result()
    assert result is not None
    assert done.lines[-1].startswith("completed after 2 epochs")
    assert f"test_loss {result.test_loss:.2f}" in done.lines[-1]
    assert str(session.folder) in done.lines[-1]
    assert session.settings.limit == 256
    assert session.manifest.command[1:3] == ["train", "--limit"]


@pytest.mark.usefixtures("no_workers_left")
def test_a_worker_outlives_its_followers_and_responds(
    spawn: Spawn, vae: Vae, store: SessionStore
) -> None:
    process = spawn("train", *ENDLESS, "--name", "endless")
    read_until(process, "epoch      1/100000")
    os.killpg(process.pid, signal.SIGINT)
    detached = finish(process)
    assert (detached.code, detached.err) == (0, "")
    session = newest(store)
    assert f"vae attach {session.id}" in detached.out
    assert f"vae stop {session.id}" in detached.out
    assert session.alive()

    follower = spawn("attach", "endless")
    read_until(follower, "epoch      2/100000")
    os.killpg(follower.pid, signal.SIGHUP)
    assert finish(follower).code == -signal.SIGHUP
    assert session.alive()

    assert f"`vae attach {session.id}`" in vae("resume", "endless").error(1)
    assert f"`vae stop {session.id}`" in vae("delete", "endless").error(1)
    assert f"session {session.id} is paused in epoch" in vae("pause", "endless").out
    assert json.loads(vae("show", "endless", "--json").out)["status"] == "paused"
    assert "it is paused already" in vae("pause", "endless").error(1)
    assert f"session {session.id} continues with epoch" in vae("continue", "endless").out
    assert "it is not paused" in vae("continue", "endless").error(1)
    stopped = vae("stop", "endless", "--now")
    assert stopped.code == 0
    assert stopped.out.startswith("stopped after ")
    assert "immediate stop requested" in stopped.out
    session.poll()
    assert session.status() == "stopped"
    wait_for(lambda: not session.alive())
    assert vae("delete", "endless").code == 0


@pytest.mark.usefixtures("no_workers_left", "forked")
def test_more_epochs_are_added_to_one_history(vae: Vae, own_trained_session: Session) -> None:
    session = own_trained_session
    done = vae("resume", "trained", "--epochs", 1)
    assert (done.code, done.err) == (0, "")
    epochs = [line.split()[1] for line in done.lines if line.startswith("epoch ")]
    assert epochs == ["1/1", "2/2"]
    assert done.lines[-1].startswith("completed after 2 epochs")
    session.poll()
    assert (session.log.run, session.log.epochs) == (2, 2)


@pytest.mark.usefixtures("no_workers_left", "forked")
def test_detached_it_prints_the_id_and_nothing_else(vae: Vae, store: SessionStore) -> None:
    done = vae("train", *ENDLESS, "--name", "parent", "--detach")
    parent = newest(store)
    assert done == Outcome(0, f"{parent.id}\n", "")
    done = vae("fork", "parent", "--latent-dim", 3, "--name", "child", "--detach")
    child = store.find("child")
    assert done == Outcome(0, f"{child.id}\n", "")
    assert child.manifest.parent == parent.id
    assert child.settings.latent_dim == 3
    assert child.settings.filters == parent.settings.filters
    assert json.loads(vae("show", "child", "--json").out)["parent"] == parent.id
    for name in ("parent", "child"):
        assert vae("stop", name, "--now").out.startswith("stopped after ")


def test_the_first_line_says_what_is_taken_and_what_is_left_out(
    vae: Vae, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "faces"
    folder.mkdir()
    for index, image in enumerate(digits(train=20)["x_train"]):
        Image.fromarray(image).save(folder / f"{index}.{('png', 'jpg')[index % 2]}")
    (folder / "notes.txt").write_text("not an image")
    # Nothing need train for this.
    monkeypatch.setattr(sys, "executable", "/bin/false")
    done = vae("train", "--dataset", folder, "--detach")
    first, error = done.err.splitlines()
    assert first == (
        "data: 14 training, 4 validation and 2 test images of 28x28 from 10 PNG files and "
        "10 JPEG files, no labels; left out: 1 other file ('notes.txt')"
    )
    assert error.startswith("vae: ")


@pytest.mark.parametrize("broken", ["/no/such/python", "/bin/false"])
def test_a_worker_that_does_not_start_leaves_no_session(
    vae: Vae, store: SessionStore, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(sys, "executable", broken)
    assert "worker" in vae("train").error(1)
    assert list(store.root.iterdir()) == []


def test_a_relative_dataset_is_found_by_the_worker(
    vae: Vae, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    line = vae("train", "--dataset", "./mnist").error(1)
    assert str(tmp_path / "mnist") in line
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert str(tmp_path / "home/mine") in vae("train", "--dataset", "~/mine").error(1)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("training", "`vae attach ID`"),
        ("paused", "`vae attach ID`"),
        ("completed", "`vae resume ID --epochs N`"),
        ("diverged", "`vae fork ID --learning-rate X`"),
        ("stopped", "no checkpoints"),
    ],
)
def test_a_session_that_cannot_go_on_is_refused(
    vae: Vae, recorder: Recorder, status: Status, advice: str
) -> None:
    session = recorder.session(status=status, epochs=4, of=50, previews=False)
    line = vae("resume", session.id).error(1)
    assert advice.replace("ID", session.id) in line
    assert not (session.folder / layout.LOG).exists()


@pytest.mark.parametrize("status", ["training", "diverged"])
def test_more_epochs_do_not_help_a_session_that_cannot_continue(
    vae: Vae, recorder: Recorder, status: Status
) -> None:
    session = recorder.session(status=status, previews=False)
    assert session.id in vae("resume", session.id, "--epochs", 5).error(1)


def test_a_session_whose_data_are_gone_is_not_resumed(
    vae: Vae, own_trained_session: Session, tmp_path: Path
) -> None:
    manifest = own_trained_session.folder / layout.MANIFEST
    gone = str(tmp_path / "gone.npz")
    manifest.write_text(manifest.read_text().replace('"dataset": "mnist"', f'"dataset": "{gone}"'))
    assert gone in vae("resume", "trained", "--epochs", 1).error(1)
    assert not own_trained_session.alive()


PARENT = make_settings(epochs=50, min_epochs=20, latent_dim=8, seed=3)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, PARENT),
        ({"epochs": 10}, make_settings(epochs=10, min_epochs=10, latent_dim=8, seed=3)),
        ({"epochs": 30}, make_settings(epochs=30, min_epochs=20, latent_dim=8, seed=3)),
        ({"min_epochs": 60}, make_settings(epochs=60, min_epochs=60, latent_dim=8, seed=3)),
        ({"beta": 2.0}, make_settings(epochs=50, min_epochs=20, latent_dim=8, seed=3, beta=2.0)),
    ],
)
def test_a_fork_keeps_what_was_not_changed(changes: dict[str, object], expected: Settings) -> None:
    assert fork_settings(PARENT, changes) == expected


def test_the_help_of_resume_promises_what_happens_without_epochs(vae: Vae) -> None:
    said = " ".join(vae("resume", "-h").out.split())
    assert "additional epochs [default: up to the planned end]" in said
    assert "[default: 50]" not in said


def test_only_what_gives_way_to_small_data_is_reported_as_that() -> None:
    asked = make_settings(dataset="digits.npz")
    recorded = make_settings(dataset="/data/digits.npz", threads=2)
    assert wording.suited(asked, recorded) == ""
    smaller = make_settings(dataset="/data/digits.npz", threads=2, batch_size=8)
    assert wording.suited(asked, smaller) == "defaults for this run: --batch-size 8"
