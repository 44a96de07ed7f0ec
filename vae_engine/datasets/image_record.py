"""Which images a session began with: a key of each, so that they are found again among others.

A key is a hash of an image as its source holds it: of a file's bytes, or of an array's row. It is
taken before any preparation, which may depend on the other images.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from vae_engine.datasets.files import open_regular
from vae_engine.datasets.parts import NewArray, gathered
from vae_engine.datasets.source import ALL_SPLITS, Source, Split, counted, listed
from vae_engine.datasets.splits import Keys
from vae_engine.errors import DatasetError

MOST_IMAGES = 2**21
"""Of larger datasets nothing is recorded."""

MOST_NAME_BYTES = 2**27
"""Names of files that take more are not recorded either."""

_NO_LABEL = np.iinfo(np.int64).min
_CHUNK_BYTES = 2**20
_WHAT_TO_DO = (
    "wanted the same images, in any order and under any name; bring them back, or fork the "
    "session to train on the new ones"
)


class SplitRecord(NamedTuple):
    """The images of one split that a source brings.

    Attributes:
        keys: (n,) uint64.
        rows: (n,), the place of each in its source.
        labels: (n,), or None.
        names: n relative names of files; empty for arrays.
    """

    keys: Keys
    rows: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64] | None
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ImageRecord:
    """The images of each split that the source brought, in their order.

    Attributes:
        splits: `train` and whichever others there were.
        label_names: what the labels 0, 1, ... are called; empty where they are numbers.
    """

    splits: Mapping[Split, SplitRecord]
    label_names: tuple[str, ...] = ()

    @property
    def of_files(self) -> bool:
        """Whether each image is a file of its own."""
        return bool(self.splits["train"].names)

    @property
    def sha256(self) -> str:
        """A digest of all that is recorded."""
        sha = hashlib.sha256()
        for name, array in sorted(self.arrays().items()):
            sha.update(f"{name} {array.shape}\n".encode())
            sha.update(np.ascontiguousarray(array).data)
        return sha.hexdigest()

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The record as arrays of which none is empty; see docs/session-format.md."""
        parts = [self.splits[split] for split in ALL_SPLITS if split in self.splits]
        names = [name for part in parts for name in part.names or ("",) * len(part.keys)]
        labels = [
            np.full(len(part.keys), _NO_LABEL) if part.labels is None else part.labels
            for part in parts
        ]
        counts = [
            len(self.splits[split].keys) if split in self.splits else 0 for split in ALL_SPLITS
        ]
        return {
            "counts": np.array(counts, np.int64),
            "keys": np.concatenate([part.keys for part in parts]).astype("<u8"),
            # Differences are nearly all 1, and so nearly nothing once they are packed.
            "row_steps": np.diff(np.concatenate([part.rows for part in parts]), prepend=0),
            "labels": np.concatenate(labels).astype(np.int64),
            "names": np.frombuffer(b"\0".join(map(os.fsencode, names)), np.uint8),
            "label_names": np.frombuffer(msgspec.json.encode(self.label_names), np.uint8),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> ImageRecord:
        """The record that `arrays` made.

        Raises:
            ValueError: they contradict each other.
        """
        counts = [int(count) for count in arrays["counts"]]
        names = [os.fsdecode(name) for name in arrays["names"].tobytes().split(b"\0")]
        lengths = {len(arrays[name]) for name in ("keys", "row_steps", "labels")}
        if min(counts) < 0 or counts[0] < 1 or {sum(counts), len(names)} | lengths != {sum(counts)}:
            raise ValueError("its arrays are of different lengths")
        try:
            label_names = msgspec.json.decode(arrays["label_names"].tobytes(), type=tuple[str, ...])
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            # The errors of earlier versions of msgspec are no ValueErrors.
            raise ValueError(f"its label names cannot be read: {error}") from None
        rows = np.cumsum(arrays["row_steps"])
        splits: dict[Split, SplitRecord] = {}
        first = 0
        for split, count in zip(ALL_SPLITS, counts, strict=True):
            part = slice(first, first + count)
            first += count
            if count:
                labels = arrays["labels"][part]
                splits[split] = SplitRecord(
                    arrays["keys"][part].astype(np.uint64),
                    rows[part],
                    None if (labels == _NO_LABEL).any() else labels,
                    tuple(names[part]) if any(names[part]) else (),
                )
        return cls(splits, label_names)


class Recorded(NamedTuple):
    """What a session recorded of its images.

    Attributes:
        sha256: the dataset's digest.
        images: which they are; None where only the digest is known.
    """

    sha256: str
    images: ImageRecord | None = None


def file_key(path: Path) -> int:
    """A hash of a file's bytes; 0 of one that cannot be read."""
    digest = hashlib.blake2b(digest_size=8)
    try:
        with open_regular(path) as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except (OSError, DatasetError):
        return 0
    return int.from_bytes(digest.digest(), "little")


def recorded_files(
    what: str, record: ImageRecord, files: Mapping[str, Path]
) -> dict[Split, list[Path]]:
    """The files of each recorded image: under its name, else one of the same content.

    Args:
        what: holds them, for messages.
        record: of files. Only names that are in `files` count, so it cannot lead elsewhere.
        files: all that are there now, by relative name.

    Raises:
        DatasetError: some have changed, or are gone.
    """
    found = {
        split: [
            path if (path := files.get(name)) is not None and file_key(path) == key else None
            for name, key in zip(part.names, part.keys.tolist(), strict=True)
        ]
        for split, part in record.splits.items()
    }
    if any(None in paths for paths in found.values()):
        by_key = {file_key(path): path for path in files.values()}
        for split, part in record.splits.items():
            keys = part.keys.tolist()
            found[split] = [
                path or by_key.get(key) for path, key in zip(found[split], keys, strict=True)
            ]
    missing = [
        name
        for split, part in record.splits.items()
        for name, path in zip(part.names, found[split], strict=True)
        if path is None
    ]
    if missing:
        raise _missing_files(what, missing, files)
    return {split: [path for path in paths if path] for split, paths in found.items()}


def _missing_files(what: str, missing: Iterable[str], files: Mapping[str, Path]) -> DatasetError:
    changed = [name for name in missing if name in files]
    gone = [name for name in missing if name not in files]
    parts = [f"{len(changed):,} changed ({listed(changed)})"] * bool(changed)
    parts += [f"{len(gone):,} gone ({listed(gone)})"] * bool(gone)
    return DatasetError(
        f"{what} has other images than when this session began: {', '.join(parts)}: {_WHAT_TO_DO}",
        remedy="restore_images",
    )


def recorded_rows(
    what: str, record: ImageRecord, source: Source, keys: Mapping[Split, Keys], new_array: NewArray
) -> Source:
    """The source with the recorded rows of its arrays only, in their order.

    Args:
        what: holds them, for messages.
        record: of arrays, or of files, of which no row is one.
        source: as it is now.
        keys: of its rows.
        new_array: makes the arrays.

    Raises:
        DatasetError: some have changed, or are gone.
    """
    images = {}
    missing: list[str] = []
    added = sum(map(len, keys.values()))
    for split, part in record.splits.items():
        present = keys.get(split, np.zeros(0, np.uint64))
        chosen = _places(part.keys, present)
        missing += [f"row {row}" for row in part.rows[chosen < 0].tolist()]
        added -= int(np.count_nonzero(chosen >= 0))
        if not (chosen < 0).any():
            images[split] = gathered(source.images[split], chosen, new_array)
    if missing:
        raise DatasetError(
            f"{what} has other images than when this session began: {len(missing):,} changed or "
            f"gone ({listed(missing)}): {_WHAT_TO_DO}",
            remedy="restore_images",
        )
    notes = [*source.notes, *added_note(added)]
    rows = {split: part.rows for split, part in record.splits.items()}
    return Source(source.kind, images, {}, source.taken, notes, rows, source.facts)


def added_note(count: int) -> list[str]:
    """Return a note on images that are not the session's."""
    if count < 1:
        return []
    return [f"left out: {counted(count, 'image')} that came after this session had begun"]


def _places(wanted: Keys, present: Keys) -> npt.NDArray[np.int64]:
    """Where each key is; equal ones one after the other, -1 where there is none."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, key in enumerate(present.tolist()):
        places[key].append(place)
    seen: Counter[int] = Counter()
    chosen = []
    for key in wanted.tolist():
        copies = places.get(key)
        # Of copies that were removed the first stands for all: it is the same image.
        chosen.append(copies[min(seen[key], len(copies) - 1)] if copies else -1)
        seen[key] += 1
    return np.array(chosen, np.int64)


def relative_names(base: Path, paths: Iterable[Path]) -> dict[str, Path]:
    """Files by their names relative to a folder."""
    return {relative_name(base, path): path for path in paths}


def relative_name(base: Path, path: Path) -> str:
    """A file's name relative to a folder, or whole where it lies elsewhere."""
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()
