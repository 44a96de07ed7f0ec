"""A dataset as training and evaluation use it: checked, split, and known by its digest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import Images, Labels
from vae_engine.datasets.files import brief
from vae_engine.datasets.image_record import ImageRecord, SplitRecord, recorded_rows
from vae_engine.datasets.labels import NUMBERED, read_labels
from vae_engine.datasets.parts import (
    NewArray,
    Part,
    Parts,
    Rows,
    copies_across,
    digest,
    equal_images,
    limited_part,
    with_test_split,
    with_validation_split,
)
from vae_engine.datasets.preparation import AUTO, Preparation
from vae_engine.datasets.preparing import prepared
from vae_engine.datasets.scales import to_one_scale
from vae_engine.datasets.source import ALL_SPLITS, SPLIT_NAMES, Facts, Source, Split, counted
from vae_engine.datasets.splits import BY_CONTENT, BY_POSITION, SplitMethod, image_keys
from vae_engine.datasets.values import Values, measure
from vae_engine.errors import SettingError
from vae_engine.image_shape import ImageShape, shape_of_images


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels in three splits; all arrays are read-only.

    Images are (n, h, w), or (n, h, w, 3) in colour, uint8 or, where the source had floats or more
    than 8 bits, float32 in [0, 1]. Labels are (n,) int64, or None in every split of a dataset
    without labels. Each split keeps the order of its source.

    Attributes:
        name: of `NAMED_DATASETS`, or the absolute path.
        source: `keras`, `packaged` or `keras cache`; of a path `npz`, `npy`, `idx` or `images`.
        sha256: digest of the whole dataset's values, equal for equal data whatever the source.
        split: how the splits that the source does not bring were made: by `position`, as all were
            once, or by `content`.
        rows: of each split (n,) int64, the place of its images in the source's array, or in its
            sorted list of files.
        taken: what the images were read from, in words.
        notes: what is to be said about the data, such as what was left out and why.
        label_names: what the labels 0, 1, ... are called; empty where they are numbers.
        facts: what the source held before it was prepared.
        record: by which its images are found again; None where splits go by position.
    """

    name: str
    source: str
    sha256: str
    train_images: Images
    train_labels: Labels | None
    val_images: Images
    val_labels: Labels | None
    test_images: Images
    test_labels: Labels | None
    split: SplitMethod
    rows: Mapping[Split, Rows]
    taken: str = ""
    notes: tuple[str, ...] = ()
    label_names: tuple[str, ...] = ()
    facts: Facts = field(default_factory=Facts)
    record: ImageRecord | None = None

    @property
    def image_shape(self) -> ImageShape:
        """Height, width and channels of its images."""
        return shape_of_images(self.train_images.shape)

    def limited(self, limit: int) -> Dataset:
        """The dataset with `limit` training images only; 0 keeps them all.

        They are the first ones where splits go by position, else a share of every class.
        Validation and test split stay whole, and so does `sha256`, which tells the data's origin.

        Raises:
            SettingError: `limit` is negative, or above the number of training images.
        """
        count = len(self.train_images)
        if not 0 <= limit <= count:
            raise SettingError(
                f"limit is {limit}: {self.name!r} has {count} training images, "
                f"so it must be a whole number from 1 to {count}, or 0 for all"
            )
        if limit in (0, count):
            return self
        whole = Part(self.train_images, self.train_labels, self.rows["train"])
        part = limited_part(whole, limit, self.split).frozen()
        return replace(
            self,
            train_images=part.images,
            train_labels=part.labels,
            rows={**self.rows, "train": part.rows},
        )

    def shown_rows(self, count: int) -> Rows:
        """Which `count` test images to show: the first, or by content from everywhere among them.

        A test split that is sorted by class would else show one class only.
        """
        available = len(self.test_images)
        count = min(count, available)
        if self.split == BY_POSITION:
            return np.arange(count)
        return np.arange(count) * available // max(count, 1)

    def description(self) -> str:
        """One line: what was taken, the counts of the splits, labels, and what was left out."""
        height, width, channels = self.image_shape
        counts = (
            f"{len(self.train_images):,} training, {len(self.val_images):,} validation and "
            f"{len(self.test_images):,} test images of {height}x{width}"
            f"{' in colour' if channels == 3 else ''}"
        )
        splits = (self.train_labels, self.val_labels, self.test_labels)
        every = [labels for labels in splits if labels is not None]
        classes = len(np.unique(np.concatenate(every))) if every else 0
        labels = "no labels" if not classes else f"labels of {counted(classes, 'class')}"
        origin = f" from {self.taken}" if self.taken else ""
        return "; ".join([f"data: {counts}{origin}, {labels}", *self.notes])


def make_dataset(
    name: str,
    source: Source,
    method: SplitMethod = BY_CONTENT,
    preparation: Preparation = AUTO,
    new_array: NewArray | None = None,
    recorded: ImageRecord | None = None,
) -> Dataset:
    """Check the arrays of a source, and make the splits that it does not have.

    Args:
        name: of the dataset.
        source: arrays from a reader.
        method: how to choose the images of a missing split.
        preparation: size, colour and range of the images.
        new_array: allocates the arrays of the splits; None leaves that to NumPy.
        recorded: the images to use, with their labels; None uses all.

    Raises:
        DatasetError: wrong types, shapes, values or counts; the message names the split.
    """
    if recorded is not None and not source.names:
        keys = {split: image_keys(array) for split, array in source.images.items()}
        source = recorded_rows(brief(repr(name)), recorded, source, keys, new_array or np.empty)
    found, names, facts, notes = _checked(name, source, method, preparation, recorded)
    record = recorded
    if method == BY_CONTENT:
        found = {
            split: replace(part, keys=image_keys(part.source)) for split, part in found.items()
        }
        sha256 = digest(found)
        record = recorded or _record(source, found, names)
        notes += [*copies_across(found), *equal_images(found["train"].images)]
        parts = with_test_split(name, found, method)
    else:
        parts = with_test_split(name, found, method)
        # Earlier versions computed the digest after the division.
        sha256 = digest(parts)
    parts = with_validation_split(parts, method)
    unlabelled = [SPLIT_NAMES[split] for split in parts if parts[split].labels is None]
    if unlabelled and len(unlabelled) < len(parts):
        notes = _without_labels(notes, source.notes, unlabelled)
    train, val, test = (parts[split].frozen(new_array) for split in ALL_SPLITS)
    return Dataset(
        name=name,
        source=source.kind,
        sha256=sha256,
        train_images=train.images,
        train_labels=None if unlabelled else train.labels,
        val_images=val.images,
        val_labels=None if unlabelled else val.labels,
        test_images=test.images,
        test_labels=None if unlabelled else test.labels,
        split=method,
        rows={"train": train.rows, "val": val.rows, "test": test.rows},
        taken=source.taken,
        notes=(*source.notes, *notes),
        label_names=() if unlabelled else names,
        facts=facts,
        record=record,
    )


def _without_labels(
    notes: Sequence[str], source_notes: Sequence[str], unlabelled: Sequence[str]
) -> list[str]:
    """Adjust the notes on a dataset whose labels are dropped, since some splits have none."""
    kept = [note for note in notes if not note.endswith(NUMBERED)]
    if not any(note.startswith("labels") for note in (*source_notes, *kept)):
        splits = " and ".join(unlabelled)
        kept.append(f"labels are left out: there are none for the {splits} split")
    return kept


def _record(source: Source, found: Parts, names: tuple[str, ...]) -> ImageRecord:
    """Make the record by which the images of each split are found again in their source."""
    splits: dict[Split, SplitRecord] = {}
    for split, part in found.items():
        keys = source.keys.get(split)
        if keys is None:
            raw = source.images[split]
            same = raw.nbytes == part.source.nbytes and np.may_share_memory(raw, part.source)
            keys = part.keys if same and part.keys is not None else image_keys(raw)
        splits[split] = SplitRecord(keys, part.rows, part.labels, source.names.get(split, ()))
    return ImageRecord(splits, names)


def to_float(images: Images) -> npt.NDArray[np.float32]:
    """Convert images (n, h, w) or (n, h, w, c) to the networks' input: (n, h, w, c) in [0, 1]."""
    values = images.astype(np.float32)
    if images.dtype == np.uint8:
        values /= np.float32(255)
    return values[..., np.newaxis] if values.ndim == 3 else values


def _checked(
    name: str,
    source: Source,
    method: SplitMethod,
    preparation: Preparation,
    recorded: ImageRecord | None,
) -> tuple[Parts, tuple[str, ...], Facts, list[str]]:
    """Prepare the splits of a source; returns them, names of labels, facts, and notes."""
    arrays, notes = prepared(name, source, preparation)
    asked = preparation.range
    measured = [
        measure(f"the {SPLIT_NAMES[split]} split of {name!r}", array, asked)
        for split, array in arrays.items()
    ]
    if method == BY_POSITION and asked == "auto":
        # Sessions of earlier versions trained on unscaled values.
        images = [values.scaled() for values in measured]
    else:
        images, range_notes = to_one_scale(measured, asked)
        notes += range_notes
    if recorded is None:
        labels, names, label_notes = read_labels(
            {split: array for split, array in source.labels.items() if split in source.images},
            {split: len(array) for split, array in source.images.items()},
        )
    else:
        # A class added since would change the numbers of the others.
        labels = {
            split: part.labels for split, part in recorded.splits.items() if part.labels is not None
        }
        names, label_notes = recorded.label_names, []
    parts = {
        split: Part(scaled, labels.get(split), source.rows.get(split, np.arange(len(scaled))))
        for split, scaled in zip(arrays, images, strict=True)
    }
    return parts, names or source.label_names, _facts(source, measured), [*notes, *label_notes]


def _facts(source: Source, measured: Sequence[Values]) -> Facts:
    low = min(values.low for values in measured)
    high = max(values.high for values in measured)
    facts = msgspec.structs.replace(source.facts, low=low, high=high)
    if facts.sizes:
        return facts
    sizes: Counter[str] = Counter()
    modes: Counter[str] = Counter()
    for array in source.images.values():
        sizes["x".join(map(str, array.shape[1:]))] += len(array)
        modes[array.dtype.name] += len(array)
    return msgspec.structs.replace(facts, sizes=sizes, modes=modes)
