"""Starting and resuming sessions, for command line, app and Python."""

from __future__ import annotations

import errno
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vae_engine
from tests.tui.recorder import Recorder
from vae_engine.control import training
from vae_engine.control.sweeps import check_sweep
from vae_engine.control.training import resume_session, start_session
from vae_engine.defaults import resolved_settings, suited_settings
from vae_engine.errors import DatasetError, EngineError, SessionError, SettingError, WorkerError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.atomic import write_record
from vae_engine.sessions.records import CheckpointEntry, CheckpointIndex
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings
from vae_engine.sweeps.grid import make_grid
from vae_engine.worker.launcher import EXIT_BUSY, EXIT_NO_ROOM


@pytest.fixture
def workers(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int | None]]:
    """Stands in for processes: a worker that is asked for holds the session at once."""
    asked: list[tuple[str, int | None]] = []

    def hold(session: Session, *, epochs: int | None = None, **_: object) -> int:
        asked.append((session.id, epochs))
        recorder.revive(session)
        return 1

    monkeypatch.setattr(training, "start_worker", hold)
    return asked


def images_file(path: Path, count: int = 40, **more: Any) -> Path:
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (count, 28, 28), np.uint8)
    np.savez(path, x_train=images, x_test=images[: count // 4], **more)
    return path


def test_a_session_is_created_with_what_would_have_been_typed(
    store: SessionStore, workers: list[Any]
) -> None:
    settings = make_settings(latent_dim=8)
    command = ["vae", "train", "--latent-dim", "8"]
    session = start_session(store, settings, command=command, name="n", parent="p")
    assert workers == [(session.id, None)]
    assert session.manifest.command == command
    assert (session.label.name, session.manifest.parent) == ("n", "p")


@pytest.mark.parametrize("count", [20, 40, 300, 2_000])
def test_defaults_give_way_on_few_images_and_what_was_asked_for_does_not(
    store: SessionStore, workers: list[Any], tmp_path: Path, count: int
) -> None:
    path = images_file(tmp_path / "few.npz", count)
    images = count - count // 4
    asked = make_settings(dataset=str(path), threads=1, batch_parts=1, kernels="eigen")
    fitted = start_session(store, asked, given={"dataset"}).settings
    assert fitted == suited_settings(asked, {"dataset"}, images)
    assert fitted.batch_size < 128
    whole = make_settings(dataset=str(path), batch_size=128, epochs=50)
    stays = start_session(store, whole, given={"dataset", "batch_size", "epochs"}).settings
    assert (stays.batch_size, stays.epochs) == (128, 50)
    # Who passes all settings, as a fork does, gets all of them.
    assert start_session(store, asked).settings == resolved_settings(asked)


def test_the_limit_counts_and_mnist_changes_nothing(
    store: SessionStore, workers: list[Any]
) -> None:
    limited = make_settings(limit=200)
    whole = make_settings(threads=1, batch_parts=1, kernels="eigen")
    assert start_session(store, limited, given={"limit"}).settings.batch_size == 8
    assert start_session(store, whole, given=()).settings == resolved_settings(whole)


def test_the_python_api_takes_the_same_defaults(
    store: SessionStore, workers: list[Any], tmp_path: Path
) -> None:
    path = images_file(tmp_path / "few.npz", 300)
    assert vae_engine.train(store.root, dataset=path).settings.batch_size == 8
    chosen = vae_engine.train(store.root, dataset=path, batch_size=128, epochs=50)
    assert (chosen.settings.batch_size, chosen.settings.epochs) == (128, 50)


def test_the_trials_of_a_sweep_take_the_defaults_of_their_own_data(store: SessionStore) -> None:
    grid = make_grid({"limit": (200, 5_000), "latent_dim": (2, 8)})
    fitted, _ = check_sweep(store, grid)
    sizes = {(one.limit, one.batch_size) for one in fitted.trials}
    assert sizes == {(200, 8), (5_000, 128)}
    assert fitted.varied == grid.varied
    # Fitted once: started with it, it stays.
    assert check_sweep(store, fitted)[0] == fitted
    asked = make_grid({"limit": (200,), "batch_size": (64, 128)})
    assert [one.batch_size for one in check_sweep(store, asked)[0].trials] == [64, 128]


def test_bad_images_leave_no_session_behind(store: SessionStore, tmp_path: Path) -> None:
    with pytest.raises(DatasetError):
        start_session(store, make_settings(dataset=str(tmp_path / "none.npz")))
    assert store.listings() == []


@pytest.mark.parametrize("error", [WorkerError("no worker"), KeyboardInterrupt(), OSError(5, "io")])
def test_a_worker_that_does_not_start_leaves_no_session_behind(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise error

    monkeypatch.setattr(training, "start_worker", fail)
    with pytest.raises(type(error)):
        start_session(store, make_settings())
    with pytest.raises(type(error)):
        vae_engine.train(store.root)
    assert list(store.root.iterdir()) == []


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (None, "No such file"),
        ("", "Permission denied"),
        ("#!/bin/sh\nkill -9 $$\n", "it was killed"),
        ("#!/bin/sh\necho the reason\nexit 1\n", "the reason"),
        ("#!/bin/sh\nexit 0\n", "exited with code 0"),
        (f"#!/bin/sh\nexit {EXIT_BUSY}\n", "already has a worker"),
        (f"#!/bin/sh\nexit {EXIT_NO_ROOM}\n", "the disk is full"),
    ],
    ids=["no python", "not executable", "killed", "fails", "leaves", "busy", "no space"],
)
def test_the_api_leaves_nothing_behind_where_no_worker_starts(
    store: SessionStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str | None,
    said: str,
) -> None:
    python = tmp_path / "python"
    if script is not None:
        python.write_text(script)
        python.chmod(0o755 if script else 0o644)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(EngineError, match=said):
        vae_engine.train(store.root)
    assert list(store.root.iterdir()) == []


def test_the_api_leaves_nothing_behind_on_a_full_disk(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic, "write_record", full)
    with pytest.raises(EngineError, match="No space left on device"):
        vae_engine.train(store.root)
    assert list(store.root.iterdir()) == []


@pytest.mark.parametrize("typed", ["images.npz", "./images.npz", "~/images.npz"])
def test_the_path_of_a_dataset_is_recorded_so_that_any_folder_will_do(
    store: SessionStore,
    workers: list[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
) -> None:
    path = images_file(tmp_path / "images.npz")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    saved = vae_engine.train(store.root, dataset=typed, limit=20)
    assert saved.settings.dataset == str(path)


def test_without_tensorflow_nothing_is_begun(
    store: SessionStore, recorder: Recorder, workers: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(WorkerError, match="TensorFlow, which is not installed"):
        start_session(store, make_settings())
    assert store.listings() == []
    session = recorder.session(status="interrupted", epochs=2, of=5)
    recorder.checkpoint(session)
    with pytest.raises(WorkerError, match="TensorFlow, which is not installed"):
        resume_session(session)
    assert workers == []


def test_an_interrupted_session_goes_on_to_its_planned_end(
    recorder: Recorder, workers: list[Any]
) -> None:
    session = recorder.session(status="interrupted", epochs=2, of=5)
    recorder.checkpoint(session)
    assert resume_session(session) == 2
    assert workers == [(session.id, None)]


def test_a_completed_session_is_extended_by_epochs(recorder: Recorder, workers: list[Any]) -> None:
    session = recorder.session(status="completed", epochs=4)
    recorder.checkpoint(session)
    resume_session(session, more=3)
    assert workers == [(session.id, 7)]


@pytest.mark.parametrize(
    ("status", "more", "remedy"),
    [
        ("training", None, "follow"),
        ("diverged", 3, "fork_slower"),
        ("completed", None, "extend"),
        ("completed", 3, "fork"),
    ],
)
def test_what_cannot_go_on_is_refused_with_what_can_be_done(
    recorder: Recorder, workers: list[Any], status: Any, more: int | None, remedy: str
) -> None:
    session = recorder.session(status=status, epochs=2, of=5)
    with pytest.raises(SessionError) as caught:
        resume_session(session, more=more)
    assert (caught.value.remedy, caught.value.subject) == (remedy, session.id)
    assert workers == []


def _lose(session: Session) -> None:
    (session.folder / layout.CHECKPOINTS / "epoch-000001-step-000000.npz").unlink()


def _cut(session: Session) -> None:
    (session.folder / layout.CHECKPOINTS / "epoch-000001-step-000000.npz").write_bytes(b"wei")


def _scramble(session: Session) -> None:
    (session.folder / layout.CHECKPOINTS / layout.INDEX).write_text("{")


@pytest.mark.parametrize("harm", [_lose, _cut, _scramble])
def test_checkpoints_that_cannot_be_read_are_found_before_a_worker_starts(
    recorder: Recorder, workers: list[Any], harm: Any
) -> None:
    session = recorder.session(status="completed", epochs=4)
    recorder.checkpoint(session)
    harm(session)
    with pytest.raises(SessionError):
        resume_session(session, more=1)
    assert workers == []


def test_the_checkpoint_before_the_latest_serves_too(
    recorder: Recorder, workers: list[Any]
) -> None:
    session = recorder.session(status="interrupted", epochs=2, of=5)
    recorder.checkpoint(session)
    path = session.folder / layout.CHECKPOINTS / layout.INDEX
    import msgspec

    index = msgspec.json.decode(path.read_bytes(), type=CheckpointIndex)
    gone = CheckpointEntry(file="checkpoints/gone.npz", sha256="0" * 64, epoch=2, step=0)
    write_record(path, CheckpointIndex(latest=gone, previous=index.latest))
    resume_session(session)
    assert workers == [(session.id, None)]


def test_epochs_beyond_the_most_are_refused(recorder: Recorder, workers: list[Any]) -> None:
    session = recorder.session(status="completed", epochs=4)
    recorder.checkpoint(session)
    with pytest.raises(SettingError, match="epochs is 100004"):
        resume_session(session, more=100_000)
    assert workers == []


@pytest.mark.parametrize("change", ["fewer", "other", "gone", "no images"])
def test_other_images_than_before_are_found_before_a_worker_starts(
    own_trained_session: Session, workers: list[Any], tmp_path: Path, change: str
) -> None:
    """Old: a completed session was `failed` from then on, though nothing was trained."""
    path = images_file(tmp_path / "images.npz", 300)
    session = own_trained_session
    _point_to(session, path)
    before = _state(session)
    if change == "gone":
        path.unlink()
    elif change == "no images":
        path.write_bytes(b"not an archive")
    else:
        images_file(path, 250 if change == "fewer" else 310)
    with pytest.raises(EngineError):
        resume_session(session, more=1)
    assert workers == []
    assert _state(session) == before


def _point_to(session: Session, path: Path) -> None:
    """Have a session trained on MNIST claim to have been trained on a file's images."""
    manifest = session.folder / layout.MANIFEST
    manifest.write_text(manifest.read_text().replace('"dataset": "mnist"', f'"dataset": "{path}"'))
    session.manifest = Session(session.folder).manifest


def _state(session: Session) -> tuple[str, bytes, bytes]:
    session.poll()
    return (
        session.status(),
        (session.folder / layout.EVENTS).read_bytes(),
        (session.folder / layout.RESULT).read_bytes(),
    )


def test_a_folder_for_tensorboard_that_cannot_be_used_is_found_before_anything_is_made(
    store: SessionStore, workers: list[Any], tmp_path: Path
) -> None:
    for folder in (store.root / "logs", Path("/proc/logs"), tmp_path / "file" / "logs"):
        (tmp_path / "file").touch()
        with pytest.raises(SessionError, match=r"choose another folder|cannot be written"):
            start_session(store, make_settings(), logdir=folder)
    assert store.listings() == []
    assert workers == []


def test_a_folder_that_takes_a_new_session_away_is_no_failure_of_its_own(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(session: Session, **_: object) -> int:
        shutil.rmtree(session.folder)
        raise WorkerError("no worker")

    monkeypatch.setattr(training, "start_worker", fail)
    with pytest.raises(WorkerError):
        start_session(store, make_settings())
