"""A moved dataset is used from its new place if its images are the same."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from tests.cli.conftest import Vae
from tests.control.test_training import images_file
from tests.datasets.samples import digits, write_pngs
from tests.tui.recorder import Recorder
from tui.remedies import error_text
from vae_engine.control import training
from vae_engine.control.training import resume_session
from vae_engine.datasets import load_dataset
from vae_engine.errors import DatasetError
from vae_engine.inference.dataset import dataset_path, session_dataset
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.archive import export_session, import_session
from vae_engine.sessions.image_record import write_image_record
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore


@pytest.fixture
def images(tmp_path: Path) -> Path:
    return images_file(tmp_path / "images.npz")


@pytest.fixture
def session(recorder: Recorder, images: Path) -> Session:
    """One that has ended, whose images were then moved to `moved.npz`."""
    session = recorder.session("mine", status="stopped", epochs=2, of=5, dataset=str(images))
    prepared = session_prepared(session)
    recorder.emit(
        session,
        msgspec.structs.replace(recorder.run_started(session, 2), tells_begun=True),
        prepared,
        ev.Begun(),
        ev.RunEnded(status="stopped", reason="stop_now"),
    )
    recorder.checkpoint(session)
    images.rename(images.with_name("moved.npz"))
    return Session(session.folder)


def session_prepared(session: Session) -> ev.Prepared:
    dataset = load_dataset(session.settings.dataset)
    recorded: dict[str, Any] = {"name": dataset.name, "source": "npz", "sha256": dataset.sha256}
    if hasattr(dataset, "split"):
        recorded["split"] = dataset.split
    return ev.Prepared(epoch=2, step=0, environment={}, dataset=recorded, parameters=1)


def test_one_that_is_gone_is_reported_with_the_option_that_helps(
    session: Session, vae: Vae
) -> None:
    with pytest.raises(DatasetError) as caught:
        session_dataset(session)
    assert (caught.value.remedy, caught.value.subject) == ("move_dataset", session.id)
    for command in (["resume"], ["evaluate"], ["reconstruct"], ["embed", "-o", "z.npz"]):
        line = vae(command[0], session.id, *command[1:]).error(1)
        assert "images.npz" in line
        assert line.endswith("`--dataset PATH` sets the present path")


def test_lost_files_are_reported_with_what_to_do_about_them(
    recorder: Recorder, tmp_path: Path, vae: Vae
) -> None:
    folder = write_pngs(tmp_path / "pngs", digits(train=30)["x_train"])
    session = recorder.session("files", status="stopped", epochs=2, of=5, dataset=str(folder))
    dataset = load_dataset(str(folder))
    assert dataset.record is not None
    write_image_record(session.folder, dataset.record)
    recorder.emit(session, session_prepared(session), ev.Begun())
    next(folder.glob("*.png")).unlink()
    with pytest.raises(DatasetError, match="1 gone") as caught:
        session_dataset(Session(session.folder))
    assert (caught.value.remedy, caught.value.subject) == ("restore_images", session.id)
    line = vae("embed", session.id, "-o", "z.npz").error(1)
    assert f"to train on the new ones: `vae fork {session.id}" in line
    assert "move it back" not in error_text(caught.value, "dashboard")
    assert error_text(caught.value, "list").endswith("to train on the new ones: press f to fork it")


def test_it_is_remembered_for_whatever_comes_later(
    session: Session, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(images.parent)
    found = session_dataset(session, "moved.npz")
    assert found.sha256 == session_dataset(session).sha256
    moved = str(images.with_name("moved.npz"))
    assert dataset_path(session.folder, session.settings) == moved
    # And back again.
    Path(moved).rename(images)
    assert session_dataset(session, str(images)).sha256 == found.sha256
    assert dataset_path(session.folder, session.settings) == str(images)


def test_other_images_are_refused_and_not_remembered(session: Session, images: Path) -> None:
    other = images_file(images.with_name("other.npz"), 41)
    with pytest.raises(DatasetError, match="other images than when") as caught:
        session_dataset(session, str(other))
    assert caught.value.remedy == "move_dataset"
    with pytest.raises(DatasetError, match=r"none\.npz"):
        session_dataset(session, str(images.with_name("none.npz")))
    assert not (session.folder / layout.DATASET).exists()


def test_a_session_that_recorded_no_images_takes_none_from_elsewhere(
    recorder: Recorder, images: Path
) -> None:
    session = recorder.session(status="starting", epochs=0, of=5, dataset=str(images))
    with pytest.raises(DatasetError, match="has not recorded") as caught:
        session_dataset(Session(session.folder), str(images))
    assert caught.value.remedy == "fork"


def test_a_resumed_session_continues_with_them(
    session: Session, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Session] = []
    monkeypatch.setattr(training, "start_worker", lambda session, **_: started.append(session))
    with pytest.raises(DatasetError):
        resume_session(session)
    assert resume_session(session, dataset=str(images.with_name("moved.npz"))) == 3
    assert resume_session(session) == 3
    assert len(started) == 2


def test_where_they_are_does_not_travel(
    session: Session, images: Path, tmp_path: Path, store: SessionStore
) -> None:
    session_dataset(session, str(images.with_name("moved.npz")))
    export_session(session, tmp_path / "out.zip", slim=False)
    there = import_session(SessionStore(tmp_path / "there"), tmp_path / "out.zip")
    assert not (there.folder / layout.DATASET).exists()
    copy = tmp_path / "copy" / session.id
    shutil.copytree(session.folder, copy)
    assert dataset_path(copy, session.settings) == str(images)


@pytest.mark.parametrize("content", ["{", '{"path": "relative"}', '{"path": "/a\\u001b[2J"}', "[]"])
def test_a_damaged_record_counts_for_nothing(session: Session, images: Path, content: str) -> None:
    (session.folder / layout.DATASET).write_text(content)
    assert dataset_path(session.folder, session.settings) == str(images)


def test_commands_take_them(session: Session, images: Path, vae: Vae, recorder: Recorder) -> None:
    moved = images.with_name("moved.npz")
    target = images.with_name("z.npz")
    done = vae("embed", session.id, "--dataset", moved, "-o", target)
    assert done.code == 0, done.err
    with np.load(target) as arrays:
        assert len(arrays["z_mean"]) == 10
    assert vae("reconstruct", session.id, "-o", images.with_name("r.png")).code == 0
    assert "--tensorboard" in vae("export", session.id, "--csv", "h.csv", "--dataset", "x").error(2)


def test_a_test_split_of_five_is_reconstructed_whole(
    recorder: Recorder, tmp_path: Path, vae: Vae
) -> None:
    path = images_file(tmp_path / "few.npz", 20)
    session = recorder.session("few", epochs=2, dataset=str(path))
    target = tmp_path / "r.npz"
    assert vae("reconstruct", session.id, "-o", target).out.startswith("wrote 5 reconstructions")
    with np.load(target) as arrays:
        assert arrays["originals"].shape == arrays["reconstructions"].shape == (5, 28, 28)
    assert "at most 5" in vae("reconstruct", session.id, "-n", 6).error(2)


def test_images_of_ones_own_are_embedded_as_the_datasets_are(
    recorder: Recorder, images: Path, vae: Vae
) -> None:
    session = recorder.session("own", epochs=2, dataset=str(images))
    test, own = images.with_name("test.npz"), images.with_name("own.npz")
    assert vae("embed", session.id, "-o", test).code == 0
    with np.load(images) as arrays:
        np.save(images.with_name("own.npy"), arrays["x_test"])
    done = vae("embed", session.id, "--images", images.with_name("own.npy"), "-o", own)
    assert done.out.startswith("wrote 10 embeddings")
    with np.load(test) as expected, np.load(own) as found:
        np.testing.assert_array_equal(found["z_mean"], expected["z_mean"])
        np.testing.assert_array_equal(found["z_log_var"], expected["z_log_var"])
        assert found["rows"].tolist() == list(range(10))
        assert (str(found["split"]), str(found["session"])) == ("own", session.id)
    both = vae("embed", session.id, "--images", "x.png", "--split", "test", "-o", own)
    assert "omit --split" in both.error(2)
    assert "none.png" in vae("embed", session.id, "--images", "none.png", "-o", own).error(1)
