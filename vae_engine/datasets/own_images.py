"""Images of one's own for a model that is trained: read as a dataset is, but not split."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vae_engine.datasets.arrays import Images, Labels, one_channel
from vae_engine.datasets.files import open_regular, quoted, reading
from vae_engine.datasets.kinds import HEAD_BYTES, kind_of
from vae_engine.datasets.labels import read_labels
from vae_engine.datasets.loader import read_source
from vae_engine.datasets.pictures import read_pictures
from vae_engine.datasets.source import Source
from vae_engine.datasets.values import Values, measure, to_one_scale
from vae_engine.errors import ArrayError


@dataclass(frozen=True)
class OwnImages:
    """Images as training would take them.

    Attributes:
        images: (n, 28, 28), uint8 or float32 in [0, 1], in the order of the array or of the sorted
            files; of several splits training, validation and test images follow each other.
        labels: (n,), -1 for images that have none.
        notes: what is to be said of how they were read, and what was left out.
    """

    images: Images
    labels: Labels
    notes: tuple[str, ...]


def load_images(path: str) -> OwnImages:
    """Read an image file, or whatever can be a dataset: arrays, IDX files, a folder of images.

    Raises:
        DatasetError: there is nothing, or nothing that can be read as images of 28x28.
    """
    source = _read(Path(path).expanduser().absolute())
    splits = [split for split in ("train", "val", "test") if split in source.images]
    measured = []
    for split in splits:
        what = f"{quoted(path)}" if len(splits) == 1 else f"the {split} split of {quoted(path)}"
        measured.append(measure(what, one_channel(what, source.images[split])))
    scaled, notes = _scaled(source, measured)
    counts = {split: len(source.images[split]) for split in splits}
    labels, label_notes = read_labels(
        {split: source.labels[split] for split in splits if split in source.labels}, counts
    )
    return OwnImages(
        _together(scaled),
        np.concatenate([_or_none(labels.get(split), counts[split]) for split in splits]),
        (*source.notes, *notes, *label_notes),
    )


def _read(path: Path) -> Source:
    with reading(path, "an image, arrays, or a folder of images", "try another path"):
        if stat.S_ISREG(path.stat().st_mode):
            with open_regular(path) as file:
                head = file.read(HEAD_BYTES)
            if kind_of(head).image:
                return Source("images", {"train": read_pictures(quoted(path), [path])[0]})
    return read_source(str(path))


def _scaled(source: Source, measured: list[Values]) -> tuple[list[Images], list[str]]:
    try:
        return to_one_scale(measured)
    except ArrayError:
        if source.kind != "images":
            raise
        # The greys of an image file have one meaning, however few and dark the images are.
        return [values.array.astype(np.uint8) for values in measured], []


def _together(splits: list[Images]) -> Images:
    # They are all of one type, which the checker cannot see.
    whole: Any = np.concatenate(splits)
    checked: Images = whole
    return checked


def _or_none(labels: Labels | None, count: int) -> Labels:
    return np.full(count, -1, np.int64) if labels is None else labels
