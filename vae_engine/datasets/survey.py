"""Summary of a dataset before training."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import numpy as np

from vae_engine.datasets.arrays import Labels
from vae_engine.datasets.dataset import Dataset
from vae_engine.datasets.source import ALL_SPLITS
from vae_engine.datasets.splits import image_keys

WORKER_BYTES = 800 * 1024**2
"""Memory of a worker without its images, for TensorFlow and the network."""


class Survey(msgspec.Struct):
    """Summary of a dataset.

    Attributes:
        name: name or path of the dataset.
        description: the first line that training prints.
        taken: what the images were read from.
        images: number of images.
        splits: number of images per split.
        split_by: `content` or `position`, for splits that the source does not have.
        image_shape: height, width and channels for training.
        type: uint8 or float32.
        sizes: number of images per size in the source.
        modes: number of images per mode or type.
        low, high: minimum and maximum of the source.
        labels: number of images per label name or number.
        copies: duplicates, not counting the first of each.
        copies_across: duplicates of an image in another split.
        bad: unusable files, each with the reason.
        notes: guesses and omissions.
        image_bytes: memory for the images.
        memory_bytes: memory of a worker, including images.
        sha256: of the images and labels.
    """

    name: str
    description: str
    taken: str
    images: int
    splits: dict[str, int]
    split_by: str
    image_shape: tuple[int, int, int]
    type: str
    sizes: dict[str, int]
    modes: dict[str, int]
    low: float
    high: float
    labels: dict[str, int]
    copies: int
    copies_across: int
    bad: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    image_bytes: int
    memory_bytes: int
    sha256: str


def survey(dataset: Dataset) -> Survey:
    """Count and compare the images of a dataset."""
    parts = {
        "train": dataset.train_images,
        "val": dataset.val_images,
        "test": dataset.test_images,
    }
    keys = {split: image_keys(images) for split, images in parts.items()}
    every = np.concatenate(list(keys.values()))
    distinct = {split: np.unique(found) for split, found in keys.items()}
    across = len(np.concatenate(list(distinct.values()))) - len(np.unique(every))
    height, width, channels = dataset.image_shape
    size = sum(images.nbytes for images in parts.values())
    return Survey(
        name=dataset.name,
        description=dataset.description(),
        taken=dataset.taken,
        images=len(every),
        splits={split: len(images) for split, images in parts.items()},
        split_by=dataset.split,
        image_shape=(height, width, channels),
        type=dataset.train_images.dtype.name,
        sizes=dataset.facts.sizes,
        modes=dataset.facts.modes,
        low=dataset.facts.low,
        high=dataset.facts.high,
        labels=_labels(dataset),
        copies=len(every) - len(np.unique(every)),
        copies_across=across,
        bad=dataset.facts.bad,
        notes=dataset.notes,
        image_bytes=size,
        memory_bytes=size + WORKER_BYTES,
        sha256=dataset.sha256,
    )


def contact_sheet(dataset: Dataset, count: int) -> Any:
    """Images (n, h, w) or (n, h, w, 3) from everywhere in the training split, uint8."""
    total = len(dataset.train_images)
    count = min(count, total)
    images = dataset.train_images[np.arange(count) * total // max(count, 1)]
    return images if images.dtype == np.uint8 else np.rint(images * 255).astype(np.uint8)


def _labels(dataset: Dataset) -> dict[str, int]:
    every: list[Labels] = [
        labels
        for labels in (dataset.train_labels, dataset.val_labels, dataset.test_labels)
        if labels is not None
    ]
    if len(every) < len(ALL_SPLITS):
        return {}
    counts = Counter(np.concatenate(every).tolist())
    names = dataset.label_names
    return {
        names[label] if label < len(names) else str(label): counts[label]
        for label in sorted(counts)
    }
