"""The splits of a dataset in the making: those of its source, and those that are made of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import Images, Labels
from vae_engine.datasets.source import SPLIT_NAMES, Split, counted
from vae_engine.datasets.splits import (
    BY_POSITION,
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

MIN_TRAINING_IMAGES = 8
"""Fewer, validation included, are refused: 8 leave 6 to train on and 2 to validate."""

_MIN_BESIDE_VALIDATION = 6


@dataclass(frozen=True)
class Part:
    """One split.

    Attributes:
        images: (n, 28, 28).
        labels: (n,), or None.
        rows: (n,), the place of each image in its source.
    """

    images: Images
    labels: Labels | None
    rows: Rows

    def __len__(self) -> int:
        return len(self.images)

    def keeping(self, chosen: Mask | Rows | slice) -> Part:
        """The images chosen, in their order."""
        labels = None if self.labels is None else self.labels[chosen]
        return Part(self.images[chosen], labels, self.rows[chosen])

    def frozen(self) -> Part:
        """The same, read-only."""
        for array in (self.images, self.labels, self.rows):
            if array is not None:
                array.flags.writeable = False
        return self


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
    """What is to be said of images that a source has in two of its splits."""
    keys = {split: image_keys(part.images) for split, part in found.items()}
    notes = []
    for split in found:
        if split == "train":
            continue
        copies = int(np.isin(keys[split], keys["train"]).sum())
        if copies:
            name = SPLIT_NAMES[split]
            notes.append(
                f"{copies:,} of the {len(keys[split]):,} {name} images are training images too"
            )
    return notes


def equal_images(images: Images) -> list[str]:
    """What is to be said of a training split of one image and its copies."""
    return ["all training images are equal"] if (images == images[:1]).all() else []


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
    chosen = choose(image_keys(train.images), train.labels, count)
    return {**parts, "train": train.keeping(~chosen), new: train.keeping(chosen)}
