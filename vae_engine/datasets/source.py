"""What a reader hands over: the arrays of a source as they came, and what it passed over."""

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
"""What the splits are called, in files, folders and arrays."""

_SHOWN_NAMES = 3


class Facts(msgspec.Struct, frozen=True):
    """What a source held before it was prepared.

    Attributes:
        sizes: how many images there were of each size, by its text.
        modes: how many there were of each mode: Pillow's of files, the type and channels of arrays.
        low, high: the least and greatest value; 0 both where nothing is known.
        bad: the files that could not be used, and what is wrong with each.
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
        taken: what the images were read from, in words, such as `396 PNG files`.
        notes: what else is to be said, most of all what was left out and why.
        rows: of the splits of which not every image could be read, the places of those that
            could.
        facts: what it held.
        label_names: what the labels 0, 1, ... are called, where they are numbers.
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
    """The first of some names, quoted, and how many more there are."""
    every = list(names)
    text = ", ".join(shortened(repr(name)) for name in every[:shown])
    more = len(every) - shown
    return f"{text} and {more} more" if more > 0 else text


def counted(count: int, noun: str) -> str:
    """`1 file`, `12 files`."""
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"
