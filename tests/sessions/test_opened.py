"""A session that was just added: another process may have it in the trash already."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sessions.makers import finished_session, new_session
from vae_engine.errors import SessionDamagedError, SessionNotFoundError
from vae_engine.sessions import layout, store
from vae_engine.sessions.archive import export_session, import_session
from vae_engine.sessions.example import add_example
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings


def create(where: SessionStore, _archive: Path) -> Session:
    return where.create(make_settings(), command=["vae"])


def add(where: SessionStore, _archive: Path) -> Session:
    return add_example(where)


ADDITIONS: dict[str, Callable[[SessionStore, Path], Session]] = {
    "create": create,
    "import": import_session,
    "example": add,
}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "session.zip"
    export_session(finished_session(tmp_path / "other"), path)
    return path


@pytest.mark.parametrize("how", ADDITIONS)
def test_a_session_that_is_deleted_at_once_is_said_to_be(
    tmp_path: Path, archive: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deleted_first(folder: Path) -> Session:
        if folder.exists():
            shutil.move(folder, tmp_path / "trash")
        return Session(folder)

    monkeypatch.setattr(store, "Session", deleted_first)
    with pytest.raises(SessionNotFoundError, match="was just deleted"):
        ADDITIONS[how](SessionStore(tmp_path / "sessions"), archive)


@pytest.mark.parametrize("how", ADDITIONS)
def test_a_session_that_is_moved_away_and_back_is_opened(
    tmp_path: Path, archive: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []

    def away_at_first(folder: Path) -> Session:
        if seen:
            return Session(folder)
        seen.append(folder)
        shutil.move(folder, tmp_path / "trash")
        try:
            return Session(folder)
        finally:
            shutil.move(tmp_path / "trash", folder)

    monkeypatch.setattr(store, "Session", away_at_first)
    session = ADDITIONS[how](SessionStore(tmp_path / "sessions"), archive)
    assert session.folder == seen[0]


def test_a_damaged_session_is_said_to_be_damaged(tmp_path: Path) -> None:
    session = new_session(tmp_path)
    (session.folder / layout.MANIFEST).unlink()
    with pytest.raises(SessionDamagedError, match=r"session\.json is missing"):
        SessionStore(tmp_path).opened(session.id)
