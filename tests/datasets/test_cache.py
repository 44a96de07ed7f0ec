"""Decoded images in files: equal to the source, shared, never incomplete."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import pytest

from tests.datasets.samples import digits, write_npz, write_pngs
from vae_engine.datasets import Dataset, cache, load_dataset
from vae_engine.datasets import picture_set as pictures
from vae_engine.datasets.cache_entry import read_meta
from vae_engine.datasets.loader import read_source
from vae_engine.datasets.pictures import decode as plain_decode
from vae_engine.datasets.preparation import Preparation
from vae_engine.datasets.reading import Reading

X = digits(train=40)["x_train"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Images that are worth an entry, and a cache of the test's own."""
    monkeypatch.setenv("VAE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "WORTH_FILES", 10)
    monkeypatch.setattr(cache, "_IN_MEMORY", 100)
    write_pngs(tmp_path / "d" / "cat", X[:20])
    return write_pngs(tmp_path / "d" / "dog", X[20:]).parent


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were decoded."""
    done: list[Path] = []

    def noted(path: Path, plan: Any) -> Any:
        done.append(path)
        return plain_decode(path, plan)

    monkeypatch.setattr(pictures, "decode", noted)
    return done


def equal(one: Dataset, other: Dataset) -> bool:
    arrays: list[tuple[npt.NDArray[Any] | None, npt.NDArray[Any] | None]] = [
        (one.train_images, other.train_images),
        (one.val_images, other.val_images),
        (one.test_images, other.test_images),
        (one.train_labels, other.train_labels),
        (one.val_labels, other.val_labels),
        (one.test_labels, other.test_labels),
        *((one.rows[split], other.rows[split]) for split in one.rows),
    ]
    told = one.description() == other.description() and one.label_names == other.label_names
    same = all(np.array_equal(a, b) for a, b in arrays if a is not None and b is not None)
    return one.sha256 == other.sha256 and told and same


def test_an_entry_equals_what_is_read_and_is_decoded_once(
    folder: Path, decoded: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_dataset(folder)
    assert len(decoded) == 40
    second = load_dataset(folder)
    assert len(decoded) == 40
    assert equal(first, second)
    assert not second.train_images.flags.writeable
    monkeypatch.setattr(cache, "WORTH_FILES", 99)
    assert equal(load_dataset(folder), second)
    (entry,) = cache.entries()
    assert (entry.name, entry.images, entry.shape) == (str(folder), 40, (28, 28))
    assert entry.bytes > 40 * 784
    assert equal(second.limited(7), first.limited(7))


def test_another_preparation_is_another_entry(folder: Path) -> None:
    small = load_dataset(folder, preparation=Preparation(size=(16, 16)))
    whole = load_dataset(folder)
    assert small.image_shape.height == 16
    assert len(cache.entries()) == 2
    assert equal(load_dataset(folder, preparation=Preparation(size=(16, 16))), small)
    assert equal(load_dataset(folder), whole)
    assert cache.clear() > 0
    assert cache.entries() == []
    assert list(cache.cache_folder().glob("*-*")) == []
    # What is mapped stays.
    assert small.train_images.sum() > 0


def test_changed_files_are_read_again_and_the_old_entry_goes(folder: Path) -> None:
    before = load_dataset(folder)
    write_pngs(folder / "cat", 255 - X[:1])
    os.utime(folder / "cat" / "000.png", (1, 1))
    after = load_dataset(folder)
    assert after.sha256 != before.sha256
    assert len(cache.entries()) == 1


@pytest.mark.parametrize("harm", ["cut", "meta", "missing"])
def test_a_damaged_entry_is_rebuilt(folder: Path, decoded: list[Path], harm: str) -> None:
    before = load_dataset(folder)
    (entry,) = cache.entries()
    if harm == "cut":
        # Another file: the one that is mapped must not shrink.
        (entry.folder / "val.images").unlink()
        (entry.folder / "val.images").write_bytes(b"short")
    elif harm == "meta":
        (entry.folder / "dataset.json").write_text("{")
    else:
        (entry.folder / "test.rows.npy").unlink()
    assert equal(load_dataset(folder), before)
    assert len(decoded) == 80
    assert equal(load_dataset(folder), before)
    assert len(decoded) == 80


def test_an_entry_that_another_process_removes_meanwhile_hides_no_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_dataset(folder, preparation=Preparation(size=(16, 16)))
    load_dataset(folder)
    first, second = sorted(entry.folder for entry in cache.entries())

    def remove_first(entry: Path) -> Any:
        meta = read_meta(entry)
        if entry == first:
            shutil.rmtree(first)
        return meta

    monkeypatch.setattr(cache, "read_meta", remove_first)
    assert [entry.folder for entry in cache.entries()] == [second]


def test_what_a_killed_builder_left_is_removed(folder: Path) -> None:
    load_dataset(folder)
    (entry,) = cache.entries()
    left = entry.folder.with_name(entry.folder.name + ".building-dead")
    entry.folder.rename(left)
    assert cache.entries() == []
    load_dataset(folder)
    assert not left.exists()


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_disk_that_refuses_costs_only_the_cache(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    before = load_dataset(folder)
    cache.clear()

    def refuse(*_: Any) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    assert equal(load_dataset(folder), before)
    assert cache.entries() == []
    assert list(cache.cache_folder().glob("*-*")) == []


def test_a_cache_that_cannot_be_made_costs_only_itself(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VAE_CACHE", str(tmp_path / "file" / "below"))
    assert len(load_dataset(folder).train_images) == 27
    assert cache.entries() == []
    assert cache.clear() == 0


_BUILDER = """
import sys
from vae_engine.datasets import cache, load_dataset
cache.WORTH_FILES = 10
print(load_dataset(sys.argv[1]).sha256)
"""


def test_builders_at_once_build_one_entry(folder: Path) -> None:
    command = [sys.executable, "-c", _BUILDER, str(folder)]
    builders = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = {builder.communicate()[0].strip() for builder in builders}
    assert outputs == {load_dataset(folder).sha256}
    assert len(cache.entries()) == 1
    assert multiprocessing.active_children() == []


def test_large_arrays_are_cached_too(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_npz(tmp_path / "d.npz", {"images": X})
    before = load_dataset(path)
    monkeypatch.setattr(cache, "WORTH_BYTES", 1000)
    assert equal(load_dataset(path), before)
    assert [entry.name for entry in cache.entries()] == [str(path)]
    assert equal(load_dataset(path), before)


def test_a_file_that_was_shortened_is_made_again(folder: Path, decoded: list[Path]) -> None:
    """Reading beyond its end would kill the process."""
    # A copy, since what is mapped cannot be read any more then.
    images = np.array(load_dataset(folder).train_images)
    (entry,) = cache.entries()
    with (entry.folder / "train.images").open("r+b") as file:
        file.truncate(9)
    assert np.array_equal(load_dataset(folder).train_images, images)
    assert len(decoded) == 80


@pytest.mark.parametrize("kind", ["npy", "npz", "h5", "folder"])
def test_large_arrays_are_read_into_files(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "npy":
        np.save(path, X)
    elif kind == "npz":
        write_npz(path, {"x_train": X})
    elif kind == "folder":
        path.mkdir()
        np.save(path / "x.npy", X)
    else:
        with h5py.File(path, "w") as file:
            file["images"] = X
    made: list[npt.NDArray[Any]] = []

    def new_array(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        made.append(np.empty(shape, dtype))
        return made[-1]

    source = read_source(str(path), Reading(new_array=new_array))
    assert np.array_equal(source.images["train"], X)
    assert [np.shares_memory(source.images["train"], array) for array in made] == [True]
