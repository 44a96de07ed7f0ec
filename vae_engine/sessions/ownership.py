"""Detects that another worker has taken a session over where locks are not visible."""

from __future__ import annotations

from pathlib import Path

from vae_engine.errors import SessionDamagedError, SessionLostError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import WorkerRecord
from vae_engine.text import printable_start

_Stamp = tuple[int, int, int]


class Ownership:
    """A worker's claim to a session or sweep: its own record in `worker.json`.

    Two machines or containers that cannot see each other's processes and locks may each start a
    worker. The later one replaces `worker.json`; the earlier one must then exit.
    """

    def __init__(self, folder: Path, record: WorkerRecord) -> None:
        """Claim the folder: write the worker's record.

        Raises:
            OSError: the disk refused.
        """
        self._path = folder / layout.WORKER
        self._record = record
        atomic.write_record(self._path, record)
        self._seen = self._stamp()

    def check(self) -> None:
        """Check that the folder is still this worker's; costs some microseconds.

        A missing or unreadable record names no other worker, so it has no effect.

        Raises:
            SessionLostError: another worker has the session.
        """
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return
        try:
            found = atomic.read_record(self._path, WorkerRecord)
        except (OSError, SessionDamagedError):
            return
        if found != self._record:
            raise SessionLostError(
                f"a worker on {printable_start(found.host)} (pid {found.pid}) has taken "
                f"{self._path.parent.name} over: this one (pid {self._record.pid}) ends and writes "
                "nothing more; locks and processes of that machine cannot be seen here"
            )
        self._seen = stamp

    def _stamp(self) -> _Stamp | None:
        try:
            found = self._path.lstat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
