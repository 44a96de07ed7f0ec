"""The splits of a dataset in the making: those of its source, and those that are made of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import Images, Labels
from vae_engine.datasets.source import SPLIT_NAMES, Split, counted
from vae_engine.datasets.splits import (
    BY_POSITION,
    Keys,
    Mask,
    SplitMethod,
    choose,
    count_for_test,
    image_keys,
    validation_count,
)
from vae_engine.errors import DatasetError

Rows: TypeAlias = npt.NDArray[np.int64]
Parts: TypeAlias = dict[Split, "Part"]

NewArray: TypeAlias = Callable[[tuple[int, ...], npt.DTypeLike], npt.NDArray[Any]]
"""Makes an array of a shape and type, in memory or in a file."""

MIN_TRAINING_IMAGES = 8
"""Fewer, validation included, are refused: 8 leave 6 to train on and 2 to validate."""

_MIN_BESIDE_VALIDATION = 6
_CHUNK = 1024


@dataclass(frozen=True)
class Part:
    """One split, its images not taken from their source yet.

    Attributes:
        source: images of the source, (m, h, w) or (m, h, w, 3).
        labels: (n,), or None.
        rows: (n,), the place of each image in what the source was read from.
        keys: (n,), of `image_keys`, where splits follow them.
        index: (n,), the place of each image in `source`; None for all of them.
    """

    source: Images
    labels: Labels | None
    rows: Rows
    keys: Keys | None = None
    index: Rows | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def images(self) -> Images:
        """Its images, (n, h, w) or (n, h, w, 3)."""
        return self.source if self.index is None else self.source[self.index]

    def keeping(self, chosen: Mask | Rows | slice) -> Part:
        """The images chosen, in their order."""
        labels = None if self.labels is None else self.labels[chosen]
        keys = None if self.keys is None else self.keys[chosen]
        if isinstance(chosen, slice) and self.index is None:
            return Part(self.source[chosen], labels, self.rows[chosen], keys)
        index = np.arange(len(self.source)) if self.index is None else self.index
        return Part(self.source, labels, self.rows[chosen], keys, index[chosen])

    def frozen(self, new_array: NewArray | None = None) -> Part:
        """The same with its own images, read-only; `new_array` makes their array."""
        images = self.images if new_array is None else gathered(self.source, self.index, new_array)
        part = Part(images, self.labels, self.rows)
        for array in (part.source, part.labels, part.rows):
            if array is not None:
                array.flags.writeable = False
        return part


def gathered(source: npt.NDArray[Any], index: Rows | None, new_array: NewArray) -> npt.NDArray[Any]:
    """These images of `source`, or all, in an array that `new_array` makes."""
    index = np.arange(len(source)) if index is None else index
    images = new_array((len(index), *source.shape[1:]), source.dtype)
    for start in range(0, len(index), _CHUNK):
        images[start : start + _CHUNK] = source[index[start : start + _CHUNK]]
    return images


def with_test_split(name: str, parts: Parts, method: SplitMethod) -> Parts:
    """The splits with a test split, made of training images where there is none.

    Raises:
        DatasetError: too few training images would be left.
    """
    count = len(parts["train"])
    least = _MIN_BESIDE_VALIDATION if "val" in parts else MIN_TRAINING_IMAGES
    if "test" not in parts:
        least += 1
    if count < least:
        raise DatasetError(
            f"the training split of {name!r} has {counted(count, 'image')}: "
            f"wanted at least {least}; try a source with more"
        )
    return parts if "test" in parts else _divided(parts, "test", count_for_test(count), method)


def with_validation_split(parts: Parts, method: SplitMethod) -> Parts:
    """The splits with a validation split, made of training images where there is none."""
    if "val" in parts:
        return parts
    return _divided(parts, "val", validation_count(len(parts["train"])), method)


def limited_part(part: Part, limit: int, method: SplitMethod) -> Part:
    """`limit` images of a split: the first, or by content a share of every class."""
    if method == BY_POSITION:
        return part.keeping(slice(limit))
    keys = image_keys(part.images)
    chosen = choose(keys, part.labels, limit)
    # Copies that cannot be parted from each other elsewhere may be here.
    rest = np.flatnonzero(~chosen)
    missing = limit - int(np.count_nonzero(chosen))
    if missing > 0:
        chosen[rest[np.argsort(keys[rest], kind="stable")[:missing]]] = True
    return part.keeping(np.flatnonzero(chosen)[:limit] if missing < 0 else chosen)


def copies_across(found: Parts) -> list[str]:
    """Return notes on images that a source has in two of its splits, by their keys."""
    notes = []
    training = found["train"].keys
    for split, part in found.items():
        if split == "train" or part.keys is None or training is None:
            continue
        copies = int(np.isin(part.keys, training).sum())
        if copies:
            name = SPLIT_NAMES[split]
            notes.append(f"{copies:,} of the {len(part):,} {name} images are training images too")
    return notes


def equal_images(images: Images) -> list[str]:
    """Return a note if the training split consists of one image and its copies."""
    chunks = range(0, len(images), _CHUNK)
    if all((images[start : start + _CHUNK] == images[:1]).all() for start in chunks):
        return ["all training images are equal"]
    return []


def digest(parts: Parts) -> str:
    """SHA-256 over each array's name, type, shape and little-endian bytes, in a fixed order."""
    sha = hashlib.sha256()
    for split in SPLIT_NAMES:
        if split not in parts:
            continue
        for kind, array in (("x", parts[split].images), ("y", parts[split].labels)):
            if array is None:
                continue
            stored = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            sha.update(f"{kind}_{split} {stored.dtype.str} {stored.shape}\n".encode())
            sha.update(stored.data)
    return sha.hexdigest()


def _divided(parts: Parts, new: Split, count: int, method: SplitMethod) -> Parts:
    train = parts["train"]
    if method == BY_POSITION:
        first = len(train) - count
        return {
            **parts,
            "train": train.keeping(slice(first)),
            new: train.keeping(slice(first, None)),
        }
    keys = image_keys(train.images) if train.keys is None else train.keys
    chosen = choose(keys, train.labels, count)
    return {**parts, "train": train.keeping(~chosen), new: train.keeping(chosen)}
