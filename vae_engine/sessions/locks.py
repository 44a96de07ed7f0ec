"""Locks that end with their process: `flock` on files opened without following links."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from vae_engine.errors import SessionBusyError
from vae_engine.sessions import atomic, disk

_HELD = frozenset({errno.EAGAIN, errno.EACCES})
_NO_LOCKS = disk.NOT_OFFERED | {errno.ENOLCK, errno.EBADF}
_GUARD_SECONDS = 60.0
_PAUSE_SECONDS = 0.005


class Lock:
    """A lock that this process holds until `release`, or until it ends."""

    def __init__(self, descriptor: int) -> None:
        """Hold the lock of an open file."""
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Release the lock; a second call does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def try_lock(path: Path) -> Lock | None:
    """Lock a file and create it if it is missing; its folder must exist.

    On a file system without locks this succeeds, and is reported by `disk.unreported`.

    Returns:
        The lock, or None if another process holds it.

    Raises:
        OSError: the file cannot be opened, or is not a regular file.
    """
    while True:
        descriptor = _open(path)
        try:
            if not _flock(descriptor, path):
                os.close(descriptor)
                return None
            # The folder may have been moved or deleted since the file was opened.
            if os.path.samestat(os.fstat(descriptor), path.lstat()):
                return Lock(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def is_free(path: Path) -> bool:
    """Whether a lock file exists that no process holds; False if unknown."""
    try:
        descriptor = os.open(path, os.O_RDONLY | atomic.SAFELY)
    except OSError:
        return False
    return atomic.lock_is_free(descriptor, fcntl.LOCK_SH)


@contextlib.contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """Prevent other processes of this machine from creating, moving or removing sessions.

    The lock is on the folder itself, so it leaves no file behind. If the folder cannot be locked or
    is missing, the block runs without a lock; then the first rename wins.

    Raises:
        SessionBusyError: another process held it for a minute.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        deadline = time.monotonic() + _GUARD_SECONDS
        while not _flock(descriptor, folder):
            if time.monotonic() > deadline:
                raise SessionBusyError(
                    f"{folder} is locked by another vae for {_GUARD_SECONDS:.0f} s: "
                    "end that process, then try again"
                )
            time.sleep(_PAUSE_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        return atomic.open_to_write(path, os.O_RDWR)
    except PermissionError:
        # Another user's file: reading is enough for a lock.
        return atomic.open_to_write(path, os.O_RDONLY, create=False)


def _flock(descriptor: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        if error.errno not in _NO_LOCKS:
            raise
        disk.report(
            path,
            f"has no locks ({error.strerror}): start one worker of a session at a time",
        )
    return True
