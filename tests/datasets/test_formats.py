from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.datasets.samples import IDX_NAMES, digits, write_idx, write_npz, write_pngs
from vae_engine.datasets import load_dataset
from vae_engine.datasets.splits import count_for_test, validation_count


def without_labels(arrays: dict[str, Any]) -> dict[str, Any]:
    return {name: array for name, array in arrays.items() if name.startswith("x")}


def test_equal_arrays_have_equal_digests_whatever_the_files(tmp_path: Path) -> None:
    arrays = digits()
    mixed = write_idx(tmp_path / "mixed", {"x_train": arrays["x_train"]}, packed=True)
    rest = {name: array for name, array in arrays.items() if name != "x_train"}
    datasets = [
        load_dataset(str(path))
        for path in (
            write_npz(tmp_path / "deflated.npz", arrays),
            write_npz(tmp_path / "stored.npz", arrays, compressed=False),
            write_idx(tmp_path / "idx", arrays),
            write_idx(tmp_path / "gz", arrays, packed=True),
            write_idx(tmp_path / "dotted", arrays, mark="."),
            write_idx(mixed, rest),
        )
    ]
    assert [dataset.source for dataset in datasets] == ["npz", "npz", "idx", "idx", "idx", "idx"]
    assert len({dataset.sha256 for dataset in datasets}) == 1
    for dataset in datasets:
        rows = dataset.rows
        assert sorted([*rows["train"], *rows["val"]]) == list(range(40))
        assert np.array_equal(dataset.train_images, arrays["x_train"][rows["train"]])
        assert np.array_equal(dataset.val_images, arrays["x_train"][rows["val"]])
        assert dataset.val_labels is not None
        assert np.array_equal(dataset.val_labels, arrays["y_train"][rows["val"]])
        assert np.array_equal(dataset.test_images, arrays["x_test"])


@pytest.mark.parametrize("changed", ["x_train", "y_train", "x_test", "y_test"])
def test_the_digest_depends_on_every_array(tmp_path: Path, changed: str) -> None:
    arrays = digits()
    before = load_dataset(str(write_npz(tmp_path / "before.npz", arrays)))
    arrays[changed].flat[-1] ^= 1
    after = load_dataset(str(write_npz(tmp_path / "after.npz", arrays)))
    assert before.sha256 != after.sha256


def test_the_digest_tells_labelled_from_unlabelled(tmp_path: Path) -> None:
    labelled = load_dataset(str(write_npz(tmp_path / "with.npz", digits())))
    unlabelled = load_dataset(str(write_npz(tmp_path / "without.npz", without_labels(digits()))))
    assert unlabelled.train_labels is None
    assert unlabelled.val_labels is None
    assert unlabelled.test_labels is None
    assert labelled.sha256 != unlabelled.sha256


@pytest.mark.parametrize(
    "spelling",
    [
        lambda images: images.astype(np.int64),
        lambda images: images.astype(">i2"),
        lambda images: images[..., np.newaxis],
        np.asfortranarray,
    ],
    ids=["int64", "big-endian", "channel", "fortran"],
)
def test_integer_images_are_read_as_bytes(tmp_path: Path, spelling: Any) -> None:
    arrays = digits()
    plain = load_dataset(str(write_npz(tmp_path / "plain.npz", arrays)))
    arrays["x_train"] = spelling(arrays["x_train"])
    arrays["y_train"] = arrays["y_train"].astype(">u4")
    other = load_dataset(str(write_npz(tmp_path / "other.npz", arrays)))
    assert other.sha256 == plain.sha256
    assert other.train_images.dtype == np.uint8


@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<f2"])
def test_floats_are_read_as_float32(tmp_path: Path, dtype: str) -> None:
    arrays = without_labels(digits())
    floats = {name: (array / 255).astype(dtype) for name, array in arrays.items()}
    dataset = load_dataset(str(write_npz(tmp_path / "floats.npz", floats)))
    assert dataset.train_images.dtype == np.float32
    expected = floats["x_train"][dataset.rows["train"]].astype(np.float32)
    assert np.array_equal(dataset.train_images, expected)


def test_idx_files_without_labels_are_a_dataset(tmp_path: Path) -> None:
    dataset = load_dataset(str(write_idx(tmp_path / "idx", without_labels(digits()))))
    assert dataset.train_labels is None
    assert len(dataset.train_images) == 30


def test_an_unpacked_idx_file_is_preferred_to_the_gzipped_one(tmp_path: Path) -> None:
    folder = write_idx(tmp_path, digits())
    (folder / f"{IDX_NAMES['x_train']}.gz").write_bytes(b"left over from a failed download")
    assert len(load_dataset(str(folder)).train_images) == 30


def test_arrays_beside_those_wanted_are_left_alone(tmp_path: Path) -> None:
    arrays = digits() | {"classes": np.array(["a", "b"]), "objects": np.array([None])}
    dataset = load_dataset(str(write_npz(tmp_path / "more.npz", arrays)))
    assert len(dataset.train_images) == 30


def test_one_array_is_divided_into_three_splits(tmp_path: Path) -> None:
    images = digits(train=70)["x_train"]
    dataset = load_dataset(str(write_npz(tmp_path / "one.npz", {"faces": images})))
    assert dataset.train_labels is None
    splits = (dataset.train_images, dataset.val_images, dataset.test_images)
    assert [len(split) for split in splits] == [45, 15, 10]
    assert sorted(np.concatenate(list(dataset.rows.values()))) == list(range(70))


def test_png_images_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    images = digits(train=14)["x_train"]
    folder = write_pngs(tmp_path / "pngs", images)
    (folder / "notes.txt").write_text("not an image")
    (folder / "._000.png").write_bytes(b"metadata of another system")
    dataset = load_dataset(str(folder))
    assert dataset.source == "images"
    assert dataset.name == str(folder)
    assert np.array_equal(dataset.train_images, images[dataset.rows["train"]])
    assert np.array_equal(dataset.val_images, images[dataset.rows["val"]])
    assert np.array_equal(dataset.test_images, images[dataset.rows["test"]])
    assert dataset.notes == ("left out: 2 other files ('._000.png', 'notes.txt')",)


def test_png_images_of_one_bit_have_the_greys_0_and_255(tmp_path: Path) -> None:
    images = np.where(digits(train=14)["x_train"] > 127, 255, 0).astype(np.uint8)
    folder = write_pngs(tmp_path, images)
    for path in folder.iterdir():
        with Image.open(path) as image:
            bilevel = image.convert("1")
        bilevel.save(path)
    dataset = load_dataset(str(folder))
    assert np.array_equal(dataset.train_images, images[dataset.rows["train"]])


def test_a_relative_path_is_recorded_as_an_absolute_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_npz(tmp_path / "mnist.npz", digits())
    write_idx(tmp_path / "mnist", digits())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_dataset("mnist.npz").name == str(tmp_path / "mnist.npz")
    assert load_dataset("~/mnist.npz").name == str(tmp_path / "mnist.npz")
    assert load_dataset("./mnist").source == "idx"


@pytest.mark.parametrize(
    ("training", "validation"), [(8, 2), (100, 25), (19_999, 4_999), (20_000, 5_000)]
)
def test_validation_is_a_quarter_of_a_small_dataset(training: int, validation: int) -> None:
    assert validation_count(training) == validation


@pytest.mark.parametrize("count", [60_000, 1_000_000])
def test_validation_is_5000_images_of_a_large_dataset(count: int) -> None:
    assert validation_count(count) == 5_000


def test_70000_images_split_as_mnist_does() -> None:
    tested = count_for_test(70_000)
    validated = validation_count(70_000 - tested)
    assert (70_000 - tested - validated, validated, tested) == (55_000, 5_000, 10_000)
