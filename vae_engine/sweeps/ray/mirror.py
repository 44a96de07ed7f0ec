"""Changes of a session's folder on one machine, for its copy on another.

After each update, applied in order, the copy is consistent: no index or event names a missing file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import layout
from vae_engine.sessions.records import CheckpointIndex, ExportIndex
from vae_engine.text import error_line

_CHECKPOINT_INDEX = f"{layout.CHECKPOINTS}/{layout.INDEX}"
_EXPORT_INDEX = f"{layout.EXPORTS}/{layout.INDEX}"
# Read first and written last, so that the files they name exist.
_NAMING = (_CHECKPOINT_INDEX, _EXPORT_INDEX, layout.RESULT)
_LOGS = (layout.EVENTS, layout.LOG)
_NAMED_FOLDERS = (layout.CHECKPOINTS, layout.EXPORTS)
_OTHERS_FILES = (layout.MANIFEST, layout.LABEL, layout.EVALUATION)
_OPTIONAL = (layout.SUMMARY, layout.HEARTBEAT)
_TRIES = 20

Stamp = tuple[int, int, int]
"""Inode, size and time of a file; they change when it is replaced."""


@dataclass(frozen=True)
class Appended:
    """Bytes appended to a log, and their offset."""

    name: str
    offset: int
    content: bytes


@dataclass(frozen=True)
class Update:
    """Changes since the previous update.

    Attributes:
        replaced: content of files by name, in writing order.
        named: all checkpoints and exports that the indexes name; others are to be deleted.
        appended: to be written after the files.
        summary: `summary.json`, to be written last; None for unchanged.
        beat: whether the worker has renewed its heartbeat.
    """

    replaced: tuple[tuple[str, bytes], ...] = ()
    named: frozenset[str] = frozenset()
    appended: tuple[Appended, ...] = ()
    summary: bytes | None = None
    beat: bool = False


class Mirror:
    """Detects changes in a session's folder; the initial content counts as known."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamps = {name: self._stamp(name) for name in self._names()}
        self._ends = {name: self._size(name) for name in _LOGS}
        self._ends_pending: dict[str, int] = {}
        self._stamps_pending: dict[str, Stamp] = {}

    def changes(self) -> Update:
        """Return the changes since the last update that was `delivered`.

        Raises:
            OSError: the folder cannot be read, or changes faster than it can be read.
        """
        for attempt in range(_TRIES):
            try:
                return self._snapshot()
            except FileNotFoundError:  # Pruned between reading the index and reading the file.
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError

    def delivered(self) -> None:
        """Record that the last update has arrived."""
        self._stamps.update(self._stamps_pending)
        self._ends.update(self._ends_pending)

    def _snapshot(self) -> Update:
        # In this order, so that nothing read earlier refers to something read later.
        stamps: dict[str, Stamp] = {}
        summary = self._changed(layout.SUMMARY, stamps)
        beat = self._changed(layout.HEARTBEAT, stamps)
        appended = tuple(self._appended())
        naming = [(name, self._read(name)) for name in _NAMING]
        named = named_files({name: found[1] for name, found in naming if found is not None})
        files = [
            (name, self._changed(name, stamps))
            for name in self._names()
            if name not in _NAMING
            and (name.partition("/")[0] not in _NAMED_FOLDERS or name in named)
        ]
        for name, found in naming:
            if found is not None and found[0] != self._stamps.get(name):
                stamps[name] = found[0]
                files.append((name, found[1]))
        self._stamps_pending = stamps
        self._ends_pending = {one.name: one.offset + len(one.content) for one in appended}
        return Update(
            replaced=tuple((name, content) for name, content in files if content is not None),
            named=named,
            appended=appended,
            summary=summary,
            beat=beat is not None,
        )

    def _appended(self) -> Iterator[Appended]:
        for name in _LOGS:
            start = self._ends[name]
            if self._size(name) <= start:
                continue
            with (self._folder / name).open("rb") as file:
                file.seek(start)
                content = file.read()
            if name == layout.EVENTS:  # The last line may be incomplete.
                content = content[: content.rfind(b"\n") + 1]
            if content:
                yield Appended(name, start, content)

    def _changed(self, name: str, stamps: dict[str, Stamp]) -> bytes | None:
        """Return a file's content if it is new, and record its stamp; None if it is known."""
        try:
            if self._stamp(name) == self._stamps.get(name):
                return None
        except FileNotFoundError:
            if name in _OPTIONAL:
                return None
            raise
        if (found := self._read(name)) is None:
            raise FileNotFoundError(name)
        stamps[name], content = found
        return content

    def _read(self, name: str) -> tuple[Stamp, bytes] | None:
        """Read a consistent pair of a file's stamp and content; None if it is missing."""
        try:
            with (self._folder / name).open("rb") as file:
                return _stamp_of(os.fstat(file.fileno())), file.read()
        except FileNotFoundError:
            return None

    def _names(self) -> Iterator[str]:
        """List the worker's atomically replaced files."""
        for path in sorted([*self._folder.glob("*"), *self._folder.glob("*/*")]):
            name = path.relative_to(self._folder).as_posix()
            if is_mirrored(name) and path.is_file():
                yield name

    def _stamp(self, name: str) -> Stamp:
        return _stamp_of((self._folder / name).stat())

    def _size(self, name: str) -> int:
        try:
            return self._stamp(name)[1]
        except FileNotFoundError:
            return 0


def is_mirrored(name: str) -> bool:
    """Whether the worker replaces this file (relative to its session) atomically."""
    if name in _OTHERS_FILES or name in _LOGS:
        return False
    return name == layout.WORKER or layout.travels(name)


def named_files(contents: Mapping[str, bytes]) -> frozenset[str]:
    """Return the checkpoints and exports that indexes name.

    Args:
        contents: files by name; those that are not an index are ignored.

    Raises:
        SessionDamagedError: an index cannot be read.
    """
    named: set[str] = set()
    try:
        if (content := contents.get(_CHECKPOINT_INDEX)) is not None:
            checkpoints = msgspec.json.decode(content, type=CheckpointIndex)
            entries = (checkpoints.latest, checkpoints.previous, checkpoints.best)
            named.update(entry.file for entry in entries if entry is not None)
        if (content := contents.get(_EXPORT_INDEX)) is not None:
            exports = msgspec.json.decode(content, type=ExportIndex)
            for entry in (exports.current, *exports.kept):
                named.update((entry.encoder, entry.decoder))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SessionDamagedError(f"an index is damaged: {error_line(error)}") from None
    return frozenset(named)


def _stamp_of(found: os.stat_result) -> Stamp:
    return found.st_ino, found.st_size, found.st_mtime_ns
