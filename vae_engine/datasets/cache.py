"""Decoded datasets in files, mapped into memory by all sessions and sweeps that train on them.

A folder of many images, or a large array, is read once. An entry is known by its source's path,
the size and time of each file, and the preparation, so changed files are read anew. It is built
beside its place and renamed, under a lock: builders wait for each other, and one that is killed
leaves nothing that is read.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.dataset import Dataset
from vae_engine.datasets.parts import NewArray
from vae_engine.datasets.picture_set import Report
from vae_engine.datasets.reading import Reading
from vae_engine.datasets.source import ALL_SPLITS, Facts, Split

WORTH_FILES = 2000
"""Folders of so many images are cached."""

WORTH_BYTES = 64 * 1024 * 1024
"""Files of so many bytes together are cached."""

_VERSION = 1
_META = "dataset.json"
_BUILDING = ".building-"
_IN_MEMORY = 1024 * 1024


class _Arrays(msgspec.Struct):
    """Type and shape of a split's images, and whether it has labels."""

    dtype: str
    shape: tuple[int, ...]
    labels: bool


class _Meta(msgspec.Struct):
    """What an entry holds beside its arrays."""

    name: str
    source: str
    sha256: str
    split: str
    taken: str
    notes: tuple[str, ...]
    label_names: tuple[str, ...]
    arrays: dict[str, _Arrays]
    facts: Facts


class Identity(msgspec.Struct, frozen=True):
    """What an entry is known by.

    Attributes:
        source: of path and preparation.
        files: of the files' names, sizes and times.
        bytes: that the files take together.
        count: of files.
    """

    source: str
    files: str
    bytes: int
    count: int

    @property
    def key(self) -> str:
        """The entry's name."""
        return f"{self.source}-{self.files}"

    @property
    def worth(self) -> bool:
        """Whether reading it takes long enough."""
        return self.count >= WORTH_FILES or self.bytes >= WORTH_BYTES


class Entry(msgspec.Struct):
    """An entry as it is listed.

    Attributes:
        name: the dataset's path.
        images: how many there are.
        shape: of an image.
        bytes: that it takes.
        used: when it was used last, in seconds since the epoch.
        folder: where it lies.
    """

    name: str
    images: int
    shape: tuple[int, ...]
    bytes: int
    used: float
    folder: Path


def cache_folder() -> Path:
    """Where entries lie: `$VAE_CACHE`, else below `$XDG_CACHE_HOME` or `~/.cache`."""
    if own := os.environ.get("VAE_CACHE"):
        return Path(own).absolute()
    # Unlike Path.expanduser, this one copes with users who have no home.
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    return Path(base).absolute() / "vae-workbench" / "datasets"


def identify(path: Path, name: str, how: Reading) -> Identity:
    """The identity of a source: a file, or all files of a folder.

    Raises:
        OSError: it cannot be read.
    """
    source = hashlib.sha256(repr((_VERSION, name, how.method, how.preparation)).encode())
    files = hashlib.sha256()
    total = count = 0
    for relative, status in _statuses(path):
        files.update(f"{relative!r} {status.st_size} {status.st_mtime_ns}\n".encode())
        total += status.st_size
        count += 1
    return Identity(source.hexdigest()[:12], files.hexdigest()[:20], total, count)


def cached(
    identity: Identity,
    again: Callable[[], Identity],
    read: Callable[[NewArray | None], Dataset],
    report: Report | None = None,
) -> Dataset:
    """The dataset of an entry, which is built where there is none.

    Where the cache cannot be written, or is full, the dataset is read into memory.

    Args:
        identity: of the source.
        again: its identity now: a source that changes while it is read is not kept.
        read: reads it; arrays that it makes by its argument lie in files.
        report: told what is waited for.

    Raises:
        DatasetError: as `read` does.
    """
    folder = cache_folder()
    if (dataset := _open(folder / identity.key)) is not None:
        return dataset
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _lock(folder / f"{identity.source}.lock", report)
    except OSError:
        return read(None)
    with lock:
        if (dataset := _open(folder / identity.key)) is not None:
            return dataset
        for left in folder.glob(f"{identity.source}-*{_BUILDING}*"):
            shutil.rmtree(left, ignore_errors=True)
        return _build(folder, identity, again, read)


def entries() -> list[Entry]:
    """All entries, the one used last first."""
    found = []
    with contextlib.suppress(OSError):
        for folder in sorted(cache_folder().iterdir()):
            meta = None if _BUILDING in folder.name else _meta(folder)
            if meta is not None:
                shape = meta.arrays["train"].shape
                size = sum(path.stat().st_size for path in folder.iterdir())
                used = (folder / _META).stat().st_mtime
                count = sum(arrays.shape[0] for arrays in meta.arrays.values())
                found.append(Entry(meta.name, count, shape[1:], size, used, folder))
    return sorted(found, key=lambda entry: -entry.used)


def clear() -> int:
    """Remove all entries that no one is building; those in use stay mapped until they are closed.

    Returns:
        The bytes that they took.
    """
    freed = sum(entry.bytes for entry in entries())
    folder = cache_folder()
    if not folder.is_dir():
        return 0
    for path in list(folder.iterdir()):
        if not path.is_dir():
            continue
        with contextlib.suppress(OSError), _lock(_lock_of(path), None, wait=False):
            shutil.rmtree(path, ignore_errors=True)
    return freed


def _lock_of(entry: Path) -> Path:
    return entry.with_name(f"{entry.name.partition('-')[0]}.lock")


def _statuses(path: Path) -> Iterator[tuple[str, os.stat_result]]:
    if not path.is_dir():
        yield path.name, path.stat()
        return
    for root, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            full = Path(root, name)
            with contextlib.suppress(OSError):
                yield str(full.relative_to(path)), full.stat()


@contextlib.contextmanager
def _held(descriptor: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(
    path: Path, report: Report | None, *, wait: bool = True
) -> contextlib.AbstractContextManager[None]:
    """Hold a file's lock.

    Raises:
        OSError: it cannot be had.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not wait:
                raise
            if report is not None:
                report("waiting for another process that reads these images", 0, 0)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    except BaseException:
        os.close(descriptor)
        raise
    return _held(descriptor)


def _build(
    folder: Path,
    identity: Identity,
    again: Callable[[], Identity],
    read: Callable[[NewArray | None], Dataset],
) -> Dataset:
    building = folder / f"{identity.key}{_BUILDING}{secrets.token_hex(4)}"
    try:
        dataset = read(lambda shape, dtype: _in_a_file(building, shape, dtype))
        # The disk may be full, or read-only: the dataset is there all the same.
        with contextlib.suppress(OSError):
            if again() == identity:
                building.mkdir(exist_ok=True)
                _save(building, dataset)
                _publish(building, folder / identity.key, identity)
        return _open(folder / identity.key) or dataset
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _publish(building: Path, place: Path, identity: Identity) -> None:
    shutil.rmtree(place, ignore_errors=True)
    building.rename(place)
    for stale in place.parent.glob(f"{identity.source}-*"):
        if stale != place:
            shutil.rmtree(stale, ignore_errors=True)


def _in_a_file(folder: Path, shape: tuple[int, ...], dtype: npt.DTypeLike) -> AnyArray:
    """A new array in a file without a name, which vanishes with it; in memory if that is full.

    The room is taken at once, since a write to a mapping could not say that there is none.
    """
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if size < _IN_MEMORY:
        return np.empty(shape, dtype)
    path = folder / f"scratch-{secrets.token_hex(4)}"
    try:
        folder.mkdir(exist_ok=True)
        with path.open("w+b") as file:
            path.unlink()
            os.posix_fallocate(file.fileno(), 0, size)
            return np.asarray(np.memmap(file, np.dtype(dtype), "r+", shape=shape))
    except OSError:
        return np.empty(shape, dtype)


def _save(folder: Path, dataset: Dataset) -> None:
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
    meta = _Meta(
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
    (folder / _META).write_bytes(msgspec.json.encode(meta))


def _of(dataset: Dataset, split: Split) -> tuple[AnyArray, AnyArray | None]:
    return {
        "train": (dataset.train_images, dataset.train_labels),
        "val": (dataset.val_images, dataset.val_labels),
        "test": (dataset.test_images, dataset.test_labels),
    }[split]


def _meta(folder: Path) -> _Meta | None:
    """What an entry records; None where there is none that can be used."""
    try:
        meta = msgspec.json.decode((folder / _META).read_bytes(), type=_Meta)
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


def _open(folder: Path) -> Dataset | None:
    """The dataset of an entry, its images mapped; None where there is none that can be used."""
    meta = _meta(folder)
    if meta is None or meta.split not in ("content", "position"):
        return None
    try:
        with contextlib.suppress(OSError):
            os.utime(folder / _META)
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
    except (OSError, ValueError):
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
    )
