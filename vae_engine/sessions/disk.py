"""Make files and folders durable: once synced, they survive a power cut.

Some file systems (FUSE, SMB, old NFS servers) refuse to sync folders or to lock files. Work
continues there, and the caller reports once what is not guaranteed: see `unreported`.
"""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

NOT_OFFERED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOTTY})
"""Error numbers of a system call that the file system does not support."""

_NO_FOLDER_SYNC = NOT_OFFERED | {errno.EBADF, errno.EISDIR, errno.EACCES, errno.EPERM}

_lock = threading.Lock()
_known: set[tuple[int, str]] = set()
_unreported: list[str] = []


def sync_file(path: Path) -> None:
    """Wait until the disk has the content of a file.

    Raises:
        OSError: the disk refused; a file system without this call is reported instead.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        sync_open_file(descriptor, path)
    finally:
        os.close(descriptor)


def sync_open_file(descriptor: int, path: Path) -> None:
    """Like `sync_file`, for a file that is open; `path` is for the report."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NOT_OFFERED:
            raise
        report(path, f"cannot sync files ({error.strerror}): a power cut may lose what was written")


def sync_folder(path: Path) -> None:
    """Sync the entries of a folder: what was created, renamed or removed.

    Raises:
        OSError: the disk refused; a file system without this call is reported instead.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
        report(
            path,
            f"cannot sync folders ({error.strerror}): a power cut may undo the latest changes",
        )


def sync_tree(folder: Path) -> None:
    """Sync `folder` and every file and folder in it; skip links.

    Raises:
        OSError: the disk refused.
    """
    for path, _, names in os.walk(folder, topdown=False):
        for name in names:
            file = Path(path) / name
            if not file.is_symlink():
                sync_file(file)
        sync_folder(Path(path))


def make_folders(path: Path) -> None:
    """Create a folder and its missing parents, and sync the entry of each.

    Raises:
        OSError: one cannot be created.
    """
    if path.is_dir():
        return
    if path.parent != path:
        make_folders(path.parent)
    try:
        path.mkdir(exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)) from None
    sync_folder(path.parent)


def removed_working_directory() -> str:
    """Return the path of this process's working directory if it was removed, otherwise ""."""
    try:
        Path.cwd()
    except FileNotFoundError:
        try:
            return str(Path("/proc/self/cwd").readlink()).removesuffix(" (deleted)")
        except OSError:
            return "."
    return ""


def report(path: Path, lack: str) -> None:
    """Record, once per file system, that it lacks a function; `path` is in it."""
    try:
        device = path.stat().st_dev
    except OSError:
        device = 0
    mount = next((one for one in (path, *path.parents) if one.is_mount()), path.parent)
    with _lock:
        if (device, lack) not in _known:
            _known.add((device, lack))
            _unreported.append(f"the file system at {mount} {lack}")


def unreported() -> list[str]:
    """Return what `report` noted since the last call, one line each."""
    with _lock:
        lines = list(_unreported)
        _unreported.clear()
    return lines
