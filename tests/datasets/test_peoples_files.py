"""Images as people have them: whatever the names, the shapes and the formats, the same dataset."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import re
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.datasets.samples import digits, idx_bytes, write_idx, write_npz, write_pngs
from vae_engine.datasets import Dataset, load_dataset
from vae_engine.errors import DatasetError

D = digits(train=70, test=10)
X, Y, T, U = D["x_train"], D["y_train"], D["x_test"], D["y_test"]
V, W = X[60:], Y[60:]
Array = npt.NDArray[Any]


def saved(folder: Path, **arrays: Array) -> Dataset:
    return load_dataset(str(write_npz(folder / "data.npz", arrays)))


def same_images(dataset: Dataset, train: Array = X, test: Array | None = T) -> None:
    """The dataset has these images for training and validation, and for the test."""
    for images, split in (
        (dataset.train_images, "train"),
        (dataset.val_images, "val"),
        *(((dataset.test_images, "test"),) if test is None else ()),
    ):
        np.testing.assert_array_equal(images, train[dataset.rows[split]])
    if test is not None:
        np.testing.assert_array_equal(dataset.test_images, test)


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
    "fractions": ({"y_train": Y / 3}, "they are no whole numbers"),
    "NaN": ({"y_train": np.full(70, np.nan)}, "they are no whole numbers"),
    "several columns": ({"y_train": np.ones((70, 4), int)}, "4 columns, and not one-hot"),
    "pickled": ({"y_train": np.array([None] * 70)}, "pickled Python objects, which are never load"),
    "text and numbers": ({"y_train": Y.astype(str)}, "texts in one split and numbers in another"),
    "complex": ({"y_train": Y.astype(complex)}, "has the type complex128"),
    "bytes of no text": ({"y_train": np.array([b"\xff"] * 70)}, "no UTF-8 text"),
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


# Image files


def as_rgb(image: Image.Image) -> Image.Image:
    return image.convert("RGB")


def as_palette(image: Image.Image) -> Image.Image:
    palette = image.convert("P")
    palette.putpalette([level for level in range(256) for _ in range(3)])
    return palette


IMAGE_FILES: dict[str, tuple[str, Callable[[Image.Image], Image.Image], dict[str, Any]]] = {
    "PNG": ("png", lambda image: image, {}),
    "PNG, RGB": ("png", as_rgb, {}),
    "PNG, RGBA": ("png", lambda image: image.convert("RGBA"), {}),
    "PNG, palette": ("png", as_palette, {}),
    "PNG, grey and alpha": ("png", lambda image: image.convert("LA"), {}),
    "PNG in capitals": ("PNG", lambda image: image, {}),
    "BMP": ("bmp", lambda image: image, {}),
    "GIF": ("gif", lambda image: image, {}),
    "TIFF": ("tif", lambda image: image, {}),
    "TIFF, deflated": ("tiff", lambda image: image, {"compression": "tiff_deflate"}),
    "TIFF, LZW, RGB": ("tiff", as_rgb, {"compression": "tiff_lzw"}),
    "PGM": ("pgm", lambda image: image, {}),
    "WebP": ("webp", as_rgb, {"lossless": True}),
}


@pytest.mark.parametrize(
    ("suffix", "change", "options"), IMAGE_FILES.values(), ids=IMAGE_FILES.keys()
)
def test_image_files_of_any_format_are_read(
    tmp_path: Path,
    suffix: str,
    change: Callable[[Image.Image], Image.Image],
    options: dict[str, Any],
) -> None:
    for index, image in enumerate(X):
        change(Image.fromarray(image)).save(tmp_path / f"{index:03}.{suffix}", **options)
    dataset = load_dataset(str(tmp_path))
    same_images(dataset, test=None)
    assert dataset.notes == ()


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "webp"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_lossy_images_are_nearly_the_same(tmp_path: Path, suffix: str, mode: str) -> None:
    smooth = np.cumsum(np.cumsum(np.ones((28, 28)), 0), 1) / 784 * 250
    for index in range(20):
        image = Image.fromarray(np.roll(smooth, index, 1).astype(np.uint8)).convert(mode)
        image.save(tmp_path / f"{index}.{suffix}", quality=95)
    dataset = load_dataset(str(tmp_path))
    assert abs(dataset.train_images.mean() - smooth.mean()) < 2


def test_every_format_of_a_folder_is_taken_and_what_is_no_image_is_told(tmp_path: Path) -> None:
    for index, image in enumerate(X[:40]):
        suffix = ("png", "jpg", "bmp", "gif")[index % 4]
        Image.fromarray(image).save(tmp_path / f"{index}.{suffix}")
    (tmp_path / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (tmp_path / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    (tmp_path / "notes.txt").write_text("an accent: é")
    (tmp_path / "labels.csv").write_text("file,label,more\n1,2,3\n")
    dataset = load_dataset(str(tmp_path))
    assert sum(map(len, dataset.rows.values())) == 40
    line = dataset.description()
    for words in ("10 PNG files", "10 JPEG files", "10 BMP files", "10 GIF files", "no labels"):
        assert words in line
    assert "left out: 4 other files ('.DS_Store', 'Thumbs.db', 'labels.csv' and 1 more)" in line


def test_images_without_a_suffix_are_known_by_their_bytes(tmp_path: Path) -> None:
    folder = write_pngs(tmp_path / "pngs", X)
    for path in list(folder.iterdir()):
        path.rename(path.with_suffix(""))
    same_images(load_dataset(str(folder)), test=None)


def test_a_suffix_may_lie_about_the_format(tmp_path: Path) -> None:
    folder = write_pngs(tmp_path / "pngs", X)
    for path in list(folder.iterdir()):
        path.rename(path.with_suffix(".jpg"))
    same_images(load_dataset(str(folder)), test=None)


def test_of_several_frames_the_first_counts(tmp_path: Path) -> None:
    for index, image in enumerate(X[:20]):
        first, second = Image.fromarray(image), Image.fromarray(255 - image)
        first.save(tmp_path / f"{index:02}.gif", save_all=True, append_images=[second])
        first.save(tmp_path / f"{index + 20}.tif", save_all=True, append_images=[second])
    same_images(load_dataset(str(tmp_path)), np.concatenate([X[:20], X[:20]]), test=None)


def test_subfolders_are_classes(tmp_path: Path) -> None:
    for index, name in enumerate(("cat", "dog")):
        write_pngs(tmp_path / name, X[35 * index : 35 * index + 35])
    dataset = load_dataset(str(tmp_path))
    same_images(dataset, test=None)
    assert dataset.train_labels is not None
    np.testing.assert_array_equal(dataset.train_labels, dataset.rows["train"] // 35)
    assert "labels of 2 classes" in dataset.description()
    assert "labels 'cat', 'dog' are numbered from 0" in dataset.description()


def test_subfolders_that_are_numbers_are_the_labels(tmp_path: Path) -> None:
    for label in (2, 3, 10):
        write_pngs(tmp_path / str(label), X[label : label + 9])
    dataset = load_dataset(str(tmp_path))
    assert dataset.train_labels is not None
    assert set(dataset.train_labels.tolist()) == {2, 3, 10}


@pytest.mark.parametrize("validation", ["val", "valid", "validation", ""])
@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize("wrapped", [True, False])
def test_subfolders_named_like_splits_are_the_splits(
    tmp_path: Path, validation: str, classes: bool, wrapped: bool
) -> None:
    top = tmp_path / "data" if wrapped else tmp_path
    for name, images in (("train", X), (validation, V), ("Test", T)):
        for label in range(2 if classes and name else 0):
            write_pngs(top / name / f"class {label}", images[label::2])
        if name and not classes:
            write_pngs(top / name, images)
    dataset = load_dataset(str(tmp_path))
    both = np.concatenate([T[::2], T[1::2]]) if classes else T
    np.testing.assert_array_equal(dataset.test_images, both)
    assert len(dataset.val_images) == (10 if validation else 17)
    assert len(dataset.train_images) == (70 if validation else 53)
    assert (dataset.test_labels is not None) == classes
    if dataset.test_labels is not None:
        assert dataset.test_labels.tolist() == [0] * 5 + [1] * 5


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    for name in ("car", "plane", "train"):
        write_pngs(tmp_path / name, X[:20])
    dataset = load_dataset(str(tmp_path))
    assert "labels of 3 classes" in dataset.description()


def test_the_fewer_images_are_left_out_with_a_word(tmp_path: Path) -> None:
    write_pngs(tmp_path / "cat", X[:20])
    write_pngs(tmp_path / "dog", X[20:40])
    Image.fromarray(T[0]).save(tmp_path / "preview.png")
    dataset = load_dataset(str(tmp_path))
    assert "labels of 2 classes" in dataset.description()
    assert "left out: 1 image elsewhere" in dataset.description()
    assert "preview.png" in dataset.description()
    write_pngs(tmp_path, X)
    dataset = load_dataset(str(tmp_path))
    assert ", no labels; left out: 40 images elsewhere ('cat/000.png'" in dataset.description()


def test_links_to_folders_are_told_and_not_followed(tmp_path: Path) -> None:
    folder = write_pngs(tmp_path / "data", X)
    (folder / "round").symlink_to(folder)
    (folder / "linked.png").symlink_to(folder / "000.png")
    dataset = load_dataset(str(folder))
    assert sum(map(len, dataset.rows.values())) == 71
    assert "left out: folders that are links, deep or forbidden ('round')" in dataset.description()


# IDX files


def test_emnist_is_known_by_its_own_names(tmp_path: Path) -> None:
    folder = write_idx(tmp_path, D, packed=True)
    for path in list(folder.iterdir()):
        name = path.name.replace("t10k", "test")
        path.rename(folder / f"emnist-letters-{name}")
    (folder / "emnist-letters-mapping.txt").write_text("1 65 97\n")
    dataset = load_dataset(str(folder))
    same_images(dataset)
    assert dataset.train_labels is not None
    assert "left out: 1 other file ('emnist-letters-mapping.txt')" in dataset.description()


def test_the_idx_files_of_several_datasets_are_refused(tmp_path: Path) -> None:
    for series in ("letters", "digits"):
        write_idx(tmp_path / series, D)
        for path in list((tmp_path / series).iterdir()):
            path.rename(tmp_path / f"emnist-{series}-{path.name}")
        (tmp_path / series).rmdir()
    with pytest.raises(DatasetError, match=r"2 datasets, 'emnist-digits', 'emnist-letters'.*try `"):
        load_dataset(str(tmp_path))


def test_a_folder_beside_the_file_of_its_name_breaks_nothing(tmp_path: Path) -> None:
    folder = write_idx(tmp_path, D, packed=True)
    for name in ("train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        (folder / name).mkdir()
    same_images(load_dataset(str(folder)))


def test_idx_files_are_known_by_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "pictures.train").write_bytes(idx_bytes(X))
    (tmp_path / "classes.train").write_bytes(gzip.compress(idx_bytes(Y)))
    (tmp_path / "pictures.test").write_bytes(idx_bytes(T))
    (tmp_path / "classes.test").write_bytes(idx_bytes(U))
    dataset = load_dataset(str(tmp_path))
    same_images(dataset)
    assert dataset.train_labels is not None


def test_one_idx_file_is_a_dataset(tmp_path: Path) -> None:
    write_idx(tmp_path, {"x_train": X}, packed=True)
    same_images(load_dataset(str(tmp_path)), test=None)
    same_images(load_dataset(str(tmp_path / "train-images-idx3-ubyte.gz")), test=None)


def test_idx_files_of_other_types_are_read(tmp_path: Path) -> None:
    floats = (X / 255).astype(">f4")
    head = struct.pack(">HBB3I", 0, 0x0D, 3, *floats.shape)
    (tmp_path / "train-images-idx3-float").write_bytes(head + floats.tobytes())
    dataset = load_dataset(str(tmp_path))
    np.testing.assert_array_equal(dataset.train_images, floats[dataset.rows["train"]])


# What is no dataset


def zipped(names: list[str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return data.getvalue()


def png() -> bytes:
    data = io.BytesIO()
    Image.fromarray(X[0]).save(data, "PNG")
    return data.getvalue()


OTHERS: dict[str, tuple[bytes, str]] = {
    "CSV": (b"label,pixel0,pixel1\n5,0,0\n", "and no images: wanted a column per pixel"),
    "TSV": (b"5\t0\t0\n", "and no images: wanted a column per pixel"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "cannot be read .*wanted an undamaged HDF5"),
    "pickle": (b"\x80\x04\x95\x10\0\0\0", "is a pickle, which can run code and is never loaded"),
    "PNG": (png(), "is a PNG image.*try its folder"),
    "JPEG": (b"\xff\xd8\xff\xe0" + bytes(99), "is a JPEG image"),
    "zip of images": (zipped(["a.png", "b.png"]), "is a zip archive of files.*unzip -d data"),
    "PyTorch": (zipped(["model/data.pkl"]), "is a PyTorch file.*never loaded.*torch.load"),
    "cut npz": (zipped(["images.npy"])[:40], "a zip archive that is cut short"),
    "gzip": (gzip.compress(b"label,pixel\n"), "is a gzip file.*gunzip"),
    "tar": (bytes(257) + b"ustar" + bytes(250), "is a tar archive.*tar xf"),
    "JSON": (b"[[[0, 1], [2, 3]]]", "is a JSON file.*json.load"),
    "Parquet": (b"PAR1" + bytes(99), "wanted (it installed|a Parquet table).*; try"),
    "MATLAB": (b"MATLAB 5.0 MAT-file" + bytes(99), "is a MATLAB file.*loadmat"),
    "web page": (b"<!DOCTYPE html><html>", "is a web page.*download"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer.*git lfs pull"),
    "text": (b"hello", "is a text file"),
    "nothing": (b"", "is an empty file"),
    "tar.gz": (gzip.compress(bytes(257) + b"ustar" + bytes(250)), "is a gzipped tar arch.*tar xf"),
    "FITS": (b"SIMPLE  =                    T" + b" " * 99, "is a FITS file.*fits.getdata"),
    "HEIC": (b"\0\0\0\x18ftypheic" + bytes(99), "is a HEIC or AVIF image"),
    "numbers": (b"5 0 0 0 12\n", "and no images: wanted a column per pixel"),
    "noise": (bytes(range(128, 250)), "of no known format.*np.savez"),
}


@pytest.mark.parametrize(("data", "words"), OTHERS.values(), ids=OTHERS.keys())
@pytest.mark.parametrize("name", ["data.npz", "data"])
def test_another_kind_of_file_is_told_with_what_makes_a_dataset_of_it(
    tmp_path: Path, data: bytes, words: str, name: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DatasetError, match=words) as caught:
        load_dataset(str(tmp_path / name))
    message = str(caught.value)
    assert "BadZipFile" not in message
    assert "wanted" in message
    assert re.search(r"[,;:] try ", message), message


def test_a_folder_of_other_files_tells_their_kind(tmp_path: Path) -> None:
    (tmp_path / "mnist_train.csv").write_bytes(b"label,pixel0,pixel1\n5,0,0\n")
    with pytest.raises(DatasetError, match=r"'mnist_train.csv' \(a CSV table\).*try '/.*csv' in"):
        load_dataset(str(tmp_path))


def test_a_folder_of_other_files_tells_the_one_that_helps(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("about the data")
    (tmp_path / "data.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99))
    with pytest.raises(DatasetError, match=r"'a.txt', 'data.h5' \(an HDF5 file\).*try '/.*h5' in"):
        load_dataset(str(tmp_path))


def test_an_encrypted_npz_is_told(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "data.npz", {"images": X})
    data = bytearray(path.read_bytes())
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=r"'images' in .* is encrypted"):
        load_dataset(str(path))


def test_a_label_beside_the_pixels_is_told(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", np.zeros((20, 785), np.uint8))
    with pytest.raises(DatasetError, match=r"rows of 785 values.*`images\[:, 1:\]` where the fir"):
        load_dataset(str(tmp_path / "data.npy"))


def test_texts_that_are_numbers_are_these(tmp_path: Path) -> None:
    dataset = saved(tmp_path, images=X, labels=np.array(["3", "10", "4"])[Y % 3])
    assert dataset.train_labels is not None
    assert set(dataset.train_labels.tolist()) == {3, 4, 10}
    assert dataset.notes == ()


@pytest.mark.parametrize("name", ["test", "val", "images"])
def test_one_folder_within_is_the_folder(tmp_path: Path, name: str) -> None:
    write_pngs(tmp_path / "data" / name, X)
    dataset = load_dataset(str(tmp_path))
    same_images(dataset, test=None)
    assert dataset.train_labels is None


def test_splits_without_one_to_train_on_are_refused(tmp_path: Path) -> None:
    write_pngs(tmp_path / "test", X)
    write_pngs(tmp_path / "val", X)
    with pytest.raises(DatasetError, match="'test', 'val' and none of training images: wanted tra"):
        load_dataset(str(tmp_path))


@pytest.mark.parametrize("compression", ["tiff_deflate", "tiff_lzw", "packbits"])
def test_damaged_tiffs_write_nothing_to_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], compression: str
) -> None:
    for index, image in enumerate(X[:20]):
        Image.fromarray(image).save(tmp_path / f"{index}.tif", compression=compression)
    path = tmp_path / "7.tif"
    data = bytearray(path.read_bytes())
    data[200:260] = bytes(range(60))
    path.write_bytes(data)
    with contextlib.suppress(DatasetError):
        load_dataset(str(tmp_path))
    assert capfd.readouterr() == ("", "")


def test_an_npy_by_the_name_of_an_npz_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", X)
    shutil.move(tmp_path / "data.npy", tmp_path / "data.npz")
    same_images(load_dataset(str(tmp_path / "data.npz")), test=None)


def test_a_fifo_that_is_no_image_is_passed_over(tmp_path: Path) -> None:
    folder = write_pngs(tmp_path / "pngs", X)
    os.mkfifo(folder / "pipe")
    assert "left out: 1 other file ('pipe')" in load_dataset(str(folder)).description()


def test_a_loop_of_links_is_passed_over(tmp_path: Path) -> None:
    folder = write_pngs(tmp_path / "pngs", X)
    (folder / "loop").symlink_to(folder / "loop")
    assert "left out: 1 other file ('loop')" in load_dataset(str(folder)).description()


@pytest.mark.parametrize("name", ["raw/train-images-idx3-ubyte", "raw/digits", "raw/a.npy"])
def test_data_in_a_subfolder_names_that_folder(tmp_path: Path, name: str) -> None:
    path = tmp_path / "MNIST" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(idx_bytes(X))
    with pytest.raises(DatasetError, match=r"try its folder, .*/MNIST/raw'$"):
        load_dataset(str(tmp_path))


def test_two_idx_files_that_may_be_the_images_are_refused(tmp_path: Path) -> None:
    for name, images in (("first.bin", X), ("second.bin", T)):
        (tmp_path / name).write_bytes(idx_bytes(images))
    with pytest.raises(DatasetError, match=r"'first.bin', 'second.bin', each of which may be the"):
        load_dataset(str(tmp_path))
    (tmp_path / "second.bin").unlink()
    (tmp_path / "first.bin.gz").write_bytes(gzip.compress(idx_bytes(T)))
    same_images(load_dataset(str(tmp_path)), test=None)


def test_labels_alone_are_no_images(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"holds the array 'y' \(70,\): wanted x_train, images"):
        saved(tmp_path, y=Y)


def test_classes_that_one_split_lacks_are_left_out_with_a_word(tmp_path: Path) -> None:
    for index, image in enumerate(X):
        write_pngs(tmp_path / "train" / f"c{index % 2}" / str(index), image[None])
    write_pngs(tmp_path / "test", T)
    description = load_dataset(str(tmp_path)).description()
    assert "no labels; labels are left out: there are none for the test split" in description
    assert "numbered" not in description


@pytest.mark.parametrize(
    ("name", "meant"),
    [("MNIST", "mnist"), ("fashion-mnist", "fashion_mnist"), ("FashionMNIST", "fashion_mnist")],
)
def test_a_named_dataset_in_another_spelling_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError, match=f"there is no '{name}'.*try `{meant}`$"):
        load_dataset(name)
    with pytest.raises(DatasetError, match="path is empty"):
        load_dataset("")
