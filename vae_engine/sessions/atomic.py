"""Files that are whole or absent: replaced atomically, read with a size limit."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import disk, layout
from vae_engine.text import error_line

Record = TypeVar("Record")

TEMPORARY = ".tmp-"
"""Prefix of the names of unfinished writes."""

SAFELY = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Flags that open a file without following links and without waiting on a FIFO."""

_RECORD_LIMIT = 2**20
_OTHERS_SECONDS = 3600.0
# Between a file's creation and its lock.
_LOCKED_SECONDS = 1.0


def replace_file(path: Path, write: Callable[[Path], None], *, durable: bool = True) -> None:
    """Let `write` fill a temporary file, then rename it to `path`.

    What a killed writer has left of it is deleted first. The subfolders of a session, which only
    its worker writes, are tidied by the next worker.

    Args:
        path: the file to replace or create.
        write: receives the temporary path, in the same folder.
        durable: sync the file and its folder, so that it survives a power cut.

    Raises:
        OSError: the file cannot be written; `path` is then unchanged.
    """
    # The suffix stays, since writers such as Keras and NumPy choose the format by it.
    temporary = path.with_name(f"{TEMPORARY}{random_name(4)}-{path.name}")
    several = path.parent.name not in layout.FOLDERS
    if several:
        _remove_abandoned(path)
    try:
        with _locked(temporary) if several else contextlib.nullcontext():
            write(temporary)
            if durable:
                disk.sync_file(temporary)
            temporary.replace(path)
        if durable:
            disk.sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def replace_content(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Replace `path` by a file of this content; see `replace_file`."""

    def write(temporary: Path) -> None:
        temporary.write_bytes(content)

    replace_file(path, write, durable=durable)


def write_record(path: Path, record: object, *, durable: bool = True) -> None:
    """Replace `path` by `record` as JSON."""
    data = msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"
    replace_content(path, data, durable=durable)


def read_record(path: Path, kind: type[Record], *, limit: int = _RECORD_LIMIT) -> Record:
    """Read a JSON file of at most `limit` bytes as a `kind`.

    Raises:
        FileNotFoundError: there is none.
        SessionDamagedError: it is not a regular file, too large, or not a `kind`.
    """
    data = read_bounded(path, limit)
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SessionDamagedError(f"{path.name} is damaged: {error_line(error)}") from None


def read_optional(path: Path, kind: type[Record]) -> Record | None:
    """Like `read_record`, but None if the file does not exist."""
    try:
        return read_record(path, kind)
    except FileNotFoundError:
        return None


def read_bounded(path: Path, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes, following no link.

    Raises:
        FileNotFoundError: there is none.
        SessionDamagedError: it is not a regular file, too large, or unreadable.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise SessionDamagedError(f"{path.name} has {size} bytes: at most {limit} are read")
        try:
            return file.read(limit)
        except OSError as error:
            raise SessionDamagedError(f"{path.name} cannot be read: {error.strerror}") from None


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading, without blocking and without following links.

    Raises:
        FileNotFoundError: there is none.
        SessionDamagedError: it is not a regular file, or unreadable.
    """
    try:
        descriptor = _open_safely(path, os.O_RDONLY)
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise SessionDamagedError(f"{path.name} cannot be read: {reason}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SessionDamagedError(f"{path.name} is not a regular file")
    return os.fdopen(descriptor, "rb")


def open_to_write(path: Path, flags: int, *, create: bool = True) -> int:
    """Open a regular file for writing, without following links; return its descriptor.

    Args:
        path: the file; its folder must exist.
        flags: `os.O_WRONLY` or `os.O_RDWR`, with `os.O_APPEND` if that is wanted.
        create: make the file if it is missing, with a mode that follows the umask.

    Raises:
        OSError: it cannot be opened; ELOOP for a link, EINVAL for another kind of file.
    """
    descriptor = _open_safely(path, flags | (os.O_CREAT if create else 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "Not a regular file", str(path))
    return descriptor


def _open_safely(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags | SAFELY, 0o666)
    except OSError as error:
        if error.errno not in disk.NOT_OFFERED:
            raise
    # A file system without these flags: check the file before and after.
    try:
        before = path.lstat()
    except FileNotFoundError:
        if not flags & os.O_CREAT:
            raise
        return os.open(path, flags | os.O_EXCL | os.O_CLOEXEC, 0o666)
    if not stat.S_ISREG(before.st_mode):
        link = stat.S_ISLNK(before.st_mode)
        number = errno.ELOOP if link else errno.EINVAL
        raise OSError(number, os.strerror(number), str(path))
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o666)
    if not os.path.samestat(before, os.fstat(descriptor)):
        os.close(descriptor)
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return descriptor


def remove_temporaries(folder: Path) -> None:
    """Delete leftovers of a killed worker in a session's folder; only the next worker may call
    this.

    Those of other processes, which may be writing now, are deleted only if their writer has ended;
    files in the inbox, and all where files cannot be locked, after an hour. Linked folders are not
    entered.
    """
    folders = [folder, *(folder / name for name in layout.FOLDERS)]
    for place in folders:
        if place.is_symlink():
            continue
        for leftover in place.glob(f"{TEMPORARY}*"):
            others = place.name == layout.INBOX or leftover.name.endswith(layout.OF_OTHERS)
            with contextlib.suppress(FileNotFoundError):
                if others and not _is_abandoned(leftover):
                    continue
                if leftover.is_dir() and not leftover.is_symlink():
                    shutil.rmtree(leftover)
                else:
                    leftover.unlink()


def _remove_abandoned(path: Path) -> None:
    """Delete what killed writers have left of a file, or of those that no worker writes."""
    for leftover in path.parent.glob(f"{TEMPORARY}*"):
        _, _, name = leftover.name.removeprefix(TEMPORARY).partition("-")
        if name == path.name or name in layout.OF_OTHERS:
            with contextlib.suppress(OSError):
                if _is_abandoned(leftover):
                    leftover.unlink()


def _is_abandoned(leftover: Path) -> bool:
    """Whether nobody writes a temporary file any more.

    Raises:
        FileNotFoundError: it is gone.
    """
    age = abs(time.time() - leftover.lstat().st_mtime)
    if age > _OTHERS_SECONDS:
        return True
    if age < _LOCKED_SECONDS or leftover.parent.name == layout.INBOX:
        return False
    try:
        descriptor = open_to_write(leftover, os.O_WRONLY, create=False)
    except FileNotFoundError:
        raise
    except OSError:
        return False
    return lock_is_free(descriptor, fcntl.LOCK_EX)


def lock_is_free(descriptor: int, kind: int) -> bool:
    """Whether a lock of this kind on an open file is free; False if unknown. Closes the file."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


@contextlib.contextmanager
def _locked(temporary: Path) -> Iterator[None]:
    """Create a file with a lock that ends with this process, so that others see that it lives."""
    descriptor = open_to_write(temporary, os.O_WRONLY)
    try:
        # A file system without locks: what is left there goes after an hour.
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def scratch_folder(folder: Path) -> Iterator[None]:
    """Make libraries put their intermediate files into `folder` instead of `/tmp`.

    Those of a killed worker would stay in `/tmp` for ever; here, the next worker removes them.
    """
    import tempfile  # Only workers need it, and viewers should start quickly.

    with tempfile.TemporaryDirectory(
        prefix=TEMPORARY, dir=folder, ignore_cleanup_errors=True
    ) as scratch:
        before, tempfile.tempdir = tempfile.tempdir, scratch
        try:
            yield
        finally:
            tempfile.tempdir = before


class Reserve:
    """Disk space reserved for what must be written when the disk is full."""

    def __init__(self, folder: Path, size: int) -> None:
        """Reserve `size` bytes in a file of `folder`.

        Raises:
            OSError: the disk has no space.
        """
        self._path = folder / f"{TEMPORARY}{random_name(4)}-reserve"
        try:
            # Random bytes: a compressing file system would reserve no space for zeros.
            self._path.write_bytes(os.urandom(size))
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Free the space."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def random_name(size: int) -> str:
    """Return `size` random bytes in hexadecimal digits, for a unique name."""
    # The same as `secrets`, which would slow every command down by loading OpenSSL.
    return os.urandom(size).hex()
