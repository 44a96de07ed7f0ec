"""The test images are written before TensorFlow is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vae_engine.datasets.splits import BY_CONTENT, BY_POSITION
from vae_engine.errors import DatasetError
from vae_engine.sessions import layout
from vae_engine.sessions.previews import read_originals
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings
from vae_engine.training.originals import EarlyDataset


def created(store: SessionStore, **settings: object) -> Session:
    session = store.create(make_settings(settings), command=["vae", "train"])
    layout.create_folders(session.folder)
    return session


def finished(early: EarlyDataset) -> None:
    assert early._reading is not None
    early._reading.exception()


@pytest.fixture
def images(tmp_path: Path) -> Path:
    path = tmp_path / "images.npz"
    drawn = np.random.default_rng(0).integers(0, 256, (300, 28, 28), np.uint8)
    np.savez(path, x_train=drawn, y_train=np.arange(300) % 10)
    return path


def test_mnist_is_shown_and_left_to_keras(store: SessionStore) -> None:
    session = created(store, dataset="mnist")
    early = EarlyDataset(session.folder, session.settings, BY_POSITION)
    assert early.result() is None
    finished(early)
    originals = read_originals(session.folder)
    assert originals is not None
    assert originals.labels.tolist() == list(range(10))


def test_a_path_is_read_once(store: SessionStore, images: Path) -> None:
    session = created(store, dataset=str(images), limit=150)
    dataset = EarlyDataset(session.folder, session.settings, BY_CONTENT).result()
    assert dataset is not None
    assert len(dataset.train_images) == 150
    assert read_originals(session.folder) is not None


def test_binarized_test_images_are_shown_as_they_are_evaluated(
    store: SessionStore, images: Path
) -> None:
    session = created(store, dataset=str(images), binarize="dynamic")
    EarlyDataset(session.folder, session.settings, BY_CONTENT).result()
    originals = read_originals(session.folder)
    assert originals is not None
    assert set(np.unique(originals.images)) == {0, 255}


def test_a_later_run_leaves_the_originals_alone(store: SessionStore, images: Path) -> None:
    session = created(store, dataset=str(images))
    EarlyDataset(session.folder, session.settings, BY_CONTENT).result()
    path = session.folder / layout.PREVIEWS / layout.ORIGINALS
    before = path.stat().st_mtime_ns
    assert EarlyDataset(session.folder, session.settings, BY_CONTENT).result() is not None
    assert path.stat().st_mtime_ns == before


def test_what_cannot_be_read_is_raised_where_it_is_taken(store: SessionStore, images: Path) -> None:
    session = created(store, dataset=str(images))
    images.unlink()
    with pytest.raises(DatasetError):
        EarlyDataset(session.folder, session.settings, BY_CONTENT).result()
    assert read_originals(session.folder) is None


def test_images_that_cannot_be_shown_are_read_all_the_same(
    store: SessionStore, images: Path
) -> None:
    session = created(store, dataset=str(images))
    (session.folder / layout.PREVIEWS).rmdir()
    (session.folder / layout.PREVIEWS).touch()
    assert EarlyDataset(session.folder, session.settings, BY_CONTENT).result() is not None


def test_nothing_of_it_imports_tensorflow() -> None:
    script = "import sys, vae_engine.training.originals; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)
