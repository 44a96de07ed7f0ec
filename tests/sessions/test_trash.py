"""Deleting and restoring sessions."""

import shutil
from pathlib import Path

import pytest

from tests.sessions.makers import (
    contents,
    finished_session,
    live_session,
    new_session,
)
from vae_engine.errors import (
    SessionBusyError,
    SessionError,
    SessionNotFoundError,
)
from vae_engine.sessions import layout
from vae_engine.sessions.drafts import move
from vae_engine.sessions.liveness import hold_lock
from vae_engine.sessions.records import Label
from vae_engine.sessions.store import SessionStore


def test_a_deleted_session_can_be_restored_unchanged(store: SessionStore) -> None:
    session = finished_session(store.root, name="mine")
    before = contents(session.folder)
    store.delete(session)
    assert store.listings() == []
    assert [listing.id for listing in store.trash()] == [session.id]
    back = store.restore("mine")
    assert back.id == session.id
    assert contents(back.folder) == {**before, layout.LOCK: b""}
    assert store.trash() == []


def test_emptying_the_trash_deletes_what_is_in_it_and_nothing_else(store: SessionStore) -> None:
    kept, *deleted = (new_session(store.root) for _ in range(3))
    for session in deleted:
        store.delete(session)
    assert store.empty_trash() == 2
    assert store.trash() == []
    assert [listing.id for listing in store.listings()] == [kept.id]
    with pytest.raises(SessionNotFoundError, match="in the trash"):
        store.restore(deleted[0].id)


def test_a_live_session_is_not_deleted(store: SessionStore) -> None:
    session = live_session(store.root)
    with pytest.raises(SessionBusyError, match="is training"):
        store.delete(session)
    assert session.folder.is_dir()


def test_a_session_that_a_worker_just_took_is_not_deleted(store: SessionStore) -> None:
    session = new_session(store.root)
    lock = hold_lock(session.folder)
    try:
        with pytest.raises(SessionBusyError):
            store.delete(session)
    finally:
        lock.release()
    store.delete(session)


def test_a_damaged_session_can_be_deleted(store: SessionStore) -> None:
    session = new_session(store.root)
    (session.folder / layout.MANIFEST).write_text("{")
    store.delete(store.find_listing(session.id))
    assert [listing.id for listing in store.trash()] == [session.id]
    back = store.restore(session.id)
    assert (back.id, back.folder) == (session.id, session.folder)
    assert "damaged" in back.problem
    assert store.trash() == []


def test_a_session_whose_lock_is_a_link_is_not_touched(store: SessionStore, tmp_path: Path) -> None:
    session = new_session(store.root)
    (session.folder / layout.LOCK).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SessionError, match="cannot be deleted"):
        store.delete(session)
    assert not (tmp_path / "elsewhere").exists()


def test_nothing_is_overwritten_by_deleting_or_restoring(store: SessionStore) -> None:
    session = new_session(store.root)
    store.delete(session)
    shutil.copytree(store.root / layout.TRASH / session.id, session.folder)
    for act in (lambda: store.delete(session), lambda: store.restore(session.id)):
        with pytest.raises(SessionError, match="in the way"):
            act()
    assert session.folder.is_dir()
    assert len(store.trash()) == 1


def test_a_session_that_is_gone_cannot_be_deleted_or_labelled(store: SessionStore) -> None:
    session = new_session(store.root)
    shutil.rmtree(session.folder)
    with pytest.raises(SessionError, match=session.id):
        store.delete(session)
    with pytest.raises(SessionError, match="cannot be labelled: No such file"):
        store.relabel(session, Label(name="new"))


def test_a_session_that_another_process_empties_while_it_is_restored_is_gone(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = new_session(store.root)
    store.delete(session)

    def emptied_first(source: Path, target: Path) -> None:
        assert store.empty_trash() == 1
        move(source, target)

    monkeypatch.setattr("vae_engine.sessions.store.move", emptied_first)
    with pytest.raises(SessionNotFoundError, match="was just deleted"):
        store.restore(session.id)
    assert store.listings() == store.trash() == []
