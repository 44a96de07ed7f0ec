"""What stopped a worker, in one line that says what to do."""

from __future__ import annotations

import errno
import os

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_ADVICE = {
    errno.ENOSPC: "the disk is full: make room, then resume",
    errno.EDQUOT: "the disk quota is used up: make room, then resume",
    errno.EFBIG: "a file grew beyond the limit of the system: raise it (ulimit -f), then resume",
    errno.EROFS: "the disk is read-only: make it writable, then resume",
    errno.EACCES: "the session's folder may not be written: allow it, then resume",
    errno.EPERM: "the session's folder may not be written: allow it, then resume",
    errno.EIO: "the disk fails: see to it, then resume",
    errno.ESTALE: "the network file system is gone: bring it back, then resume",
}


def disk_error(error: BaseException) -> int:
    """The system's number of the disk error that is behind an error, 0 for none.

    Libraries wrap such errors in ones of their own, HDF5 with no more than the text.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _ADVICE:
            return seen.errno
        seen = seen.__cause__ or seen.__context__
    return next((number for number in _ADVICE if os.strerror(number) in str(error)), 0)


def last_word(error: BaseException) -> str:
    """One line for whatever ended a run before its time."""
    text = " ".join(str(error).split())[:300]
    if number := disk_error(error):
        return f"{_ADVICE[number]} ({text})"
    return f"{type(error).__name__}: {text}"
