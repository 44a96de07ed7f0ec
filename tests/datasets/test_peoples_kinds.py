"""IDX files and other files: read, or refused with how to make a dataset of them."""

from __future__ import annotations

import gzip
import io
import re
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.datasets.people import D, T, U, X, Y, same_images, saved
from tests.datasets.samples import idx_bytes, write_idx
from vae_engine.datasets import load_dataset
from vae_engine.errors import DatasetError


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
    "MATLAB 7.3": (
        b"MATLAB 7.3 MAT-file, HDF5" + bytes(99),
        "is a MATLAB 7.3 file.*h5py.*swapaxes",
    ),
    "SVG": (
        b'<?xml version="1.0"?>\n<!-- a -->\n<svg xmlns="x"/>',
        "is an SVG drawing.*rsvg-convert",
    ),
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
def test_another_kind_of_file_is_reported_with_what_makes_a_dataset_of_it(
    tmp_path: Path, data: bytes, words: str, name: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DatasetError, match=words) as caught:
        load_dataset(str(tmp_path / name))
    message = str(caught.value)
    assert "BadZipFile" not in message
    assert "wanted" in message
    assert re.search(r"[,;:] try ", message), message


def test_a_folder_of_other_files_reports_their_kind(tmp_path: Path) -> None:
    (tmp_path / "mnist_train.csv").write_bytes(b"label,pixel0,pixel1\n5,0,0\n")
    with pytest.raises(DatasetError, match=r"'mnist_train.csv' \(a CSV table\).*try '/.*csv' in"):
        load_dataset(str(tmp_path))


def test_a_folder_of_other_files_reports_the_one_that_helps(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("about the data")
    (tmp_path / "data.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99))
    with pytest.raises(DatasetError, match=r"'a.txt', 'data.h5' \(an HDF5 file\).*try '/.*h5' in"):
        load_dataset(str(tmp_path))


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


@pytest.mark.parametrize(
    ("name", "meant"),
    [("MNIST", "mnist"), ("fashion-mnist", "fashion_mnist"), ("FashionMNIST", "fashion_mnist")],
)
def test_a_named_dataset_in_another_spelling_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError, match=f"'{name}' does not exist.*try `{meant}`$"):
        load_dataset(name)
    with pytest.raises(DatasetError, match="path is empty"):
        load_dataset("")
