"""Export sessions to zip files and import them on another machine.

An archive holds a session's files under their names in its folder, and `archive.json` with the size
and the SHA-256 of each. An import trusts none of this: names come from a fixed set, bytes are
counted as they are written, and nothing in the archive is executed.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
from msgspec import Meta

from vae_engine.errors import SessionDamagedError, SessionError, SessionNotFoundError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.arrays import COMPRESSIONS, ZIP_ERRORS
from vae_engine.sessions.drafts import draft_folder
from vae_engine.sessions.manifest import read_manifest
from vae_engine.sessions.records import Count, SessionId, Sha256
from vae_engine.sessions.session import Session, read_summary
from vae_engine.sessions.slim import slim_content, slim_names
from vae_engine.sessions.store import SessionStore
from vae_engine.text import error_line, value_text

CONTENTS = "archive.json"
"""The member that lists the others."""

_CHUNK = 2**20
# Room for a preview of each of the 100,000 epochs that a session may have.
_MOST_MEMBERS = 110_000
_LARGEST_READ = 8 * 2**20
_LARGEST_CONTENTS = 32 * 2**20
_LARGEST_SMALL_FILE = 2**20
_LARGEST_FILE = 4 * 2**30
_LARGEST_TOTAL = 16 * 2**30
# Weights and images hardly compress, a log to a tenth: a higher ratio is a bomb.
_MOST_GROWTH = 50
_REGULAR = (0, stat.S_IFREG)


class ArchivedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of an archive; `size` in bytes."""

    size: Count
    sha256: Sha256


class ArchiveContents(msgspec.Struct, frozen=True, kw_only=True):
    """`archive.json`: which session an archive holds, and each of its files by name."""

    schema: Annotated[int, Meta(ge=1)] = layout.SCHEMA
    id: SessionId
    slim: bool = False
    files: dict[str, ArchivedFile]


def export_session(session: Session, path: Path, *, slim: bool = False) -> None:
    """Write a session to a zip file atomically; a live one in its present state.

    Args:
        session: any session, also a live one.
        path: the file to create or replace, outside of the session's folder.
        slim: omit what only further training needs, see `vae_engine.sessions.slim`.

    Raises:
        SessionError: `path` cannot be written, or lies in the session.
        SessionNotFoundError: the session was deleted, also meanwhile.
        SessionDamagedError: a file of the session cannot be read.
    """
    if path.resolve().is_relative_to(session.folder.resolve()):
        raise SessionError(f"{path} is inside the session: choose another place")

    def write(temporary: Path) -> None:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            try:
                _pack(archive, session, slim=slim)
            except SessionDamagedError:
                if os.path.lexists(session.folder / layout.MANIFEST):
                    raise
                raise _deleted(session) from None

    try:
        atomic.replace_file(path, write)
    except OSError as error:
        raise SessionError(f"{path} cannot be written: {error.strerror}") from None


def import_session(store: SessionStore, path: Path) -> Session:
    """Import a session from a zip file into the store, completely or not at all.

    Args:
        store: the destination.
        path: an archive of `export_session`; not trusted.

    Raises:
        SessionDamagedError: it is not an archive, is damaged, or comes from a newer version.
        SessionError: the archive or the store cannot be reached, or a session of that id is in
            the store or its trash.
        SessionNotFoundError: another process deleted it as soon as it was imported.
    """
    with _open_file(path) as file:
        try:
            archive = zipfile.ZipFile(file)
        except ZIP_ERRORS as error:
            reason = error_line(error)
            raise SessionDamagedError(f"{path.name} is not a zip archive: {reason}") from None
        with archive:
            contents = _read_contents(archive)
            _check_sizes(contents, os.fstat(file.fileno()).st_size)
            _check_free(store, contents.id)
            _unpack(archive, contents, store)
    return store.opened(contents.id)


def _pack(archive: zipfile.ZipFile, session: Session, *, slim: bool) -> None:
    folder, files = session.folder, {}
    for name in _file_names(session, slim=slim):
        try:
            with _open_file_of_session(folder, name, slim=slim) as source:
                files[name] = _add(archive, name, source)
        except FileNotFoundError:
            continue  # A live worker has replaced it.
    if layout.MANIFEST not in files:
        raise _deleted(session)
    contents = msgspec.json.encode(
        ArchiveContents(id=_travelling_id(session), slim=slim, files=files)
    )
    _add(archive, CONTENTS, io.BytesIO(msgspec.json.format(contents)))


def _travelling_id(session: Session) -> str:
    """Return the folder's name, or the original id if the name is not an id."""
    try:
        return msgspec.convert(session.id, SessionId)
    except msgspec.ValidationError:
        return session.manifest.id


def _file_names(session: Session, *, slim: bool) -> list[str]:
    """List the files to export, relative to the folder: indexes before the files that they name.

    A live worker keeps the files of its latest index for a while, so the archive is complete.
    """
    folder = session.folder
    try:
        paths = [path for pattern in ("*", "*/*") for path in folder.glob(pattern)]
        names = [path.relative_to(folder).as_posix() for path in paths]
        travelling = sorted(
            (name for name in names if layout.travels(name, slim=slim)),
            key=lambda name: (not name.endswith(layout.INDEX), name),
        )
        return slim_names(folder, travelling) if slim else travelling
    except FileNotFoundError:
        raise _deleted(session) from None


def _open_file_of_session(folder: Path, name: str, *, slim: bool) -> BinaryIO:
    content = slim_content(folder, name) if slim else None
    return atomic.open_regular(folder / name) if content is None else io.BytesIO(content)


def _deleted(session: Session) -> SessionNotFoundError:
    return SessionNotFoundError(f"session {session.id} was deleted: nothing was exported")


def _add(archive: zipfile.ZipFile, name: str, source: BinaryIO) -> ArchivedFile:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    digest, size = hashlib.sha256(), 0
    with archive.open(info, "w", force_zip64=True) as member:
        while chunk := source.read(_CHUNK):
            member.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return ArchivedFile(size=size, sha256=digest.hexdigest())


class _BoundedFile(io.BufferedReader):
    """A file that limits the size of each read.

    `zipfile` reads a directory of any length at once, and makes an object per entry. A truncated
    directory is refused as damaged before it fills the memory.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most 8 MiB."""
        if size is None or size < 0:
            size = _LARGEST_READ
        return super().read(min(size, _LARGEST_READ))


def _open_file(path: Path) -> _BoundedFile:
    try:
        # Without O_NONBLOCK the open of a FIFO would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SessionError(f"{path} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SessionError(f"{path} is not a regular file: an exported session is a zip file")
    return _BoundedFile(io.FileIO(descriptor))


def _read_contents(archive: zipfile.ZipFile) -> ArchiveContents:
    """Check the archive's directory; decompress only `archive.json`."""
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS:
        raise SessionDamagedError(
            f"the archive has {len(members)} members: a session has at most {_MOST_MEMBERS}"
        )
    for info in members:
        _check_member(info)
    names = {info.orig_filename for info in members}
    if len(names) != len(members):
        raise SessionDamagedError("the archive has two members with the same name")
    if CONTENTS not in names:
        raise SessionDamagedError(f"the archive has no {CONTENTS}: it is not an exported session")
    contents = _decode_contents(_read_member(archive, CONTENTS))
    if contents.files.keys() != names - {CONTENTS} or layout.MANIFEST not in names:
        raise SessionDamagedError(f"the archive lacks files that its {CONTENTS} names")
    return contents


def _check_member(info: zipfile.ZipInfo) -> None:
    # The name as stored in the archive: `filename` ends at the first NUL.
    name = info.orig_filename
    shown = value_text(name)
    if name != CONTENTS and not layout.travels(name):
        raise SessionDamagedError(f"the archive has an unexpected member {shown}")
    if stat.S_IFMT(info.external_attr >> 16) not in _REGULAR:
        raise SessionDamagedError(f"the archive's member {shown} is a link or a device")
    if info.flag_bits & 1 or info.compress_type not in COMPRESSIONS:
        raise SessionDamagedError(f"the archive's member {shown} has an unknown compression")


class _Head(msgspec.Struct):
    schema: int


def _decode_contents(data: bytes) -> ArchiveContents:
    try:
        schema = msgspec.json.decode(data, type=_Head).schema
        if schema > layout.SCHEMA:
            raise SessionDamagedError(
                f"the archive has schema {schema}, this version reads up to {layout.SCHEMA}: "
                "upgrade to import it"
            )
        return msgspec.json.decode(data, type=ArchiveContents)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SessionDamagedError(f"{CONTENTS} is damaged: {error_line(error)}") from None


def _check_sizes(contents: ArchiveContents, archive_size: int) -> None:
    for name, file in contents.files.items():
        small = name.endswith(".json") or name.startswith(f"{layout.PREVIEWS}/")
        largest = _LARGEST_SMALL_FILE if small else _LARGEST_FILE
        if file.size > largest:
            raise SessionDamagedError(
                f"{name} has {file.size} bytes: at most {largest} are allowed"
            )
    total = sum(file.size for file in contents.files.values())
    if total > min(_LARGEST_TOTAL, _MOST_GROWTH * archive_size + _CHUNK):
        raise SessionDamagedError(
            f"the archive of {archive_size} bytes would grow to {total} bytes"
        )


def _check_free(store: SessionStore, session_id: str) -> None:
    if where := store.holds(session_id):
        raise SessionError(f"session {session_id} is {where} already: nothing was imported")


def _unpack(archive: zipfile.ZipFile, contents: ArchiveContents, store: SessionStore) -> None:
    def check() -> None:
        """Check again: another import may have been faster."""
        _check_free(store, contents.id)

    try:
        with draft_folder(store.root, contents.id, check=check) as draft:
            layout.create_folders(draft)
            for name, file in contents.files.items():
                _extract(archive, name, file, draft / name)
            read_manifest(draft)
            atomic.write_record(draft / layout.SUMMARY, read_summary(draft), durable=False)
    except OSError as error:
        raise SessionError(f"cannot import to {store.root}: {error.strerror}") from None


def _extract(archive: zipfile.ZipFile, name: str, file: ArchivedFile, target: Path) -> None:
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as output:
        for chunk in _chunks(archive, name):
            size += len(chunk)
            if size > file.size:
                break
            digest.update(chunk)
            output.write(chunk)
    if size != file.size or digest.hexdigest() != file.sha256:
        raise SessionDamagedError(f"{name} differs from the archived file in size or SHA-256")


def _read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    data = bytearray()
    for chunk in _chunks(archive, name):
        data += chunk
        if len(data) > _LARGEST_CONTENTS:
            raise SessionDamagedError(f"{name} has more than {_LARGEST_CONTENTS} bytes: refused")
    return bytes(data)


def _chunks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    try:
        with archive.open(name) as member:
            while chunk := member.read(_CHUNK):
                yield chunk
    except ZIP_ERRORS as error:
        raise SessionDamagedError(f"{name} cannot be decompressed: {error_line(error)}") from None
