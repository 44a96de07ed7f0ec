"""The result of a reader: unprepared arrays by split, with notes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.files import shortened

Split: TypeAlias = Literal["train", "val", "test"]

SPLIT_NAMES: dict[Split, str] = {"train": "training", "test": "test", "val": "validation"}

ALL_SPLITS: tuple[Split, ...] = ("train", "val", "test")

SPLIT_WORDS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
    "t10k": "test",
}
"""Names of splits in files, folders and arrays."""

_SHOWN_NAMES = 3


class Facts(msgspec.Struct, frozen=True):
    """Statistics of a source before preparation.

    Attributes:
        sizes: number of images per size, such as `48x80`.
        modes: number of images per mode: Pillow's for files, type and channels for arrays.
        low, high: minimum and maximum; both 0 if unknown.
        bad: unusable files, each with the reason.
    """

    sizes: dict[str, int] = {}
    modes: dict[str, int] = {}
    low: float = 0
    high: float = 0
    bad: tuple[tuple[str, str], ...] = ()


@dataclass
class Source:
    """Arrays by split; images are of a checked type and shape, labels in any form.

    Attributes:
        kind: `npz`, `npy`, `idx` or `images`.
        images: of each split that the source has; `train` is always there.
        labels: of the splits that have some.
        taken: what the images were read from, such as `396 PNG files`.
        notes: messages to the user, mainly what was left out and why.
        rows: indices of the readable images, for splits with unreadable ones.
        facts: statistics of the source.
        label_names: names of the labels 0, 1, ...; empty if they have none.
        keys: of splits that are files, a hash (n,) uint64 of each image's.
        names: of these, their names relative to the source.
    """

    kind: str
    images: dict[Split, AnyArray]
    labels: dict[Split, AnyArray] = field(default_factory=dict)
    taken: str = ""
    notes: list[str] = field(default_factory=list)
    rows: dict[Split, npt.NDArray[np.int64]] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    label_names: tuple[str, ...] = ()
    keys: dict[Split, npt.NDArray[np.uint64]] = field(default_factory=dict)
    names: dict[Split, tuple[str, ...]] = field(default_factory=dict)


def listed(names: Iterable[str], shown: int = _SHOWN_NAMES) -> str:
    """The first names, quoted, and the number of the rest."""
    every = list(names)
    text = ", ".join(shortened(repr(name)) for name in every[:shown])
    more = len(every) - shown
    return f"{text} and {more} more" if more > 0 else text


def counted(count: int, noun: str) -> str:
    """`1 file`, `12 files`."""
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"
