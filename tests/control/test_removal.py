"""Deleting and restoring sessions."""

from __future__ import annotations

import pytest

from tests.tui.recorder import Recorder
from vae_engine.control.removal import delete_sessions, restore_sessions
from vae_engine.errors import SessionBusyError, SessionNotFoundError
from vae_engine.sessions import layout
from vae_engine.sessions.store import SessionStore


def test_sessions_are_deleted_together_or_not_at_all(
    store: SessionStore, recorder: Recorder
) -> None:
    over, live = recorder.session("over"), recorder.session("live", status="training", of=9)
    with pytest.raises(SessionBusyError, match="is training") as caught:
        delete_sessions(store, [over.id, live.id])
    assert (caught.value.remedy, caught.value.subject) == ("stop", live.id)
    assert len(store.listings()) == 2
    assert [one.id for one in delete_sessions(store, [over.id, over.id])] == [over.id]
    assert [listing.id for listing in store.trash()] == [over.id]
    with pytest.raises(SessionNotFoundError):
        delete_sessions(store, [over.id])


def test_a_damaged_session_can_be_deleted_and_comes_back(
    store: SessionStore, recorder: Recorder
) -> None:
    session = recorder.session()
    (session.folder / layout.MANIFEST).write_text("{")
    delete_sessions(store, [session.id])
    restore_sessions(store, [session.id])
    (listing,) = store.listings()
    assert listing.problem
