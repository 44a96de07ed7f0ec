"""The result of a reader: unprepared arrays by split, with notes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.files import brief

Split: TypeAlias = Literal["train", "val", "test"]

SPLIT_NAMES: dict[Split, str] = {"train": "training", "test": "test", "val": "validation"}

ALL_SPLITS: tuple[Split, ...] = ("train", "val", "test")

SPLIT_WORDS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "validate": "val",
    "dev": "val",
    "eval": "val",
    "evaluation": "val",
    "test": "test",
    "testing": "test",
    "holdout": "test",
    "t10k": "test",
}
"""Names of splits in files, folders and arrays."""

WORD = re.compile(r"t10k|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
"""The words of a name, however they are joined: `train_images`, `trainImages`."""

_NEUTRAL_WORDS = ("dataset", "data", "set", "images", "image", "imgs", "img", "split", "of")
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


def split_of(name: str) -> Split | None:
    """The split that the name of a folder or shard tells: `Train`, `val_images`, `train2017`."""
    found: set[Split] = set()
    for part in WORD.findall(name):
        word = part.lower()
        for neutral in _NEUTRAL_WORDS:
            word = word.removesuffix(neutral)
        if word in SPLIT_WORDS:
            found.add(SPLIT_WORDS[word])
        elif word and not word.isdecimal():
            return None
    return found.pop() if len(found) == 1 else None


def listed(names: Iterable[str], shown: int = _SHOWN_NAMES) -> str:
    """The first names, quoted, and the number of the rest."""
    every = list(names)
    text = ", ".join(brief(repr(name)) for name in every[:shown])
    more = len(every) - shown
    return f"{text} and {more} more" if more > 0 else text


def counted(count: int, noun: str) -> str:
    """`1 file`, `12 files`."""
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"
