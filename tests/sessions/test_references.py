"""Resolving what a user types to a session."""

from pathlib import Path

import pytest

from vae_engine.errors import SessionNotFoundError
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings

FIRST, SECOND, THIRD = "20260101-120000-aa01", "20260102-120000-aa02", "20270101-120000-bb01"


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    store = SessionStore(tmp_path)
    for session_id, name in ((FIRST, "one"), (SECOND, "two"), (THIRD, "2026")):
        session = store.create(make_settings(), name=name)
        session.folder.rename(tmp_path / session_id)
    return store


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        (FIRST, FIRST),
        ("20260102", SECOND),
        ("2027", THIRD),
        ("aa02", SECOND),
        ("b", THIRD),
        ("one", FIRST),
        ("2026", THIRD),  # A name goes before the beginning of two ids.
        ("latest", THIRD),
    ],
)
def test_a_session_is_found(store: SessionStore, reference: str, found: str) -> None:
    assert store.find(reference).id == found


@pytest.mark.parametrize(
    "reference", ["", "three", "0101", "On", "..", "/", "20260101-120000-aa012"]
)
def test_nothing_else_is_found(store: SessionStore, reference: str) -> None:
    with pytest.raises(SessionNotFoundError, match="no session") as caught:
        store.find(reference)
    assert caught.value.remedy == "list_sessions"


@pytest.mark.parametrize("reference", ["20260", "aa", "202"])
def test_an_ambiguous_part_says_what_there_is_to_choose(
    store: SessionStore, reference: str
) -> None:
    with pytest.raises(SessionNotFoundError, match=f"means . sessions .* {FIRST}, {SECOND}"):
        store.find(reference)


def test_a_name_that_two_sessions_have_is_ambiguous(store: SessionStore) -> None:
    store.create(make_settings(), name="one")
    with pytest.raises(SessionNotFoundError, match="'one' means 2 sessions"):
        store.find("one")


def test_an_empty_store_says_how_to_begin(tmp_path: Path) -> None:
    for reference in ("latest", "one"):
        with pytest.raises(SessionNotFoundError, match="no session") as caught:
            SessionStore(tmp_path / "new").find(reference)
        assert caught.value.remedy == "train"


def test_a_reference_of_any_length_and_bytes_gives_one_short_line(store: SessionStore) -> None:
    with pytest.raises(SessionNotFoundError) as caught:
        store.find("\x1b[2J" * 100_000)
    assert len(str(caught.value)) < 500
    assert str(caught.value).isprintable()


def test_a_damaged_session_is_found_by_its_id_only(store: SessionStore) -> None:
    (store.root / FIRST / "session.json").write_text("{")
    assert store.find_listing("aa01").problem
    with pytest.raises(SessionNotFoundError):
        store.find_listing("one")
