"""Tables and other array files give the same dataset as an .npz of their arrays."""

from __future__ import annotations

import importlib.util
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.datasets.samples import digits, write_npz
from vae_engine.datasets import Dataset, load_dataset
from vae_engine.datasets.preparation import Preparation
from vae_engine.errors import DatasetError

D = digits(train=40)
X, Y = D["x_train"], D["y_train"]
FLAT = X.reshape(40, 784)
NAMES = np.array(["cat", "dog", "eel"])[Y % 3]
Array = npt.NDArray[Any]


def same(dataset: Dataset, images: Array = X, labels: Array | None = Y) -> None:
    for found, found_labels, split in (
        (dataset.train_images, dataset.train_labels, "train"),
        (dataset.val_images, dataset.val_labels, "val"),
        (dataset.test_images, dataset.test_labels, "test"),
    ):
        rows = dataset.rows[split]  # type: ignore[index]
        np.testing.assert_array_equal(found, images[rows])
        if labels is None:
            assert found_labels is None
        else:
            np.testing.assert_array_equal(found_labels, labels[rows])


def csv_of(path: Path, header: str, *columns: Array, comma: str = ",") -> Path:
    rows = [comma.join(str(v) for c in columns for v in np.atleast_1d(c[i])) for i in range(40)]
    path.write_text("\n".join([header, *rows] if header else rows) + "\n")
    return path


PIXELS = ",".join(f"pixel{index}" for index in range(784))
TABLES: dict[str, Callable[[Path], Path]] = {
    "Kaggle": lambda path: csv_of(path, f"label,{PIXELS}", Y, FLAT),
    "labels last": lambda path: csv_of(path, f"{PIXELS},class", FLAT, Y),
    "rows and columns": lambda path: csv_of(
        path,
        "label," + ",".join(f"{r}x{c}" for r in range(1, 29) for c in range(1, 29)),
        Y,
        FLAT,
    ),
    "an index": lambda path: csv_of(path, f"label,id,{PIXELS}", Y, 1000 + np.arange(40), FLAT),
    "no header": lambda path: csv_of(path, "", Y, FLAT),
    "no header, labels last": lambda path: csv_of(path, "", FLAT, Y),
    "semicolons": lambda path: csv_of(path, "", Y, FLAT, comma=";"),
    "tabs": lambda path: csv_of(path, f"label,{PIXELS}".replace(",", "\t"), Y, FLAT, comma="\t"),
    "floats": lambda path: csv_of(path, f"label,{PIXELS}", Y, FLAT.astype("f4")),
    "FER": lambda path: csv_of(
        path, "emotion,pixels", Y, np.array([" ".join(map(str, row)) for row in FLAT])
    ),
}


@pytest.mark.parametrize("make", TABLES.values(), ids=TABLES)
def test_a_table_of_pixels_is_read(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    dataset = load_dataset(make(tmp_path / "d.csv"))
    same(dataset)
    assert dataset.source == "csv"


def test_a_table_without_labels_and_of_another_size(tmp_path: Path) -> None:
    images = np.random.default_rng(2).integers(0, 256, (40, 48 * 80), dtype=np.uint8)
    path = csv_of(tmp_path / "d.csv", "", images)
    with pytest.raises(DatasetError, match="try `image_size=60x64`"):
        load_dataset(path)
    dataset = load_dataset(path, preparation=Preparation(size=(48, 80)))
    same(dataset, images.reshape(40, 48, 80), None)


def test_labels_are_texts_and_splits_are_named(tmp_path: Path) -> None:
    usage = np.array(["Training"] * 30 + ["PublicTest"] * 5 + ["PrivateTest"] * 5)
    rows = np.array([" ".join(map(str, row)) for row in FLAT])
    dataset = load_dataset(csv_of(tmp_path / "d.csv", "species,pixels,Usage", NAMES, rows, usage))
    assert dataset.label_names == ("cat", "dog", "eel")
    assert dataset.rows["train"].tolist() == list(range(30))
    assert dataset.rows["val"].tolist() == list(range(30, 35))
    np.testing.assert_array_equal(dataset.test_images, X[35:])


@pytest.mark.parametrize("within", ["", "images"])
def test_a_table_of_paths_is_read(tmp_path: Path, within: str) -> None:
    (tmp_path / within).mkdir(exist_ok=True)
    files = np.array([f"{index}.png" for index in range(40)])
    for file, image in zip(files, X, strict=True):
        Image.fromarray(image).save(tmp_path / within / file)
    path = csv_of(tmp_path / "d.csv", "filename,label", files, NAMES)
    dataset = load_dataset(path)
    same(dataset, labels=Y % 3)
    (tmp_path / within / "7.png").unlink()
    less = load_dataset(path)
    assert "left out: 1 file that cannot be used ('7.png'" in less.description()
    assert 7 not in np.concatenate(list(less.rows.values()))
    same(less, labels=Y % 3)


BAD_TABLES: dict[str, tuple[str, str]] = {
    "nothing but a header": ("a,b,c,d\n", "has no rows"),
    "no pixels": ("a,b,c,d\n1,2,3,4\n5,6,7,8\n", "no images: wanted a column per pixel"),
    "uneven": (
        "\n".join(["label," + PIXELS] + ["1," * 784 + "1"] * 30 + ["1,2"]),
        "another number of columns in row 32",
    ),
    "not a number": (
        "\n".join(["label," + PIXELS] + ["1," * 784 + "1"] * 30 + ["1," * 784 + "x"]),
        "'x' in row 32 of column 'pixel783'",
    ),
}


@pytest.mark.parametrize(("text", "words"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_tables_that_cannot_be_read_are_one_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(DatasetError, match=words) as caught:
        load_dataset(tmp_path / "d.csv")
    assert "\n" not in str(caught.value)


def hdf5(path: Path, **arrays: Any) -> Path:
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name.replace("__", "/")] = array
    return path


def test_hdf5_is_read_like_npz(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "d.h5", images=X, labels=Y)
    same(load_dataset(path))
    assert load_dataset(path).source == "hdf5"
    nested = hdf5(tmp_path / "n.h5", train__x=X, train__y=Y, test__x=X[:9], test__y=Y[:9])
    dataset = load_dataset(nested)
    np.testing.assert_array_equal(dataset.test_images, X[:9])
    texts = hdf5(tmp_path / "t.h5", images=X, labels=[str(name) for name in NAMES])
    assert load_dataset(texts).label_names == ("cat", "dog", "eel")


@pytest.mark.parametrize("form", ["npz", "h5"])
def test_a_key_says_which_array(tmp_path: Path, form: str) -> None:
    arrays = {"left": X, "right": 255 - X, "labels": Y}
    path = tmp_path / f"d.{form}"
    if form == "h5":
        hdf5(path, **arrays)
    else:
        write_npz(path, arrays)
    with pytest.raises(DatasetError, match=r"try PATH::left"):
        load_dataset(path)
    same(load_dataset(f"{path}::right"), 255 - X)
    with pytest.raises(DatasetError, match=r"no array 'middle': wanted one of 'l"):
        load_dataset(f"{path}::middle")


def test_hostile_hdf5_is_refused(tmp_path: Path) -> None:
    secret = hdf5(tmp_path / "secret.h5", images=X)
    path = tmp_path / "d.h5"
    with h5py.File(path, "w") as file:
        file["images"] = h5py.ExternalLink(str(secret), "images")
        file["soft"] = h5py.SoftLink("/images")
        layout = h5py.VirtualLayout((40, 28, 28), "u1")
        layout[:] = h5py.VirtualSource(str(secret), "images", (40, 28, 28))
        file.create_virtual_dataset("virtual", layout)
    with pytest.raises(DatasetError, match="no array"):
        load_dataset(path)
    with h5py.File(path, "w") as file:
        file.create_dataset("images", (10**9, 28, 28), "u1", chunks=(1, 28, 28))
    with pytest.raises(DatasetError, match="at most"):
        load_dataset(path)
    data = secret.read_bytes()
    path.write_bytes(data[:600] + bytes(len(data) - 600))
    with pytest.raises(DatasetError, match=r"cannot be read|no array"):
        load_dataset(path)


def png(image: Array) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["pixels", "lists", "images", "bytes"])
def test_parquet_is_read(tmp_path: Path, form: str) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns: dict[str, Any] = {"label": Y}
    if form == "pixels":
        columns |= {f"pixel{index}": FLAT[:, index] for index in range(784)}
    elif form == "lists":
        columns["image"] = FLAT.tolist()
    elif form == "images":
        columns["image"] = [{"bytes": png(image), "path": None} for image in X]
    else:
        columns["image"] = [png(image) for image in X]
    parquet.write_table(pyarrow.table(columns), tmp_path / "d.parquet")
    same(load_dataset(tmp_path / "d.parquet"))


def test_damaged_parquet_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "d.parquet").write_bytes(b"PAR1" + bytes(900) + b"PAR1")
    with pytest.raises(DatasetError, match=r"cannot be read .*wanted a Parquet table"):
        load_dataset(tmp_path / "d.parquet")


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "d.parquet").write_bytes(b"PAR1" + bytes(900) + b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(DatasetError, match=r"extra \[parquet\] of vae-workbench"):
        load_dataset(tmp_path / "d.parquet")
