"""Sessions whose dataset has changed: the original images are used, or missing ones named."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Vae
from tests.cli.test_moved import session_prepared
from tests.datasets.samples import digits, write_pngs
from tests.tui.recorder import Recorder
from vae_engine.control.preflight import check_same_images
from vae_engine.datasets import load_dataset
from vae_engine.errors import DatasetError, SessionDamagedError
from vae_engine.inference.dataset import session_dataset
from vae_engine.sessions import layout
from vae_engine.sessions.archive import export_session, import_session
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.image_record import read_image_record, write_image_record
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

X = digits(train=60)["x_train"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_pngs(tmp_path / "d" / "cat", X[:25])
    return write_pngs(tmp_path / "d" / "dog", X[25:50]).parent


@pytest.fixture
def session(recorder: Recorder, folder: Path) -> Session:
    """One that has trained on the folder."""
    session = recorder.session("mine", status="stopped", epochs=2, of=5, dataset=str(folder))
    recorder.emit(session, recorder.run_started(session, 2), session_prepared(session))
    record = load_dataset(folder).record
    assert record is not None
    write_image_record(session.folder, record)
    recorder.checkpoint(session)
    return Session(session.folder)


def test_images_that_came_since_are_not_used(session: Session, folder: Path) -> None:
    before = session_dataset(session)
    write_pngs(folder / "ape", X[50:])
    after = session_dataset(session)
    assert np.array_equal(after.test_images, before.test_images)
    assert (after.sha256, after.label_names) == (before.sha256, before.label_names)
    check_same_images(session)


def test_nor_where_the_dataset_has_moved(session: Session, folder: Path) -> None:
    before = session_dataset(session)
    write_pngs(folder / "ape", X[50:])
    moved = folder.rename(folder.with_name("moved"))
    assert session_dataset(session, str(moved)).sha256 == before.sha256
    assert session_dataset(session).sha256 == before.sha256


def test_every_command_names_those_that_are_gone(session: Session, folder: Path, vae: Vae) -> None:
    (folder / "cat" / "004.png").unlink()
    for command in (["resume"], ["evaluate"], ["reconstruct"], ["embed", "-o", "z.npz"]):
        line = vae(command[0], session.id, *command[1:]).error(1)
        assert "1 gone ('cat/004.png')" in line


def test_a_session_without_the_record_wants_the_dataset_as_it_was(
    session: Session, folder: Path
) -> None:
    (session.folder / layout.IMAGES).unlink()
    session_dataset(session)
    write_pngs(folder / "ape", X[50:])
    with pytest.raises(DatasetError, match="other images than when session"):
        session_dataset(session)


def test_a_damaged_record_is_as_none(session: Session, folder: Path, store: SessionStore) -> None:
    path = session.folder / layout.IMAGES
    whole = path.read_bytes()
    record = read_image_record(session.folder)
    assert record is not None
    for content in (b"", whole[:-30], b"PK" * 99):
        path.write_bytes(content)
        with pytest.raises(SessionDamagedError, match=r"images\.npz"):
            read_image_record(session.folder)
        session_dataset(session)
    write_npz(path, {**record.arrays(), "counts": np.array([9, 9, 9])})
    with pytest.raises(SessionDamagedError, match="different lengths"):
        read_image_record(session.folder)
    path.unlink()
    path.symlink_to(folder)
    with pytest.raises(SessionDamagedError, match="link"):
        read_image_record(session.folder)
    session_dataset(session)


def test_a_record_that_names_other_images_is_found_out(session: Session, folder: Path) -> None:
    """Such as one that someone else made: the digest of the start decides."""
    write_pngs(folder / "ape", X[50:])
    shutil.rmtree(folder / "cat")
    other = load_dataset(folder).record
    assert other is not None
    write_image_record(session.folder, other)
    with pytest.raises(DatasetError, match="other images than when session"):
        session_dataset(session)


def test_it_travels_with_whole_sessions_only(
    session: Session, tmp_path: Path, folder: Path
) -> None:
    for slim in (False, True):
        export_session(session, tmp_path / f"{slim}.zip", slim=slim)
        there = import_session(SessionStore(tmp_path / f"there{slim}"), tmp_path / f"{slim}.zip")
        assert (there.folder / layout.IMAGES).exists() is not slim
