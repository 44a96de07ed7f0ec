"""The folder of all sessions: create, list, find, label, delete and restore."""

from __future__ import annotations

import secrets
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from vae_engine.errors import (
    SessionBusyError,
    SessionDamagedError,
    SessionError,
    SessionNotFoundError,
)
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.liveness import hold_lock
from vae_engine.sessions.progress import Summary
from vae_engine.sessions.records import Label, Manifest, Status
from vae_engine.sessions.session import (
    Session,
    default_name,
    present_status,
    read_label,
    read_manifest,
    read_summary,
)
from vae_engine.settings import Settings

LATEST = "latest"


@dataclass(frozen=True)
class Listing:
    """One line of a list of sessions; a damaged session has a `problem` and nothing else."""

    id: str
    folder: Path
    manifest: Manifest | None = None
    label: Label | None = None
    summary: Summary | None = None
    status: Status | None = None
    problem: str = ""

    @property
    def created(self) -> float:
        """When it was created, in seconds since 1970; 0 for a damaged one."""
        return self.manifest.created if self.manifest else 0.0


class SessionStore:
    """All sessions below one folder, which need not exist yet."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()

    def create(
        self,
        settings: Settings,
        *,
        name: str | None = None,
        command: Sequence[str] | None = None,
        parent: str | None = None,
    ) -> Session:
        """Make a new session; it appears whole or not at all, and nothing trains yet.

        Args:
            settings: what it will train with.
            name: what people call it; by default made of dataset and latent dimension.
            command: the command line to record; by default this process's.
            parent: id of the session it was forked from.

        Raises:
            SessionError: the folder cannot be written.
        """
        now = time.time()
        session_id = f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}-{secrets.token_hex(2)}"
        manifest = Manifest(
            id=session_id,
            created=now,
            settings=settings,
            command=list(sys.argv if command is None else command),
            parent=parent,
            version=version("vae-workbench"),
        )
        draft = self.root / f".new-{session_id}"
        try:
            draft.mkdir(parents=True)
            layout.create_folders(draft)
            atomic.write_record(draft / layout.MANIFEST, manifest)
            label = Label(name=name or default_name(settings))
            atomic.write_record(draft / layout.LABEL, label)
            draft.rename(self.root / session_id)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise SessionError(
                f"no session can be created in {self.root}: {error.strerror}"
            ) from None
        return Session(self.root / session_id)

    def listings(self) -> list[Listing]:
        """All sessions, newest first; damaged ones last, each with its problem."""
        listings = [_listing(folder) for folder in self._folders()]
        return sorted(listings, key=lambda listing: (-listing.created, listing.id))

    def find(self, reference: str) -> Session:
        """The session that `reference` names: an id, a unique part of it, a name, or `latest`.

        A unique part is the beginning of the id or of its last group of characters.

        Raises:
            SessionNotFoundError: none or several are meant.
            SessionDamagedError: the one that is meant cannot be read.
        """
        return Session(self._resolve(reference, self._folders()))

    def delete(self, session: Session) -> None:
        """Move a session to the trash.

        Raises:
            SessionBusyError: it has a worker.
            SessionError: it cannot be moved.
        """
        if session.alive():
            raise SessionBusyError(f"session {session.id} is training: stop it before deleting")
        lock = hold_lock(session.folder)
        try:
            self._move(session.folder, self._trash / session.id)
        finally:
            lock.release()

    def restore(self, reference: str) -> Session:
        """Bring a session back from the trash.

        Raises:
            SessionNotFoundError: the trash has none, or several, of that id or name.
            SessionError: it cannot be moved.
        """
        folder = self._resolve(reference, _session_folders(self._trash), where="in the trash")
        self._move(folder, self.root / folder.name)
        return Session(self.root / folder.name)

    def trash(self) -> list[Listing]:
        """The deleted sessions, newest first."""
        listings = [_listing(folder) for folder in _session_folders(self._trash)]
        return sorted(listings, key=lambda listing: (-listing.created, listing.id))

    def empty_trash(self) -> int:
        """Delete what is in the trash for good; returns how many sessions that were.

        Raises:
            SessionError: something cannot be deleted.
        """
        folders = _session_folders(self._trash)
        try:
            for folder in folders:
                shutil.rmtree(folder)
        except OSError as error:
            raise SessionError(f"the trash cannot be emptied: {error.strerror}") from None
        return len(folders)

    def relabel(self, session: Session, label: Label) -> None:
        """Replace a session's name, tags and note.

        Raises:
            SessionError: the folder cannot be written.
        """
        try:
            atomic.write_record(session.folder / layout.LABEL, label)
        except OSError as error:
            raise SessionError(
                f"session {session.id} cannot be labelled: {error.strerror}"
            ) from None

    @property
    def _trash(self) -> Path:
        return self.root / layout.TRASH

    def _folders(self) -> list[Path]:
        return _session_folders(self.root)

    def _move(self, source: Path, target: Path) -> None:
        if target.exists():
            raise SessionError(f"{target} is in the way: move it aside first")
        try:
            target.parent.mkdir(exist_ok=True)
            source.rename(target)
        except OSError as error:
            raise SessionError(
                f"session {source.name} cannot be moved to {target.parent}: {error.strerror}"
            ) from None

    def _resolve(self, reference: str, folders: list[Path], where: str = "") -> Path:
        where = where or f"in {self.root}"
        if reference == LATEST:
            readable = [listing for folder in folders if not (listing := _listing(folder)).problem]
            if not readable:
                raise SessionNotFoundError(f"no session {where}: `vae train` makes one")
            return max(readable, key=lambda listing: listing.created).folder
        for matches in (_by_id(reference, folders), _by_name(reference, folders)):
            if len(matches) == 1:
                return matches[0]
            if matches:
                ids = ", ".join(sorted(folder.name for folder in matches)[:5])
                raise SessionNotFoundError(
                    f"{reference!r} means {len(matches)} sessions {where}: choose one of {ids}"
                )
        raise SessionNotFoundError(
            f"no session {reference!r} {where}: `vae sessions` lists what there is"
        )


def _by_id(reference: str, folders: list[Path]) -> list[Path]:
    exact = [folder for folder in folders if folder.name == reference]
    return exact or [
        folder
        for folder in folders
        if reference
        and (
            folder.name.startswith(reference)
            or folder.name.rpartition("-")[2].startswith(reference)
        )
    ]


def _by_name(reference: str, folders: list[Path]) -> list[Path]:
    return [
        folder
        for folder in folders
        if (label := _listing(folder).label) is not None and label.name == reference
    ]


def _session_folders(root: Path) -> list[Path]:
    try:
        return [
            path
            for path in root.iterdir()
            if not path.name.startswith(".") and path.is_dir() and not path.is_symlink()
        ]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SessionError(f"{root} cannot be read: {error.strerror}") from None


def _listing(folder: Path) -> Listing:
    try:
        manifest = read_manifest(folder)
        summary = read_summary(folder)
    except SessionDamagedError as error:
        return Listing(folder.name, folder, problem=str(error))
    return Listing(
        folder.name,
        folder,
        manifest,
        read_label(folder, manifest),
        summary,
        present_status(folder, manifest, summary.phase, summary.end_status),
    )
