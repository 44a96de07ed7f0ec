"""The files of one cached dataset: its arrays, and a description of them in JSON."""

from __future__ import annotations

import contextlib
import os
import zipfile
from pathlib import Path

import msgspec
import numpy as np

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.dataset import Dataset
from vae_engine.datasets.image_record import ImageRecord
from vae_engine.datasets.source import ALL_SPLITS, Facts, Split

META = "dataset.json"
"""The description of an entry; its time is when the entry was last used."""
_RECORD = "record.npz"


class _Arrays(msgspec.Struct):
    """Type and shape of a split's images, and whether it has labels."""

    dtype: str
    shape: tuple[int, ...]
    labels: bool


class Meta(msgspec.Struct):
    """The description of an entry: everything but its arrays."""

    name: str
    source: str
    sha256: str
    split: str
    taken: str
    notes: tuple[str, ...]
    label_names: tuple[str, ...]
    arrays: dict[str, _Arrays]
    facts: Facts


def save_entry(folder: Path, dataset: Dataset) -> None:
    """Write a dataset into an existing folder; its images are on the disk when this returns.

    Raises:
        OSError: a file cannot be written, for example because the disk is full.
    """
    arrays: dict[str, _Arrays] = {}
    for split in ALL_SPLITS:
        images, labels = _of(dataset, split)
        with (folder / f"{split}.images").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, images.nbytes))
            images.tofile(file)
            file.flush()
            os.fsync(file.fileno())
        np.save(folder / f"{split}.rows.npy", dataset.rows[split])
        if labels is not None:
            np.save(folder / f"{split}.labels.npy", labels)
        arrays[split] = _Arrays(images.dtype.str, images.shape, labels is not None)
    if dataset.record is not None:
        np.savez(folder / _RECORD, allow_pickle=False, **dataset.record.arrays())
    meta = Meta(
        dataset.name,
        dataset.source,
        dataset.sha256,
        dataset.split,
        dataset.taken,
        dataset.notes,
        dataset.label_names,
        arrays,
        dataset.facts,
    )
    (folder / META).write_bytes(msgspec.json.encode(meta))


def _of(dataset: Dataset, split: Split) -> tuple[AnyArray, AnyArray | None]:
    return {
        "train": (dataset.train_images, dataset.train_labels),
        "val": (dataset.val_images, dataset.val_labels),
        "test": (dataset.test_images, dataset.test_labels),
    }[split]


def read_meta(folder: Path) -> Meta | None:
    """The description of an entry, or None if the entry is missing or unusable."""
    try:
        meta = msgspec.json.decode((folder / META).read_bytes(), type=Meta)
    except (OSError, msgspec.MsgspecError):
        return None
    for split in ALL_SPLITS:
        arrays = meta.arrays.get(split)
        if arrays is None or arrays.dtype not in ("|u1", "<f4"):
            return None
        size = int(np.prod(arrays.shape, dtype=np.int64)) * np.dtype(arrays.dtype).itemsize
        with contextlib.suppress(OSError):
            if (folder / f"{split}.images").stat().st_size == max(1, size):
                continue
        return None
    return meta


def open_entry(folder: Path) -> Dataset | None:
    """The dataset of an entry with its images mapped, or None if it is missing or unusable."""
    meta = read_meta(folder)
    if meta is None or meta.split not in ("content", "position"):
        return None
    try:
        with contextlib.suppress(OSError):
            os.utime(folder / META)
        images = {}
        labels = {}
        rows: dict[Split, AnyArray] = {}
        for split in ALL_SPLITS:
            arrays = meta.arrays[split]
            images[split] = np.asarray(
                np.memmap(folder / f"{split}.images", arrays.dtype, "r", shape=arrays.shape)
            )
            rows[split] = np.load(folder / f"{split}.rows.npy", allow_pickle=False)
            labels[split] = (
                np.load(folder / f"{split}.labels.npy", allow_pickle=False)
                if arrays.labels
                else None
            )
        record = _read_record(folder / _RECORD) if meta.split == "content" else None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    for array in (*rows.values(), *labels.values()):
        if array is not None:
            array.flags.writeable = False
    return Dataset(
        name=meta.name,
        source=meta.source,
        sha256=meta.sha256,
        train_images=images["train"],
        train_labels=labels["train"],
        val_images=images["val"],
        val_labels=labels["val"],
        test_images=images["test"],
        test_labels=labels["test"],
        split="content" if meta.split == "content" else "position",
        rows=rows,
        taken=meta.taken,
        notes=meta.notes,
        label_names=meta.label_names,
        facts=meta.facts,
        record=record,
    )


def _read_record(path: Path) -> ImageRecord:
    with np.load(path, allow_pickle=False) as arrays:
        return ImageRecord.of_arrays(arrays)
