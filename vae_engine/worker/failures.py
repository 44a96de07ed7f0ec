"""Why a worker stopped, in one line with what to do."""

from __future__ import annotations

import errno
import os

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_ADVICE = {
    errno.ENOSPC: "the disk is full: free some space, then resume",
    errno.EDQUOT: "the disk quota is used up: free some space, then resume",
    errno.EFBIG: "a file exceeds the system's size limit: raise it (ulimit -f), then resume",
    errno.EROFS: "the disk is read-only: make it writable, then resume",
    errno.EACCES: "the session's folder may not be written: allow it, then resume",
    errno.EPERM: "the session's folder may not be written: allow it, then resume",
    errno.EIO: "the disk has an I/O error: check it, then resume",
    errno.ESTALE: "the network file system is unavailable: reconnect it, then resume",
}


def disk_error(error: BaseException) -> int:
    """Return the errno of the disk error behind an error, 0 for none.

    Libraries wrap such errors in their own; HDF5 keeps only the text.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _ADVICE:
            return seen.errno
        seen = seen.__cause__ or seen.__context__
    return next((number for number in _ADVICE if os.strerror(number) in str(error)), 0)


def last_word(error: BaseException) -> str:
    """Return one line for the error that ended a run early."""
    text = " ".join(str(error).split())[:300]
    if number := disk_error(error):
        return f"{_ADVICE[number]} ({text})"
    return f"{type(error).__name__}: {text}"
