"""Arrays as people save them: any names, shapes and labels give the same dataset."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.datasets.people import Array, D, T, U, V, W, X, Y, same_images, saved
from tests.datasets.samples import write_npz
from vae_engine.datasets import load_dataset
from vae_engine.errors import DatasetError

NAMES = {
    "Keras": ("x_train", "y_train", "x_test", "y_test"),
    "scikit-learn": ("X_train", "y_train", "X_test", "y_test"),
    "MedMNIST": ("train_images", "train_labels", "test_images", "test_labels"),
    "words first": ("images_train", "labels_train", "images_test", "labels_test"),
    "training and testing": ("training_images", "training_labels", "testing_images", "test_labels"),
    "data and target": ("train_data", "train_target", "test_data", "test_target"),
    "camel case": ("trainImages", "trainLabels", "testImages", "testLabels"),
    "glued": ("Xtrain", "ytrain", "Xtest", "ytest"),
    "short": ("x_tr", "y_tr", "x_te", "y_te"),
    "splits alone": ("train", "y_train", "test", "y_test"),
}


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES.keys())
def test_arrays_are_known_by_the_names_that_people_give_them(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    dataset = saved(tmp_path, **dict(zip(names, (X, Y, T, U), strict=True)))
    same_images(dataset)
    assert dataset.test_labels is not None
    np.testing.assert_array_equal(dataset.test_labels, U)
    assert dataset.sha256 == saved(tmp_path, **D).sha256


@pytest.mark.parametrize(
    ("images", "labels"),
    [("images", "labels"), ("x", "y"), ("X", "Y"), ("data", "target"), ("arr_0", "arr_1")],
)
def test_one_array_of_images_has_its_labels_beside_it(
    tmp_path: Path, images: str, labels: str
) -> None:
    dataset = saved(tmp_path, **{images: X, labels: Y})
    same_images(dataset, test=None)
    assert dataset.train_labels is not None
    np.testing.assert_array_equal(dataset.train_labels, Y[dataset.rows["train"]])


def test_all_of_medmnist_is_used(tmp_path: Path) -> None:
    dataset = saved(
        tmp_path,
        train_images=X,
        train_labels=Y[:, np.newaxis],
        val_images=V,
        val_labels=W[:, np.newaxis],
        test_images=T,
        test_labels=U[:, np.newaxis],
    )
    np.testing.assert_array_equal(dataset.train_images, X)
    np.testing.assert_array_equal(dataset.val_images, V)
    np.testing.assert_array_equal(dataset.test_images, T)
    assert dataset.val_labels is not None
    np.testing.assert_array_equal(dataset.val_labels, W)


def test_training_images_alone_are_enough(tmp_path: Path) -> None:
    same_images(saved(tmp_path, x_train=X, y_train=Y), test=None)
    same_images(saved(tmp_path, x_test=X), test=None)
    same_images(saved(tmp_path, train_images=X, y=Y), test=None)


def test_the_name_that_fits_best_is_taken(tmp_path: Path) -> None:
    dataset = saved(tmp_path, x_train=X, x_train_noisy=X // 2, mean_image=X[0], x_test=T, ids=Y)
    same_images(dataset)
    assert "left out: the arrays 'x_train_noisy', 'mean_image', 'ids'" in dataset.description()


SHAPES: dict[str, Callable[[Array], Array]] = {
    "flat": lambda x: x.reshape(-1, 784),
    "channel first": lambda x: x[:, np.newaxis],
    "channel last": lambda x: x[..., np.newaxis],
    "RGB": lambda x: np.stack([x] * 3, -1),
    "RGB first": lambda x: np.stack([x] * 3, 1),
    "RGBA": lambda x: np.stack([x, x, x, np.full_like(x, 255)], -1),
    "int64": lambda x: x.astype("i8"),
    "whole floats": lambda x: x.astype("f4"),
}


@pytest.mark.parametrize("change", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("form", ["npz", "npy"])
def test_arrays_may_have_the_shapes_of_other_libraries(
    tmp_path: Path, form: str, change: Callable[[Array], Array]
) -> None:
    np.save(tmp_path / "data.npy", change(X))
    write_npz(tmp_path / "data.npz", {"anything": change(X)})
    dataset = load_dataset(str(tmp_path / f"data.{form}"))
    assert dataset.source == form
    same_images(dataset, test=None)


LABELS: dict[str, Callable[[Array], Array]] = {
    "column": lambda y: y[:, np.newaxis],
    "row": lambda y: y[np.newaxis],
    "one-hot": lambda y: np.eye(10)[y],
    "one-hot bool": lambda y: np.eye(10, dtype=bool)[y],
    "floats": lambda y: y.astype("f8"),
    "big-endian": lambda y: y.astype(">u4"),
    "text": lambda y: np.array(list("abcdefghij"))[y],
    "bytes": lambda y: np.array(list("abcdefghij"), "S")[y],
}


@pytest.mark.parametrize("change", LABELS.values(), ids=LABELS.keys())
def test_labels_may_come_in_other_forms(tmp_path: Path, change: Callable[[Array], Array]) -> None:
    dataset = saved(tmp_path, **(D | {"y_train": change(Y), "y_test": change(U)}))
    assert dataset.train_labels is not None
    assert dataset.test_labels is not None
    np.testing.assert_array_equal(dataset.train_labels, Y[dataset.rows["train"]])
    np.testing.assert_array_equal(dataset.test_labels, U)


def test_texts_have_the_same_numbers_in_every_split(tmp_path: Path) -> None:
    names = np.array(["cat", "dog", "eel"])
    dataset = saved(
        tmp_path, x_train=X, y_train=names[1 + Y % 2], x_test=T, y_test=names[2 * (U % 2)]
    )
    assert dataset.test_labels is not None
    np.testing.assert_array_equal(dataset.test_labels, 2 * (U % 2))
    assert "labels 'cat', 'dog', 'eel' are numbered from 0" in dataset.description()


UNREADABLE: dict[str, tuple[dict[str, Array | None], str]] = {
    "one split only": ({"y_test": None}, "there are none for the test split"),
    "count": ({"y_train": Y[:-1]}, "69 labels for 70 images"),
    "test count": ({"y_test": np.zeros(11, int)}, "11 labels for 10 images"),
    "negative": ({"y_test": U.astype(int) - 1}, "from -1 to"),
    "huge": ({"y_test": np.full(10, 2**64 - 1, np.uint64)}, "from 18446744073709551615"),
    "fractions": ({"y_train": Y / 3}, "they are not whole numbers"),
    "NaN": ({"y_train": np.full(70, np.nan)}, "they are not whole numbers"),
    "several columns": ({"y_train": np.ones((70, 4), int)}, "4 columns that are not one-hot"),
    "pickled": ({"y_train": np.array([None] * 70)}, "pickled Python objects, which are never load"),
    "text and numbers": ({"y_train": Y.astype(str)}, "texts in one split and numbers in another"),
    "complex": ({"y_train": Y.astype(complex)}, "has the type complex128"),
    "bytes of no text": ({"y_train": np.array([b"\xff"] * 70)}, "not UTF-8 text"),
    "empty": ({"y_train": Y[:0]}, r"has the shape \(0,\)"),
    "images": ({"y_train": X}, r"has the shape \(70, 28, 28\)"),
}


@pytest.mark.parametrize(("changes", "words"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_labels_that_cannot_be_read_are_left_out_with_a_word(
    tmp_path: Path, changes: dict[str, Array | None], words: str
) -> None:
    arrays = {name: array for name, array in (D | changes).items() if array is not None}
    dataset = saved(tmp_path, **arrays)
    same_images(dataset)
    assert dataset.train_labels is dataset.val_labels is dataset.test_labels is None
    with pytest.raises(DatasetError, match=words):
        raise DatasetError(dataset.description())
    assert ", no labels; " in dataset.description()
    assert "labels" in dataset.notes[-1]


def test_a_folder_of_arrays_is_a_dataset(tmp_path: Path) -> None:
    for name, array in D.items():
        np.save(tmp_path / f"{name}.npy", array)
    (tmp_path / "README.txt").write_text("of last year")
    dataset = load_dataset(str(tmp_path))
    same_images(dataset)
    assert dataset.train_labels is not None
    assert "left out: 1 other file ('README.txt')" in dataset.description()


def test_kmnist_has_one_npz_for_each_array(tmp_path: Path) -> None:
    for name, array in zip(
        ("train-imgs", "train-labels", "test-imgs", "test-labels"), (X, Y, T, U), strict=True
    ):
        np.savez(tmp_path / f"kmnist-{name}.npz", array)
    dataset = load_dataset(str(tmp_path))
    same_images(dataset)
    assert dataset.train_labels is not None


def test_an_encrypted_npz_is_reported(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "data.npz", {"images": X})
    data = bytearray(path.read_bytes())
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=r"'images' in .* is encrypted"):
        load_dataset(str(path))


def test_a_label_beside_the_pixels_is_reported(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", np.zeros((20, 785), np.uint8))
    with pytest.raises(DatasetError, match=r"rows of 785 values.*`images\[:, 1:\]` where the fir"):
        load_dataset(str(tmp_path / "data.npy"))


def test_texts_that_are_numbers_are_these(tmp_path: Path) -> None:
    dataset = saved(tmp_path, images=X, labels=np.array(["3", "10", "4"])[Y % 3])
    assert dataset.train_labels is not None
    assert set(dataset.train_labels.tolist()) == {3, 4, 10}
    assert dataset.notes == ()


def test_an_npy_by_the_name_of_an_npz_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", X)
    shutil.move(tmp_path / "data.npy", tmp_path / "data.npz")
    same_images(load_dataset(str(tmp_path / "data.npz")), test=None)
