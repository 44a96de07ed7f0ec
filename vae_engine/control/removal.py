"""Move sessions to the trash and restore them."""

from __future__ import annotations

from collections.abc import Sequence

from vae_engine.errors import SessionBusyError, SessionDamagedError
from vae_engine.sessions.session import Session, worker_alive
from vae_engine.sessions.store import Listing, SessionStore
from vae_engine.worker.launcher import let_leave


def delete_sessions(store: SessionStore, references: Sequence[str]) -> list[Listing]:
    """Move sessions to the trash: all of them, or none if one has a worker.

    Args:
        store: their store.
        references: id, name or unique part of an id of each; one named twice is moved once.

    Returns:
        The moved sessions.

    Raises:
        SessionNotFoundError: one of them does not exist.
        SessionBusyError: one has a worker.
        SessionError: one cannot be moved; the earlier ones were moved.
    """
    found = {listing.id: listing for listing in map(store.find_listing, references)}
    for listing in found.values():
        if not _is_free(listing):
            raise SessionBusyError(
                f"session {listing.id} is training", remedy="stop", subject=listing.id
            )
    for listing in found.values():
        store.delete(listing)
    return list(found.values())


def restore_sessions(store: SessionStore, references: Sequence[str]) -> list[Listing]:
    """Restore sessions from the trash; return their listings.

    Raises:
        SessionNotFoundError: the trash has none, or several, with that id or name.
        SessionError: one cannot be moved.
    """
    return [store.restore(reference) for reference in references]


def _is_free(listing: Listing) -> bool:
    if not worker_alive(listing.folder):
        return True
    try:
        return let_leave(Session(listing.folder))
    except SessionDamagedError:
        return False
