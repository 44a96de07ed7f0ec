"""The driver's side: applies updates of sessions on nodes without access to its folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vae_engine.errors import SessionError
from vae_engine.sessions import atomic, disk, layout
from vae_engine.sessions.event_log import EventWriter
from vae_engine.sessions.liveness import beat, hold_lock
from vae_engine.sessions.locks import Lock
from vae_engine.sweeps.ray.mirror import Appended, Update, is_mirrored


class AttemptSupersededError(SessionError):
    """Another attempt has the session, or it was deleted: this attempt must end."""


@dataclass
class _Attempt:
    name: str
    lock: Lock | None
    identity: os.stat_result


class Receiver:
    """Writes to the driver's folder for workers on other machines.

    One attempt has a session at a time. If Ray restarts a task elsewhere, the latest attempt
    counts, and updates of earlier ones are refused. The session's lock is held here meanwhile, so
    that no worker on the driver's side trains it, too.
    """

    def __init__(self, root: str) -> None:
        """Receive updates of the sessions below `root`."""
        self._root = Path(root)
        self._attempts: dict[str, _Attempt] = {}

    def begin(self, session: str, attempt: str, *, mirrored: bool) -> dict[str, bytes]:
        """Give a session to an attempt.

        Args:
            session: its id.
            attempt: its unique name.
            mirrored: False if its worker writes to the driver's folder itself, and takes the lock.

        Returns:
            The session's files to continue from, by name; none if it is not mirrored.

        Raises:
            SessionBusyError: a worker on the driver's side has it.
            SupersededError: it was deleted.
            OSError: the folder cannot be read or written.
        """
        self._release(session)
        try:
            return self._begin(session, attempt, mirrored=mirrored)
        except OSError as error:
            self._release(session)
            if isinstance(error, FileNotFoundError) and not (self._root / session).exists():
                raise _deleted(session) from error
            raise

    def _begin(self, session: str, attempt: str, *, mirrored: bool) -> dict[str, bytes]:
        folder = self._root / session
        identity = folder.stat()
        lock = hold_lock(folder) if mirrored else None
        self._attempts[session] = _Attempt(attempt, lock, identity)
        if not mirrored:
            return {}
        atomic.remove_temporaries(folder)
        layout.create_folders(folder)
        # A killed worker may have left half a line; the next offset is after a whole one.
        EventWriter(folder / layout.EVENTS).close()
        return self.contents(session)

    def contents(self, session: str) -> dict[str, bytes]:
        """Return the files of a session that another machine needs to continue it, by name.

        Raises:
            OSError: the folder is missing or cannot be read.
        """
        folder = self._root / session
        found = {}
        for path in [*folder.glob("*"), *folder.glob("*/*")]:
            name = path.relative_to(folder).as_posix()
            if layout.travels(name) and path.is_file():
                with contextlib.suppress(FileNotFoundError):  # Just pruned.
                    found[name] = path.read_bytes()
        return found

    def update(
        self, session: str, attempt: str, update: Update, delivered: Iterable[str] = ()
    ) -> dict[str, bytes]:
        """Apply an update, and return the session's pending commands.

        Args:
            session: its id.
            attempt: the sender. update: the changes.
            delivered: names of command files that have arrived in the worker's inbox.

        Returns:
            The commands in the session's inbox, by file name.

        Raises:
            SupersededError: the attempt no longer has the session.
            OSError: the disk refused; the same update may be sent again.
        """
        folder = self._require(session, attempt)
        for name in delivered:
            (folder / layout.INBOX / Path(name).name).unlink(missing_ok=True)
        _apply(folder, update)
        return _commands(folder)

    def keep_evaluation(self, session: str, content: bytes) -> None:
        """Write an evaluation from another machine.

        Raises:
            OSError: the disk refused.
        """
        atomic.replace_content(self._root / session / layout.EVALUATION, content)

    def end(self, session: str, attempt: str) -> None:
        """End an attempt and release the session."""
        current = self._attempts.get(session)
        if current is not None and current.name == attempt:
            self._release(session)

    def _release(self, session: str) -> None:
        earlier = self._attempts.pop(session, None)
        if earlier is not None and earlier.lock is not None:
            earlier.lock.release()

    def _require(self, session: str, attempt: str) -> Path:
        current = self._attempts.get(session)
        if current is None or current.name != attempt:
            raise AttemptSupersededError(f"another attempt has session {session}")
        folder = self._root / session
        try:
            same = os.path.samestat(folder.stat(), current.identity)
        except FileNotFoundError:
            same = False
        if not same:
            self._release(session)
            raise _deleted(session)
        return folder


def _deleted(session: str) -> AttemptSupersededError:
    return AttemptSupersededError(f"session {session} was deleted")


def _apply(folder: Path, update: Update) -> None:
    for name, content in update.replaced:
        if not is_mirrored(name):
            raise SessionError(f"{name} is not a file of a worker")
        atomic.replace_content(folder / name, content, durable=not name.startswith(layout.PREVIEWS))
    if update.named:
        for pattern in (f"{layout.CHECKPOINTS}/epoch-*.npz", f"{layout.EXPORTS}/[de]*coder-*"):
            for path in folder.glob(pattern):
                if path.relative_to(folder).as_posix() not in update.named:
                    path.unlink(missing_ok=True)
    for appended in update.appended:
        _append(folder, appended)
    if update.summary is not None:
        atomic.replace_content(folder / layout.SUMMARY, update.summary, durable=False)
    if update.beat:
        beat(folder)


def _append(folder: Path, appended: Appended) -> None:
    if appended.name not in (layout.EVENTS, layout.LOG):
        raise SessionError(f"{appended.name} is not a log")
    descriptor = atomic.open_to_write(folder / appended.name, os.O_WRONLY)
    try:
        if os.fstat(descriptor).st_size < appended.offset:
            raise AttemptSupersededError(
                f"{appended.name} was truncated while its worker was running"
            )
        with os.fdopen(os.dup(descriptor), "wb", buffering=0) as file:
            file.seek(appended.offset)
            content = memoryview(appended.content)
            while content:
                content = content[file.write(content) :]
        if appended.name == layout.EVENTS:
            disk.sync_open_file(descriptor, folder / appended.name)
    except OSError:
        # Remove the incomplete line; it is sent again.
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, appended.offset)
        raise
    finally:
        os.close(descriptor)


def _commands(folder: Path) -> dict[str, bytes]:
    found = {}
    for path in sorted((folder / layout.INBOX).glob("[0-9]*.json")):
        with contextlib.suppress(FileNotFoundError):
            found[path.name] = atomic.read_bounded(path, 2**20)
    return found
