"""Sessions folder: create, list, find, label, delete and restore sessions."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from vae_engine.errors import (
    Remedy,
    SessionBusyError,
    SessionDamagedError,
    SessionError,
    SessionNotFoundError,
)
from vae_engine.machine import with_machine_settings
from vae_engine.sessions import atomic, disk, layout
from vae_engine.sessions.drafts import (
    discard,
    draft_folder,
    finish_move,
    is_remainder,
    move,
    remove_discarded,
)
from vae_engine.sessions.labels import check_label
from vae_engine.sessions.listing import Listing, read_listing, read_listings, session_folders
from vae_engine.sessions.liveness import hold_lock
from vae_engine.sessions.locks import guarded
from vae_engine.sessions.manifest import default_name
from vae_engine.sessions.records import Label, Manifest
from vae_engine.sessions.references import LATEST, resolve
from vae_engine.sessions.session import Session, worker_alive
from vae_engine.settings import Settings

__all__ = ["LATEST", "Listing", "SessionStore"]


class _TakenError(Exception):
    """Another session has the id."""


class SessionStore:
    """All sessions below one folder, which need not exist yet."""

    def __init__(self, root: Path) -> None:
        """Use the sessions in `root`.

        Raises:
            SessionError: `root` is relative, and the working directory was removed.
        """
        try:
            self.root = root.expanduser().absolute()
        except FileNotFoundError:
            raise SessionError(
                f"the working directory {disk.removed_working_directory()} was removed: "
                f"cd to another, or give the full path of {root}"
            ) from None
        except RuntimeError:  # No such user.
            raise SessionError(f"{root} cannot be found: give its full path") from None

    def create(
        self,
        settings: Settings,
        *,
        name: str | None = None,
        command: Sequence[str] | None = None,
        parent: str | None = None,
        session_id: str | None = None,
        tags: Sequence[str] = (),
    ) -> Session:
        """Create a session atomically; nothing trains yet.

        Args:
            settings: its settings; `threads` 0 becomes this machine's CPU count.
            name: its name; by default composed of dataset and latent dimension.
            command: the command line to record; by default this process's.
            parent: id of the session it was forked from.
            session_id: its id; by default a new one.
            tags: of its label.

        Raises:
            SettingError: the name is too long, or not a line of text.
            SessionError: the folder cannot be written, or has a session with that id.
        """
        from importlib.metadata import version  # Only creation needs it, and it is slow.

        label = check_label(Label(name=name or default_name(settings), tags=list(tags)))
        now = time.time()
        manifest = Manifest(
            id=session_id or self._free_id(now),
            created=now,
            settings=with_machine_settings(settings),
            command=list(command_line() if command is None else map(as_text, command)),
            parent=parent,
            version=version("vae-workbench"),
        )
        while not self._add(manifest, label):
            if session_id:
                where = self.holds(session_id) or "here"
                raise SessionError(f"session {session_id} is {where} already: choose another id")
            manifest = msgspec.structs.replace(manifest, id=self._free_id(now))
        return self.opened(manifest.id)

    def opened(self, session_id: str) -> Session:
        """Open a session that was here a moment ago.

        Raises:
            SessionNotFoundError: another process has deleted it.
            SessionDamagedError: it cannot be read.
        """
        folder = self.root / session_id
        try:
            return Session(folder)
        except SessionDamagedError:
            if not folder.exists():
                raise SessionNotFoundError(f"session {session_id} was just deleted") from None
            return Session(folder)  # It may have been moved away and back.

    def _add(self, manifest: Manifest, label: Label) -> bool:
        """Write a new session; False if another process created the same id meanwhile."""

        def check() -> None:
            if self.holds(manifest.id):
                raise _TakenError

        try:
            with draft_folder(self.root, manifest.id, check=check) as draft:
                layout.create_folders(draft)
                atomic.write_record(draft / layout.MANIFEST, manifest, durable=False)
                atomic.write_record(draft / layout.LABEL, label, durable=False)
        except _TakenError:
            return False
        except OSError as error:
            raise SessionError(
                f"cannot create a session in {self.root}: {error.strerror}"
            ) from None
        return True

    def listings(self) -> list[Listing]:
        """List all sessions, newest first; damaged ones last, each with its problem.

        Raises:
            SessionError: the folder cannot be read.
        """
        return read_listings(self.root)

    def find(self, reference: str) -> Session:
        """Find the session that `reference` names: an id, a name, a unique part of an id, or
        `latest`.

        A unique part is the beginning of the id or of its last group of characters. An example,
        named in full, is copied from the package if it is neither here nor in the trash.

        Raises:
            SessionNotFoundError: none or several are meant.
            SessionDamagedError: the matching session cannot be read.
            SessionError: the example cannot be copied.
        """
        from vae_engine.sessions import example  # It imports this module.

        try:
            folder = self._resolve(reference)
        except SessionNotFoundError:
            named = next((one for one in example.missing(self) if one.name == reference), None)
            if named is None:
                raise
            folder = example.add_example(self, named).folder
        return self.opened(folder.name)

    def find_listing(self, reference: str) -> Listing:
        """Like `find`, but includes damaged sessions, to report or delete them.

        Raises:
            SessionNotFoundError: none or several are meant.
        """
        return read_listing(self._resolve(reference))

    def delete(self, session: Session | Listing) -> None:
        """Move a session, even a damaged one, to the trash.

        Raises:
            SessionNotFoundError: it was deleted, or is in the trash already.
            SessionBusyError: it has a worker.
            SessionError: it cannot be moved.
        """
        with guarded(self.root):
            if not session.folder.is_dir():
                where = "in the trash already" if self.holds(session.id) else "gone"
                raise SessionNotFoundError(f"session {session.id} is {where}")
            if worker_alive(session.folder):
                raise SessionBusyError(
                    f"session {session.id} is training", remedy="stop", subject=session.id
                )
            try:
                lock = hold_lock(session.folder)
            except OSError as error:
                raise SessionError(
                    f"session {session.id} cannot be deleted: {error.strerror} ({layout.LOCK})"
                ) from None
            try:
                self._move(session.folder, self.trash_folder / session.id)
            finally:
                lock.release()

    def restore(self, reference: str) -> Listing:
        """Restore a session, even a damaged one, from the trash.

        Raises:
            SessionNotFoundError: the trash has none, or several, with that id or name.
            SessionError: it cannot be moved.
        """
        with guarded(self.root):
            folders = session_folders(self.trash_folder)
            folder = resolve(reference, folders, where="in the trash", remedy="list_trash")
            self._move(folder, self.root / folder.name)
        return read_listing(self.root / folder.name)

    def trash(self) -> list[Listing]:
        """List the deleted sessions, newest first.

        Raises:
            SessionError: the trash cannot be read.
        """
        return read_listings(self.trash_folder)

    def empty_trash(self) -> int:
        """Empty the trash permanently; return the number of sessions deleted.

        Raises:
            SessionError: something cannot be deleted.
        """
        deleted = 0
        try:
            remove_discarded(self.trash_folder)
            for folder in session_folders(self.trash_folder):
                # Another process may restore it, or empty the trash too.
                with contextlib.suppress(FileNotFoundError):
                    discard(folder)
                    deleted += 1
        except OSError as error:
            raise SessionError(f"the trash cannot be emptied: {error.strerror}") from None
        return deleted

    def relabel(self, session: Session, label: Label) -> None:
        """Replace a session's name, tags and note.

        Raises:
            SettingError: the label is invalid, see `check_label`.
            SessionError: the folder cannot be written.
        """
        check_label(label)
        try:
            # A concurrent move would take the temporary file with it.
            with guarded(self.root):
                atomic.write_record(session.folder / layout.LABEL, label)
        except OSError as error:
            raise SessionError(
                f"session {session.id} cannot be labelled: {error.strerror}"
            ) from None

    def holds(self, session_id: str) -> str:
        """Return the place of a session with that id: "here", "in the trash", or "" for none."""
        if os.path.lexists(self.root / session_id):
            return "here"
        return "in the trash" if os.path.lexists(self.trash_folder / session_id) else ""

    @property
    def trash_folder(self) -> Path:
        """Folder of deleted sessions."""
        return self.root / layout.TRASH

    def _free_id(self, now: float) -> str:
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
        while self.holds(session_id := f"{stamp}-{atomic.random_name(2)}"):
            pass
        return session_id

    def _resolve(self, reference: str) -> Path:
        folders = session_folders(self.root)
        if reference in (folder.name for folder in session_folders(self.root / layout.SWEEPS)):
            raise SessionNotFoundError(
                f"{reference} is a sweep, not a session", remedy="follow_sweep", subject=reference
            )
        remedy: Remedy = "list_sessions" if folders else "train"
        return resolve(reference, folders, where=f"in {self.root}", remedy=remedy)

    def _move(self, source: Path, target: Path) -> None:
        try:
            if target.is_dir() and is_remainder(source, target):
                finish_move(source, target)
            else:
                move(source, target)
        except FileExistsError:
            raise SessionError(f"{target} is in the way: move it aside first") from None
        except OSError as error:
            if not os.path.lexists(source) and not os.path.lexists(target):
                # Emptying the trash takes no guard, because it may take long.
                raise SessionNotFoundError(f"session {source.name} was just deleted") from None
            raise SessionError(
                f"session {source.name} cannot be moved to {target.parent}: {error.strerror}"
            ) from None


def command_line() -> list[str]:
    """Return this process's command line, without the command's folder."""
    return [as_text(part) for part in (Path(sys.argv[0]).name, *sys.argv[1:])]


def as_text(argument: str) -> str:
    """Return a command's argument, which may be any bytes, as text that JSON can hold."""
    return argument.encode(errors="replace").decode()
