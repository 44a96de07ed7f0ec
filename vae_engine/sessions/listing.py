"""Sessions as lines of a list, even if damaged."""

from __future__ import annotations

from pathlib import Path

import msgspec

from vae_engine.errors import SessionDamagedError, SessionError
from vae_engine.sessions.manifest import read_label, read_manifest
from vae_engine.sessions.records import Label, Manifest, Status
from vae_engine.sessions.session import present_status, read_summary, worker_alive
from vae_engine.sessions.summary import Summary, settled


class Listing(msgspec.Struct, frozen=True):
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


def read_listing(folder: Path) -> Listing:
    """Describe the session in `folder`; an error becomes its `problem`."""
    try:
        manifest = read_manifest(folder)
        summary = _present(read_summary(folder), folder)
    except SessionDamagedError as error:
        return Listing(folder.name, folder, problem=str(error))
    return Listing(
        folder.name,
        folder,
        manifest,
        read_label(folder, manifest),
        summary,
        present_status(
            folder,
            manifest,
            summary.phase,
            summary.end_status,
            alive=False if summary.attempt else None,
        ),
    )


def _present(summary: Summary, folder: Path) -> Summary:
    if summary.earlier is None or worker_alive(folder):
        return summary
    return settled(summary)


def read_listings(root: Path) -> list[Listing]:
    """Describe the sessions in `root`, newest first, damaged ones last.

    Raises:
        SessionError: `root` cannot be read.
    """
    listings = [listing for folder in session_folders(root) if (listing := _read_settled(folder))]
    return sorted(listings, key=lambda listing: (-listing.created, listing.id))


def _read_settled(folder: Path) -> Listing | None:
    """Like `read_listing`, but None if the session was moved away meanwhile."""
    listing = read_listing(folder)
    if listing.problem:  # Or it was moved away and back.
        listing = read_listing(folder)
    return None if listing.problem and not folder.exists() else listing


def session_folders(root: Path) -> list[Path]:
    """List the folders in `root` that are or claim to be sessions; none if `root` is missing.

    Raises:
        SessionError: `root` cannot be read.
    """
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
