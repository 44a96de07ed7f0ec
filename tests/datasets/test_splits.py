"""Splits by content, and by position as in earlier versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.datasets.samples import digits, write_npz, write_pngs
from tests.tui.recorder import Recorder
from vae_engine.datasets import Dataset, load_dataset
from vae_engine.datasets.source import Split
from vae_engine.datasets.splits import BY_POSITION, choose, image_keys, recorded_method
from vae_engine.errors import DatasetError
from vae_engine.inference.dataset import session_dataset
from vae_engine.sessions import events as ev

SPLITS: tuple[Split, ...] = ("train", "val", "test")
GOLDEN = [11681137979238506274, 5718222425087710366, 13810791525472177722]
# As the version before split by content recorded them.
ONE_ARRAY_SHA256 = "2bec41f8a65f558a2bb5c919ce5a7c085abc8822eec0745d831849ef9568d6a5"
BOTH_SHA256 = "a6ccc381dd571bda50f13bfcac1f8ecd80c9ffdd0763a39edbe9851e715f6b3c"

Array = npt.NDArray[Any]


def labelled(count: int, classes: int) -> tuple[Array, Array]:
    """Images sorted by class, whose first pixels tell the class."""
    images = digits(train=count)["x_train"]
    labels = np.sort(np.arange(count) % classes)
    images[:, 0, 0] = labels
    return images, labels


def shares(dataset: Dataset) -> list[list[int]]:
    labels = (dataset.train_labels, dataset.val_labels, dataset.test_labels)
    assert all(split is not None for split in labels)
    return [np.bincount(split).tolist() for split in labels if split is not None]


def loaded(path: Path, images: Array, labels: Array | None = None) -> Dataset:
    arrays = {"images": images} if labels is None else {"images": images, "labels": labels}
    return load_dataset(str(write_npz(path, arrays)))


def test_sorted_classes_are_in_every_split_alike(tmp_path: Path) -> None:
    dataset = loaded(tmp_path / "sorted.npz", *labelled(700, 10))
    assert shares(dataset) == [[45] * 10, [15] * 10, [10] * 10]


def test_sorted_images_without_labels_mix(tmp_path: Path) -> None:
    images, _ = labelled(700, 10)
    dataset = loaded(tmp_path / "sorted.npz", images)
    for split in (dataset.val_images, dataset.test_images):
        assert len(np.unique(split[:, 0, 0])) == 10


def test_the_order_of_the_images_decides_nothing(tmp_path: Path) -> None:
    images, labels = labelled(140, 5)
    before = loaded(tmp_path / "before.npz", images, labels)
    order = np.random.default_rng(1).permutation(140)
    after = loaded(tmp_path / "after.npz", images[order], labels[order])
    for split in SPLITS:
        assert sorted(order[after.rows[split]]) == before.rows[split].tolist()
    assert before.sha256 != after.sha256


def test_each_split_keeps_the_order_of_its_source(tmp_path: Path) -> None:
    dataset = loaded(tmp_path / "x.npz", *labelled(100, 3))
    for split in SPLITS:
        assert (np.diff(dataset.rows[split]) > 0).all()


def test_copies_of_an_image_are_on_one_side(tmp_path: Path) -> None:
    images = np.tile(digits(train=60)["x_train"], (3, 1, 1))
    dataset = loaded(tmp_path / "copies.npz", images)
    keys = [
        set(image_keys(split).tolist())
        for split in (dataset.train_images, dataset.val_images, dataset.test_images)
    ]
    assert not keys[0] & keys[1]
    assert not keys[0] & keys[2]
    assert not keys[1] & keys[2]
    assert [len(dataset.rows[split]) for split in SPLITS] == pytest.approx([117, 39, 24], abs=3)


def test_copies_that_a_source_has_in_two_splits_are_reported(tmp_path: Path) -> None:
    arrays = digits()
    arrays["x_test"][:3] = arrays["x_train"][:3]
    dataset = load_dataset(str(write_npz(tmp_path / "x.npz", arrays)))
    assert "3 of the 10 test images are training images too" in dataset.description()


@pytest.mark.parametrize("kinds", [1, 2])
def test_copies_of_one_or_two_images_are_divided_all_the_same(tmp_path: Path, kinds: int) -> None:
    images = np.repeat(digits(train=kinds)["x_train"], 50, axis=0)
    dataset = loaded(tmp_path / "same.npz", images)
    assert all(len(dataset.rows[split]) > 0 for split in SPLITS)


def test_a_class_of_one_image_is_trained_on() -> None:
    labels = np.array([0] * 99 + [1], np.int64)
    keys = np.arange(100, dtype=np.uint64)[::-1].copy()
    chosen = choose(keys, labels, 14)
    assert chosen.sum() == 14
    assert not chosen[99]


def test_classes_of_one_image_each_still_give_a_split() -> None:
    chosen = choose(np.arange(100, dtype=np.uint64), np.arange(100), 14)
    assert chosen.sum() == 14


@pytest.mark.parametrize("count", [0, 1, 7, 100])
def test_the_number_that_was_given_is_chosen(count: int) -> None:
    keys = image_keys(digits(train=100)["x_train"])
    assert choose(keys, None, count).sum() == count


def test_keys_are_the_same_wherever_they_are_taken() -> None:
    """Sessions that were trained elsewhere find their splits again."""
    images = digits(train=3)["x_train"]
    assert image_keys(images).tolist() == GOLDEN
    floats = images.astype(np.float32)
    assert image_keys(floats).tolist() == image_keys(np.asfortranarray(floats)).tolist()


def test_a_limit_is_a_share_of_every_class(tmp_path: Path) -> None:
    dataset = loaded(tmp_path / "sorted.npz", *labelled(700, 10)).limited(100)
    assert dataset.train_labels is not None
    assert np.bincount(dataset.train_labels).tolist() == [10] * 10
    assert len(dataset.train_images) == len(dataset.rows["train"]) == 100
    assert len(dataset.val_images) == 150


@pytest.mark.parametrize("limit", [1, 5, 7, 30, 31])
def test_a_limit_is_kept_to_the_image_where_there_are_copies(tmp_path: Path, limit: int) -> None:
    images = np.tile(digits(train=20)["x_train"], (3, 1, 1))
    assert len(loaded(tmp_path / "x.npz", images).limited(limit).train_images) == limit


def test_shown_test_images_come_from_everywhere(tmp_path: Path) -> None:
    dataset = loaded(tmp_path / "sorted.npz", labelled(700, 10)[0])
    shown = dataset.test_images[dataset.shown_rows(10)]
    assert len(np.unique(shown[:, 0, 0])) >= 6
    assert dataset.shown_rows(1000).tolist() == list(range(100))
    assert load_dataset("mnist").shown_rows(3).tolist() == [0, 1, 2]


def test_a_source_with_a_validation_split_keeps_it(tmp_path: Path) -> None:
    arrays = digits() | {"x_val": digits(train=5)["x_train"], "y_val": np.arange(5)}
    dataset = load_dataset(str(write_npz(tmp_path / "x.npz", arrays)))
    np.testing.assert_array_equal(dataset.val_images, arrays["x_val"])
    np.testing.assert_array_equal(dataset.train_images, arrays["x_train"])
    np.testing.assert_array_equal(dataset.test_images, arrays["x_test"])
    assert dataset.val_labels is not None
    assert dataset.val_labels.tolist() == [0, 1, 2, 3, 4]


def test_sessions_that_record_no_method_split_by_position(tmp_path: Path) -> None:
    """As the first versions did, digest and all: their last images validate and test."""
    images = digits(train=70)["x_train"]
    path = write_npz(tmp_path / "one.npz", {"faces": images})
    old = load_dataset(str(path), recorded_method({"sha256": "", "name": ""}))
    assert old.split == BY_POSITION
    np.testing.assert_array_equal(old.train_images, images[:45])
    np.testing.assert_array_equal(old.val_images, images[45:60])
    np.testing.assert_array_equal(old.test_images, images[60:])
    assert old.sha256 == ONE_ARRAY_SHA256
    np.testing.assert_array_equal(old.limited(7).train_images, images[:7])
    arrays = digits() | {"x_val": images[:5]}
    both = load_dataset(str(write_npz(tmp_path / "both.npz", arrays)), BY_POSITION)
    np.testing.assert_array_equal(both.train_images, arrays["x_train"][:30])
    np.testing.assert_array_equal(both.val_images, arrays["x_train"][30:])
    assert both.sha256 == BOTH_SHA256


def test_what_is_made_of_an_old_session_uses_its_split(tmp_path: Path, recorder: Recorder) -> None:
    images = digits(train=70)["x_train"]
    path = write_npz(tmp_path / "one.npz", {"faces": images})
    session = recorder.session(dataset=str(path))
    assert session_dataset(session).rows["test"].tolist() == list(range(60, 70))
    recorded: dict[str, str | int] = {"split": "content"}
    again = ev.Prepared(epoch=0, step=0, environment={}, dataset=recorded, parameters=1)
    recorder.emit(session, again)
    expected = load_dataset(str(path)).rows["test"]
    assert session_dataset(session).rows["test"].tolist() == expected.tolist()


def test_values_of_old_sessions_are_read_as_they_were(tmp_path: Path) -> None:
    dark = digits(train=70)["x_train"] // 17
    path = write_npz(tmp_path / "dark.npz", {"faces": dark})
    np.testing.assert_array_equal(load_dataset(str(path), BY_POSITION).train_images, dark[:45])
    new = load_dataset(str(path))
    np.testing.assert_array_equal(new.train_images, dark[new.rows["train"]] * 17)


def test_old_sessions_find_the_png_files_that_they_knew(tmp_path: Path) -> None:
    images = digits(train=14)["x_train"]
    folder = write_pngs(tmp_path / "pngs", images)
    before = load_dataset(str(folder), BY_POSITION)
    write_pngs(folder / "more", images)
    (folder / "000.jpg").write_bytes((folder / "000.png").read_bytes())
    assert load_dataset(str(folder), BY_POSITION).sha256 == before.sha256
    np.testing.assert_array_equal(before.train_images, images[:9])


def test_a_method_of_later_versions_is_refused() -> None:
    assert recorded_method(None) == "content"
    assert recorded_method({"split": "content"}) == "content"
    with pytest.raises(DatasetError, match="split by 'time': wanted position or content; try"):
        recorded_method({"split": "time"})
