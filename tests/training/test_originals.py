"""The test images are written before TensorFlow is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.datasets.samples import write_npz
from vae_engine.datasets import load_dataset
from vae_engine.datasets.splits import BY_CONTENT, BY_POSITION
from vae_engine.errors import DatasetError
from vae_engine.image_shape import shape_of_images
from vae_engine.sessions import layout
from vae_engine.sessions.previews import Originals, read_originals, write_originals
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings
from vae_engine.training.originals import EarlyDataset, choose_originals, earlier_originals


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


def chosen(folder: Path, test: np.ndarray, labels: list[int] | None) -> Originals:
    train = np.random.default_rng(1).integers(0, 256, (40, *test.shape[1:]), np.uint8)
    arrays = {"x_train": train, "x_test": test}
    if labels is not None:
        arrays |= {"y_train": np.resize(labels, 40), "y_test": np.array(labels)}
    write_npz(folder / "some.npz", arrays)
    dataset = load_dataset(str(folder / "some.npz"))
    assert len(dataset.test_images) == len(test)
    return choose_originals(dataset)


def noise(count: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, *shape), np.uint8)


@pytest.mark.parametrize("classes", [1, 2, 3, 5, 7, 10])
def test_ten_different_images_are_chosen_class_after_class(tmp_path: Path, classes: int) -> None:
    # Sorted by class, as folders are.
    labels = sorted(np.resize(np.arange(classes), 60).tolist())
    originals = chosen(tmp_path, noise(60, 8, 12, 3), labels)
    assert originals.labels.tolist() == np.resize(np.arange(classes), 10).tolist()
    assert len({image.tobytes() for image in originals.images}) == 10
    first = noise(60, 8, 12, 3)[labels.index(classes - 1)]
    assert (originals.images[classes - 1] == first).all()


def test_ten_classes_of_many_are_shown_by_their_first_images(tmp_path: Path) -> None:
    test = noise(60, 9, 9)
    originals = chosen(tmp_path, test, list(range(30)) * 2)
    assert originals.labels.tolist() == list(range(10))
    assert (originals.images == test[:10]).all()


def test_a_class_with_few_images_leaves_its_room_to_others(tmp_path: Path) -> None:
    originals = chosen(tmp_path, noise(30, 8, 8), [4] * 2 + [7] * 28)
    assert originals.labels.tolist() == [4, 7, 4, 7, 7, 7, 7, 7, 7, 7]


@pytest.mark.parametrize("labels", [None, [0, 1, 1, 0, 2] * 8])
def test_copies_are_shown_once(tmp_path: Path, labels: list[int] | None) -> None:
    test = noise(40, 8, 8)
    test[3:30] = test[2]
    originals = chosen(tmp_path, test, labels)
    assert len({image.tobytes() for image in originals.images}) == 10


def test_all_images_are_shown_where_there_are_fewer_than_ten(tmp_path: Path) -> None:
    test = noise(4, 8, 8)
    assert (chosen(tmp_path, test, None).images == test).all()
    assert len(chosen(tmp_path, test, [1, 1, 0, 0]).images) == 4


def test_a_resumed_run_keeps_the_images_of_earlier_runs(tmp_path: Path) -> None:
    shape = shape_of_images((2, 8, 8))
    (tmp_path / layout.PREVIEWS).mkdir()
    assert earlier_originals(tmp_path, shape) is None
    write_originals(tmp_path, Originals(noise(2, 8, 8), np.array([0, 1])))
    earlier = earlier_originals(tmp_path, shape)
    assert earlier is not None
    assert (earlier.images == noise(2, 8, 8)).all()
    assert earlier_originals(tmp_path, shape_of_images((2, 9, 8))) is None
    (tmp_path / layout.PREVIEWS / layout.ORIGINALS).write_bytes(b"PK no archive")
    assert earlier_originals(tmp_path, shape) is None


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
