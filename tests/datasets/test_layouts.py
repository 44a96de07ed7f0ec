"""Folders, tables and names as people lay them out, beyond those of the page."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.datasets.samples import digits, write_npz
from vae_engine.datasets import Dataset, load_dataset
from vae_engine.datasets.contents import Contents
from vae_engine.datasets.folder import shards
from vae_engine.datasets.source import Split, split_of
from vae_engine.errors import DatasetError

D = digits(train=40)
X, Y = D["x_train"], D["y_train"]
PIXELS = ",".join(f"pixel{index}" for index in range(784))
needs_pyarrow = pytest.mark.skipif(
    importlib.util.find_spec("pyarrow") is None, reason="needs the extra [parquet]"
)


def pictures(folder: Path, places: Mapping[str, int]) -> Path:
    """As many images in each place, all of them different."""
    taken = 0
    for place, count in places.items():
        (folder / place).mkdir(parents=True)
        for index in range(count):
            Image.fromarray(X[taken]).save(folder / place / f"{index}.png")
            taken += 1
    return folder


def counts(dataset: Dataset) -> tuple[int, int, int]:
    return len(dataset.train_images), len(dataset.val_images), len(dataset.test_images)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("train_images", "val_images", "test_images"), (12, 10, 10)),
        (("train2017", "val2017", "test2017"), (12, 10, 10)),
        (("Trainset", "ValidationSet", "TestSet"), (12, 10, 10)),
        (("training", "eval", "holdout"), (12, 10, 10)),
        (("images/train", "images/dev", "images/testing"), (12, 10, 10)),
    ],
    ids=lambda value: str(value[0]),
)
def test_words_beside_a_split_are_no_classes(
    tmp_path: Path, names: tuple[str, str, str], expected: tuple[int, int, int]
) -> None:
    dataset = load_dataset(pictures(tmp_path, dict(zip(names, expected, strict=True))))
    assert counts(dataset) == expected
    assert dataset.train_labels is None


def test_splits_within_classes(tmp_path: Path) -> None:
    places = {"cat/train": 10, "cat/test": 4, "dog/train": 11, "dog/test": 5}
    dataset = load_dataset(pictures(tmp_path, places))
    assert len(dataset.test_images) == 9
    assert dataset.label_names == ("cat", "dog")
    assert dataset.test_labels is not None
    assert np.bincount(dataset.test_labels).tolist() == [4, 5]


@pytest.mark.parametrize("names", [("train", "bus"), ("train_masks", "test"), ("trains", "tests")])
def test_classes_that_sound_like_splits_stay_classes(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    dataset = load_dataset(pictures(tmp_path, dict.fromkeys(names, 15)))
    assert dataset.label_names == tuple(sorted(names))


@pytest.mark.parametrize(
    ("name", "split"),
    [("Train", "train"), ("t10k", "test"), ("split_val", "val"), ("testA", None), ("2017", None)],
)
def test_the_split_that_a_name_tells(name: str, split: Split | None) -> None:
    assert split_of(name) == split


def test_classes_of_one_image_are_all_counted(tmp_path: Path) -> None:
    dataset = load_dataset(pictures(tmp_path, {f"c{index:02}": 1 for index in range(24)}))
    assert "labels of 24 classes" in dataset.description()


def test_photographs_that_are_turned_are_of_two_sizes(tmp_path: Path) -> None:
    for index in range(12):
        image = Image.fromarray(np.tile(X[index], (1, 2)))
        turned = image.transpose(Image.Transpose.ROTATE_90) if index % 2 else image
        turned.save(tmp_path / f"{index}.png")
    assert "2 sizes from 28x56 to 56x28" in load_dataset(tmp_path).description()


@pytest.mark.parametrize("labels", ["classes", "category", "y"])
def test_labels_by_other_words(tmp_path: Path, labels: str) -> None:
    dataset = load_dataset(write_npz(tmp_path / "d.npz", {"images": X, labels: Y}))
    assert dataset.train_labels is not None


def test_long_doubles_are_read_as_doubles(tmp_path: Path) -> None:
    wide = (X / 255).astype(np.longdouble)
    dataset = load_dataset(write_npz(tmp_path / "d.npz", {"images": wide}))
    assert dataset.train_images.dtype == np.float32


@pytest.mark.parametrize(
    ("colours", "alpha", "white"),
    [(65_535, 65_535, 1.0), (255, 255, 1.0), (255, 1, 1.0)],
    ids=["16 bits", "8 bits", "a mask"],
)
def test_alpha_of_any_scale_is_laid_on_white(
    tmp_path: Path, colours: int, alpha: int, white: float
) -> None:
    rng = np.random.default_rng(0)
    kind = np.uint16 if colours > 255 else np.uint8
    images = rng.integers(0, colours, (20, 8, 8, 4), dtype=kind)
    images[..., :3].reshape(-1)[0] = colours
    images[..., 3] = alpha
    images[:, :4, :, 3] = 0
    dataset = load_dataset(write_npz(tmp_path / "d.npz", {"images": images}))
    top = dataset.train_images[:, :4] / (255 if dataset.train_images.dtype == np.uint8 else 1)
    assert (top == white).all()
    opaque = images[..., :3][dataset.rows["train"]][:, 4:] / colours
    whole = dataset.train_images[:, 4:] / (255 if dataset.train_images.dtype == np.uint8 else 1)
    np.testing.assert_allclose(whole, opaque, atol=1e-5)


def test_a_float_image_with_nan_is_left_out_by_name(tmp_path: Path) -> None:
    for index in range(24):
        image = X[index].astype(np.float32)
        image[0, 0] = np.nan if index == 7 else 0
        Image.fromarray(image).save(tmp_path / f"{index}.tif")
    assert "'7.tif' holds NaN" in load_dataset(tmp_path).description()


def test_negative_images_are_reported_with_the_option(tmp_path: Path) -> None:
    for index in range(12):
        Image.fromarray(X[index].astype(np.float32) / 255 - 0.2).save(tmp_path / f"{index}.tif")
    with pytest.raises(DatasetError, match="`range=minmax`"):
        load_dataset(tmp_path)


def rows_of(*columns: npt.NDArray[Any]) -> str:
    return "\n".join(
        ",".join(str(value) for column in columns for value in np.atleast_1d(column[index]))
        for index in range(len(Y))
    )


def test_column_numbers_are_a_header(tmp_path: Path) -> None:
    header = ",".join(map(str, range(785)))
    path = tmp_path / "d.csv"
    path.write_text(f"{header}\n{rows_of(Y, X.reshape(40, -1))}\n")
    dataset = load_dataset(path)
    assert sum(counts(dataset)) == 40
    assert dataset.train_labels is not None


@pytest.mark.parametrize("row", [3, 35])
@pytest.mark.parametrize("label", ["9", "cat"])
def test_a_missing_pixel_is_named(tmp_path: Path, row: int, label: str) -> None:
    lines = rows_of(np.full(40, label), X.reshape(40, -1)).split("\n")
    lines[row] = lines[row].rpartition(",")[0] + ","
    path = tmp_path / "d.csv"
    path.write_text("\n".join([f"label,{PIXELS}", *lines]))
    with pytest.raises(DatasetError, match=f"'' in row {row + 2} of column 'pixel783'"):
        load_dataset(path)


@pytest.mark.parametrize("within", ["", "images"])
def test_ids_are_paths_without_their_suffix(tmp_path: Path, within: str) -> None:
    pictures(tmp_path, {within or ".": 40} if within else {})
    for index in range(0 if within else 40):
        Image.fromarray(X[index]).save(tmp_path / f"{index}.png")
    table = tmp_path / "labels.csv"
    table.write_text("image_id,breed\n" + rows_of(np.arange(40), np.array(["pug", "husky"])[Y % 2]))
    assert load_dataset(table).label_names == ("husky", "pug")


def test_a_table_of_paths_without_a_header_has_labels(tmp_path: Path) -> None:
    pictures(tmp_path, {"images": 40})
    table = tmp_path / "list.txt"
    table.write_text("\n".join(f"images/{index}.png,{Y[index]}" for index in range(40)))
    dataset = load_dataset(table)
    assert dataset.train_labels is not None
    np.testing.assert_array_equal(dataset.train_labels, Y[dataset.rows["train"]])


def encoded(image: npt.NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (
            ["train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001"],
            "train train test",
        ),
        (["data/train-00000-of-00001-0a1b2c3d", "data/dev-00000-of-00001-0a1b2c3d"], "train val"),
        (["0000", "0001"], "None None"),
        (["train/0000", "test/0000"], ""),
        (["train", "test", "unsupervised"], "train test"),
    ],
)
def test_the_splits_of_shards(names: list[str], splits: str) -> None:
    contents = Contents(others=["README.md", *(f"{name}.parquet" for name in names)])
    found = shards(Path("folder"), contents)
    assert sorted(map(str, found.values())) == sorted(splits.split())


@needs_pyarrow
def test_shards_of_parquet_are_one_dataset(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    (tmp_path / "data").mkdir()
    for name, rows in (("train", slice(0, 30)), ("test", slice(30, 40))):
        images = [{"bytes": encoded(image), "path": "a.png"} for image in X[rows]]
        table = pyarrow.table({"image": images, "label": Y[rows]})
        pyarrow.parquet.write_table(table, tmp_path / "data" / f"{name}-00000-of-00001.parquet")
    dataset = load_dataset(tmp_path)
    assert len(dataset.test_images) == 10
    np.testing.assert_array_equal(dataset.test_images, X[30:])
    assert dataset.test_labels is not None
    np.testing.assert_array_equal(dataset.test_labels, Y[30:])


@needs_pyarrow
def test_an_unusable_image_of_a_table_is_named_by_its_row(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    images = [encoded(image) for image in X]
    images[3] = b"nothing"
    path = tmp_path / "d.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"image": images, "fine_label": Y}), path)
    dataset = load_dataset(path)
    assert dataset.train_labels is not None
    assert [name for name, _ in dataset.facts.bad] == ["row 3"]
    assert str(tmp_path.parent) not in dataset.description().replace(str(path), "")
    assert "vae-parquet" not in f"{dataset.description()} {dataset.facts.bad}"


@pytest.mark.parametrize("suffix", [".csv", ".h5"])
def test_a_table_in_a_subfolder_is_named(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / f"data{suffix}").write_bytes(b"1,2,3\n")
    with pytest.raises(DatasetError, match=rf"try '.*/sub/data\{suffix}'"):
        load_dataset(tmp_path)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 image"),
        (b"\0\0\0\x20ftypavif", "a HEIC or AVIF image"),
        (b"\0\0\1\0\1\0", "an icon file"),
        (b"8BPS\0\1", "a Photoshop file"),
    ],
)
def test_images_of_other_formats_are_named(tmp_path: Path, data: bytes, name: str) -> None:
    (tmp_path / "one.bin").write_bytes(data + bytes(64))
    with pytest.raises(DatasetError, match=f"{name}.*mogrify -format png '.*one.bin'"):
        load_dataset(tmp_path)
