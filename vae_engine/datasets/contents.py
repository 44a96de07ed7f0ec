"""What lies in a folder: every file by its name and its first bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from vae_engine.datasets.files import open_regular
from vae_engine.datasets.idx import IdxFile, find_idx, unpacked_head
from vae_engine.datasets.kinds import HEAD_BYTES, NPY, NPZ, Kind, kind_of
from vae_engine.datasets.pictures import SUFFIXES

Place: TypeAlias = tuple[str, ...]
"""Names of folders below the top; empty for the top itself."""

_MAX_DEPTH = 4
_NO_DATA = frozenset(("Thumbs.db", "desktop.ini", "__MACOSX"))


@dataclass
class Contents:
    """What was found; names are relative to the folder.

    Attributes:
        pictures: the image files, sorted by name, of each folder that has some.
        idx: the IDX files of the folder itself.
        arrays: its .npy and .npz files.
        others: the names of files that are nothing of these, hidden ones among them.
        kinds: what those of `kind_names` are, where their first bytes tell something.
        kind_names: the names of these.
        unread: the names of folders that are not looked into: links, too deep, or forbidden.
    """

    pictures: dict[Place, list[Path]] = field(default_factory=dict)
    idx: list[IdxFile] = field(default_factory=list)
    arrays: list[Path] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list)
    kind_names: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def every_picture(self) -> Iterator[Path]:
        """All image files."""
        for paths in self.pictures.values():
            yield from paths


def scan(folder: Path) -> Contents:
    """Look at everything in a folder and its subfolders; links to folders are not followed.

    Raises:
        OSError: the folder cannot be listed.
    """
    contents = Contents()
    _scan(folder, (), contents)
    return contents


def _scan(folder: Path, place: Place, contents: Contents) -> None:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except PermissionError:
        if not place:
            raise
        contents.unread.append("/".join(place))
        return
    for entry in found:
        name = "/".join((*place, entry.name))
        if entry.name.startswith(".") or entry.name in _NO_DATA:
            contents.others.append(name)
        elif entry.is_dir(follow_symlinks=False):
            if len(place) < _MAX_DEPTH:
                _scan(folder / entry.name, (*place, entry.name), contents)
            else:
                contents.unread.append(name)
        elif _is_folder(entry):
            contents.unread.append(name)
        else:
            _look(folder / entry.name, place, name, contents)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether a link leads to a folder; one that leads to itself does not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _look(path: Path, place: Place, name: str, contents: Contents) -> None:
    """Find out what a file is, from its name where that is an image's, else from its bytes."""
    if path.suffix.lower() in SUFFIXES:
        contents.pictures.setdefault(place, []).append(path)
        return
    # A whole home folder may lie below: there only names without an ending are worth a look.
    head = b"" if place and path.suffix else _head(path)
    kind = kind_of(head)
    if kind.image:
        contents.pictures.setdefault(place, []).append(path)
    elif not place and (file := find_idx(path, unpacked_head(path, head))):
        contents.idx.append(file)
    elif not place and (path.suffix.lower() in (".npy", ".npz") or kind in (NPY, NPZ)):
        contents.arrays.append(path)
    else:
        contents.others.append(name)
        if head:
            contents.kinds.append(kind)
            contents.kind_names.append(name)


def _head(path: Path) -> bytes:
    """The first bytes of a regular file that may be read; none of any other."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return b""
        with open_regular(path) as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""
