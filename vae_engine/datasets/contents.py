"""Scans a folder: sorts its files by their names and first bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from vae_engine.datasets import binary_text
from vae_engine.datasets.files import open_regular
from vae_engine.datasets.idx import IdxFile, find_idx, unpacked_head
from vae_engine.datasets.kinds import HEAD_BYTES, NPY, NPZ, FileKind, kind_of
from vae_engine.datasets.pictures import SUFFIXES

Place: TypeAlias = tuple[str, ...]
"""Path of a subfolder as names; empty for the folder itself."""

_MAX_DEPTH = 4
_ARRAYS = (".npy", ".npz", binary_text.SUFFIX)
_NO_DATA = frozenset(("Thumbs.db", "desktop.ini", "__MACOSX"))


@dataclass
class Contents:
    """The files of a folder; names are relative to it.

    Attributes:
        pictures: the image files, sorted by name, of each folder that has some.
        idx: the IDX files of the folder itself.
        arrays: its .npy and .npz files, and its text files of zeros and ones (.amat).
        others: the names of all other files, including hidden ones.
        kinds: the kinds of the files in `kind_names`, by their first bytes.
        kind_names: the names of those other files that could be opened.
        unread: the names of folders that are skipped: links, too deep, or without permission.
    """

    pictures: dict[Place, list[Path]] = field(default_factory=dict)
    idx: list[IdxFile] = field(default_factory=list)
    arrays: list[Path] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    kinds: list[FileKind] = field(default_factory=list)
    kind_names: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def every_picture(self) -> Iterator[Path]:
        """All image files."""
        for paths in self.pictures.values():
            yield from paths


def scan(folder: Path) -> Contents:
    """Scan a folder and its subfolders; links to folders are not followed.

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
    """Classify a file by its suffix if that is an image's, otherwise by its first bytes."""
    if path.suffix.lower() in SUFFIXES:
        contents.pictures.setdefault(place, []).append(path)
        return
    # This may be a home folder: below the top, open only files without a suffix.
    head = b"" if place and path.suffix else _head(path)
    kind = kind_of(head)
    if kind.image:
        contents.pictures.setdefault(place, []).append(path)
    elif not place and (file := find_idx(path, unpacked_head(path, head))):
        contents.idx.append(file)
    elif not place and (path.suffix.lower() in _ARRAYS or kind in (NPY, NPZ)):
        contents.arrays.append(path)
    else:
        contents.others.append(name)
        if head:
            contents.kinds.append(kind)
            contents.kind_names.append(name)


def _head(path: Path) -> bytes:
    """The first bytes of a file; empty if it is not a regular, readable one."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return b""
        with open_regular(path) as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""
