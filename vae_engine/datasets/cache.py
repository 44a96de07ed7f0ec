"""Cache of decoded datasets in files that all sessions and sweeps map into memory.

A folder of many images, or a large array, is decoded once. The key of an entry is made of the
source's path, the preparation, and the size and time of each file, so changed files are read again.
An entry is built in a temporary folder under a lock and then renamed: builders wait for each other,
and a killed one leaves nothing that is read.
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
from vae_engine.datasets.cache_entry import META, open_entry, read_meta, save_entry
from vae_engine.datasets.dataset import Dataset
from vae_engine.datasets.parallel_files import Report
from vae_engine.datasets.parts import NewArray
from vae_engine.datasets.reading import Reading

WORTH_FILES = 2000
"""Folders of at least this many files are cached."""

WORTH_BYTES = 64 * 1024 * 1024
"""Sources of at least this many bytes are cached."""

_VERSION = 2
_BUILDING = ".building-"
_IN_MEMORY = 1024 * 1024


class Identity(msgspec.Struct, frozen=True):
    """Identifies the contents of an entry.

    Attributes:
        source: hash of path and preparation.
        files: hash of the files' names, sizes and times.
        bytes: total size of the files.
        count: number of files.
    """

    source: str
    files: str
    bytes: int
    count: int

    @property
    def key(self) -> str:
        """Name of the entry's folder."""
        return f"{self.source}-{self.files}"

    @property
    def worth(self) -> bool:
        """Whether decoding takes long enough to be worth caching."""
        return self.count >= WORTH_FILES or self.bytes >= WORTH_BYTES


class CachedDataset(msgspec.Struct):
    """An entry in the list of cached datasets.

    Attributes:
        name: path of the dataset.
        images: number of images.
        shape: of one image.
        bytes: size of the entry on the disk.
        used: time of last use, in seconds since 1970.
        folder: the entry's folder.
    """

    name: str
    images: int
    shape: tuple[int, ...]
    bytes: int
    used: float
    folder: Path


def cache_folder() -> Path:
    """Folder of the entries: `$VAE_CACHE`, else below `$XDG_CACHE_HOME` or `~/.cache`."""
    if own := os.environ.get("VAE_CACHE"):
        return Path(own).absolute()
    # Unlike Path.expanduser, this one copes with users who have no home.
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    return Path(base).absolute() / "vae-workbench" / "datasets"


def identify(path: Path, name: str, how: Reading) -> Identity:
    """The identity of a source: a file, or all files of a folder.

    Raises:
        OSError: the source cannot be read.
    """
    chosen = "" if how.recorded is None else how.recorded.sha256
    source = hashlib.sha256(repr((_VERSION, name, how.method, how.preparation, chosen)).encode())
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
    """Return a dataset from the cache; if it is not there, read it and add it.

    If the cache cannot be written, or the disk is full, the dataset is kept in memory.

    Args:
        identity: of the source.
        again: returns the current identity; a source that changes during reading is not cached.
        read: reads the source; its argument, if given, allocates arrays in files.
        report: receives progress, for example while waiting for another process.

    Raises:
        DatasetError: raised by `read`.
    """
    folder = cache_folder()
    if (dataset := open_entry(folder / identity.key)) is not None:
        return dataset
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _lock(folder / f"{identity.source}.lock", report)
    except OSError:
        return read(None)
    with lock:
        if (dataset := open_entry(folder / identity.key)) is not None:
            return dataset
        for left in folder.glob(f"{identity.source}-*{_BUILDING}*"):
            shutil.rmtree(left, ignore_errors=True)
        return _build(folder, identity, again, read)


def entries() -> list[CachedDataset]:
    """All entries, most recently used first."""
    try:
        folders = sorted(cache_folder().iterdir())
    except OSError:
        return []
    found = []
    for folder in folders:
        with contextlib.suppress(OSError):  # Another process may be removing it.
            meta = None if _BUILDING in folder.name else read_meta(folder)
            if meta is not None:
                shape = meta.arrays["train"].shape
                size = sum(path.stat().st_size for path in folder.iterdir())
                used = (folder / META).stat().st_mtime
                count = sum(arrays.shape[0] for arrays in meta.arrays.values())
                found.append(CachedDataset(meta.name, count, shape[1:], size, used, folder))
    return sorted(found, key=lambda entry: -entry.used)


def clear() -> int:
    """Delete all entries that no process is building; open mappings stay valid.

    Returns:
        Size of the entries in bytes.
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
    """Take a file's lock, to be released by `with`.

    Raises:
        OSError: the file cannot be locked; without `wait` also if another process has the lock.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not wait:
                raise
            if report is not None:
                report("waiting for another process that is reading these images", 0, 0)
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
        # A full or read-only disk costs the cache entry, not the dataset.
        with contextlib.suppress(OSError):
            if again() == identity:
                building.mkdir(exist_ok=True)
                save_entry(building, dataset)
                _publish(building, folder / identity.key, identity)
        return open_entry(folder / identity.key) or dataset
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _publish(building: Path, place: Path, identity: Identity) -> None:
    shutil.rmtree(place, ignore_errors=True)
    building.rename(place)
    for stale in place.parent.glob(f"{identity.source}-*"):
        if stale != place:
            shutil.rmtree(stale, ignore_errors=True)


def _in_a_file(folder: Path, shape: tuple[int, ...], dtype: npt.DTypeLike) -> AnyArray:
    """Allocate an array in an unnamed file; in memory if it is small or the disk is full.

    The space is reserved first: a write to a mapping cannot report a full disk.
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
