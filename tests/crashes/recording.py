"""Records what an operation does to a folder: each entry, each write, each sync, in order.

Python's audit events announce what is opened, renamed, removed and made; `os.fsync` is wrapped. At
each of them the folder is compared with how it was before, so that writes by libraries in C are
seen too. What lies between two events counts as unordered.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = 0
"""The number of the recorded folder; every other file and folder gets one of its own."""

_ANNOUNCED = frozenset(
    {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link"}
)
_SMALL = 64 * 1024
_FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True)
class Link:
    """`name` in `folder` is now `node`; with `source`, it was renamed from there."""

    folder: int
    name: str
    node: int
    is_folder: bool
    source: tuple[int, str] | None = None


@dataclass(frozen=True)
class Unlink:
    """`name` in `folder`, which was `node`, is no more."""

    folder: int
    name: str
    node: int


@dataclass(frozen=True)
class Write:
    """The content of a file changed to `content`."""

    node: int
    content: bytes


@dataclass(frozen=True)
class Sync:
    """`fsync` of a file or folder has returned."""

    node: int


@dataclass(frozen=True)
class Told:
    """Somebody was told that something is done."""

    what: str


Step = Link | Unlink | Write | Sync | Told
Entries = dict[int, dict[str, int]]


@dataclass
class Tree:
    """Folders by number with their entries, and files by number with their contents."""

    folders: Entries = field(default_factory=lambda: {ROOT: {}})
    files: dict[int, bytes] = field(default_factory=dict)

    def copy(self) -> Tree:
        return Tree({one: dict(names) for one, names in self.folders.items()}, dict(self.files))


@dataclass
class Recording:
    """What was there before, all of it on the disk, and what was done since."""

    before: Tree
    steps: list[Step]
    after: Tree


class Recorder:
    """Watches one folder while it is active."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._numbers: dict[int, int] = {root.stat().st_ino: ROOT}
        self._next = 1
        self._contents: dict[tuple[int, ...], bytes] = {}
        self._tree = self._look()
        self._before = self._tree.copy()
        self._steps: list[Step] = []
        self._lock = threading.RLock()

    def observe(self) -> None:
        """Note what has changed since the last time."""
        with self._lock:
            now = self._look()
            self._steps += _difference(self._tree, now)
            self._tree = now

    def synced(self, descriptor: int) -> None:
        """Note that a descriptor was synced; call it after `observe`."""
        number = self._numbers.get(os.fstat(descriptor).st_ino)
        if number is not None:
            self._steps.append(Sync(number))

    def tell(self, what: str) -> None:
        """Note that somebody is told so now."""
        self.observe()
        self._steps.append(Told(what))

    def recording(self) -> Recording:
        self.observe()
        return Recording(self._before, self._steps, self._tree)

    def concerns(self, path: object) -> bool:
        if isinstance(path, int):
            return False
        return isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(
            str(self._root)
        )

    def _look(self) -> Tree:
        numbers: dict[int, int] = {self._root.stat().st_ino: ROOT}
        tree = Tree({})
        self._look_into(self._root, ROOT, tree, numbers)
        self._numbers = numbers
        return tree

    def _look_into(self, folder: Path, number: int, tree: Tree, numbers: dict[int, int]) -> None:
        tree.folders[number] = {}
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                try:
                    found = entry.stat(follow_symlinks=False)
                    child = self._number(found.st_ino)
                    if stat.S_ISDIR(found.st_mode):
                        self._look_into(Path(entry.path), child, tree, numbers)
                    else:
                        tree.files[child] = self._content(entry.path, found)
                except FileNotFoundError:  # Another thread has removed it just now.
                    continue
                numbers[found.st_ino] = child
                tree.folders[number][entry.name] = child

    def _content(self, path: str, found: os.stat_result) -> bytes:
        """What is in a file; a large one is read again only where its times have changed."""
        stamp = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        if stamp not in self._contents:
            content = Path(path).read_bytes()
            if len(content) < _SMALL:
                return content
            self._contents[stamp] = content
        return self._contents[stamp]

    def _number(self, inode: int) -> int:
        if inode not in self._numbers:
            self._numbers[inode] = self._next
            self._next += 1
        return self._numbers[inode]


def _difference(old: Tree, new: Tree) -> Iterator[Step]:
    gone = {
        (folder, name): node
        for folder, names in old.folders.items()
        for name, node in names.items()
        if new.folders.get(folder, {}).get(name) != node
    }
    come = [
        (folder, name, node)
        for folder, names in new.folders.items()
        for name, node in names.items()
        if old.folders.get(folder, {}).get(name) != node
    ]
    sources = {node: place for place, node in gone.items()}
    for folder, name, node in come:
        source = sources.pop(node, None)
        if source is not None:
            del gone[source]
        gone.pop((folder, name), None)  # Replaced in the same step.
        yield Link(folder, name, node, node in new.folders, source)
    for (folder, name), node in gone.items():
        yield Unlink(folder, name, node)
    for node, content in new.files.items():
        if old.files.get(node, b"") != content:
            yield Write(node, content)


_active: list[Recorder] = []
_hooked: list[bool] = []


def _hook(event: str, values: tuple[Any, ...]) -> None:
    if not _active or event not in _ANNOUNCED:
        return
    if event == "open" and not values[2] & _FOR_WRITING:
        return
    recorder = _active[-1]
    # Names relative to a folder's descriptor, as `shutil.rmtree` uses them, may be anywhere.
    if event in ("os.remove", "os.rmdir") or any(map(recorder.concerns, values[:2])):
        recorder.observe()


@contextlib.contextmanager
def recorded(root: Path) -> Iterator[Recorder]:
    """Record what this process does below `root` in the block."""
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked.append(True)
    fsync, recorder = os.fsync, Recorder(root)

    def sync(descriptor: int) -> None:
        recorder.observe()
        fsync(descriptor)
        recorder.synced(descriptor)

    os.fsync = sync  # type: ignore[assignment]
    _active.append(recorder)
    try:
        yield recorder
    finally:
        _active.remove(recorder)
        os.fsync = fsync
