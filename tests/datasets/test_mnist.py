from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.datasets.samples import idx_bytes
from vae_engine.datasets import Dataset, check_dataset, load_dataset, packaged, to_float
from vae_engine.datasets.arrays import AnyArray
from vae_engine.errors import SettingError

CANONICAL_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
SHA256 = "d3bba0ce073901b7c0c5264630a1d97b21d250061900b89e8cafc17b2d4840de"


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    return load_dataset("mnist")


def test_the_packaged_copy_has_all_of_mnist_in_three_splits(mnist: Dataset) -> None:
    assert (mnist.name, mnist.source, mnist.sha256) == ("mnist", "packaged", SHA256)
    assert mnist.train_images.shape == (55_000, 28, 28)
    assert mnist.val_images.shape == (5_000, 28, 28)
    assert mnist.test_images.shape == (10_000, 28, 28)
    assert mnist.train_images.dtype == np.uint8
    assert mnist.train_labels is not None
    assert mnist.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert mnist.train_labels.dtype == np.int64


def test_the_test_split_is_had_alone_as_it_is_in_the_whole(mnist: Dataset) -> None:
    part = packaged.packaged_test_images()
    assert part is not None
    assert part.labels is not None
    assert mnist.test_labels is not None
    assert mnist.sha256 == packaged.MNIST_SHA256
    assert np.array_equal(part.images, mnist.test_images)
    assert np.array_equal(part.labels, mnist.test_labels)
    assert np.array_equal(part.rows, mnist.rows["test"])
    assert part.images.dtype == mnist.test_images.dtype
    assert not part.images.flags.writeable


def _other_pixel(arrays: dict[str, AnyArray]) -> None:
    arrays["x_test"][9_999, 14, 14] ^= 1


def _other_label(arrays: dict[str, AnyArray]) -> None:
    arrays["y_test"][0] ^= 1


def _fewer(arrays: dict[str, AnyArray]) -> None:
    arrays["x_test"] = arrays["x_test"][:-1]


def _none(arrays: dict[str, AnyArray]) -> None:
    del arrays["x_test"]


@pytest.mark.parametrize("change", [_other_pixel, _other_label, _fewer, _none])
def test_a_test_split_that_differs_is_not_had_alone(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    mnist: Dataset,
    change: Callable[[dict[str, AnyArray]], None],
) -> None:
    assert mnist.test_labels is not None
    arrays: dict[str, AnyArray] = {
        "x_test": mnist.test_images.copy(),
        "y_test": mnist.test_labels.astype(np.uint8),
    }
    monkeypatch.setattr(packaged, "PACKAGED_MNIST", tmp_path / "mnist.npz")
    np.savez(tmp_path / "mnist.npz", allow_pickle=False, **arrays)
    assert packaged.packaged_test_images() is not None
    change(arrays)
    np.savez(tmp_path / "mnist.npz", allow_pickle=False, **arrays)
    assert packaged.packaged_test_images() is None


@pytest.mark.parametrize("kept", [0, 100, 500_000])
def test_a_copy_that_was_cut_has_no_test_split(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: int
) -> None:
    whole = packaged.PACKAGED_MNIST.read_bytes()
    monkeypatch.setattr(packaged, "PACKAGED_MNIST", tmp_path / "mnist.npz")
    assert packaged.packaged_test_images() is None
    (tmp_path / "mnist.npz").write_bytes(whole[:kept])
    assert packaged.packaged_test_images() is None


def test_the_splits_together_are_the_four_original_files_in_order(mnist: Dataset) -> None:
    assert mnist.train_labels is not None
    assert mnist.val_labels is not None
    assert mnist.test_labels is not None
    originals = {
        "train-images-idx3-ubyte": np.concatenate([mnist.train_images, mnist.val_images]),
        "train-labels-idx1-ubyte": np.concatenate([mnist.train_labels, mnist.val_labels]),
        "t10k-images-idx3-ubyte": mnist.test_images,
        "t10k-labels-idx1-ubyte": mnist.test_labels,
    }
    for name, array in originals.items():
        md5 = hashlib.md5(idx_bytes(array.astype(np.uint8)), usedforsecurity=False)
        assert md5.hexdigest() == CANONICAL_MD5[name], name


def test_a_limit_keeps_the_first_training_images_and_the_other_splits(mnist: Dataset) -> None:
    limited = mnist.limited(300)
    assert np.array_equal(limited.train_images, mnist.train_images[:300])
    assert limited.train_labels is not None
    assert len(limited.train_labels) == 300
    assert len(limited.val_images) == 5_000
    assert len(limited.test_images) == 10_000
    assert limited.sha256 == mnist.sha256
    assert mnist.limited(0) is mnist
    assert len(mnist.limited(55_000).train_images) == 55_000


@pytest.mark.parametrize("limit", [-1, 55_001])
def test_a_limit_out_of_range_is_refused(mnist: Dataset, limit: int) -> None:
    with pytest.raises(SettingError, match=rf"limit is {limit}: .* from 1 to 55000, or 0 for all"):
        mnist.limited(limit)


def test_a_limit_out_of_range_is_refused_before_a_session_exists() -> None:
    check_dataset("mnist")
    check_dataset("mnist", limit=55_000)
    with pytest.raises(SettingError, match="limit is 60000"):
        check_dataset("mnist", limit=60_000)


def test_arrays_are_read_only(mnist: Dataset) -> None:
    with pytest.raises(ValueError, match="read-only"):
        mnist.train_images[0] = 0


def test_bytes_become_floats_from_0_to_1_with_one_channel() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 3, 4], images[1, 5, 6] = 255, 51
    floats = to_float(images)
    assert floats.shape == (2, 28, 28, 1)
    assert floats.dtype == np.float32
    assert floats[0, 3, 4, 0] == 1.0
    assert floats[1, 5, 6, 0] == np.float32(0.2)
    assert floats.sum() == np.float32(1.2)


def test_floats_stay_as_they_are() -> None:
    images = np.linspace(0, 1, 3 * 784, dtype=np.float32).reshape(3, 28, 28)
    assert np.array_equal(to_float(images)[..., 0], images)
