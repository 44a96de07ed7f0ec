"""What these tests begin with: sessions to break, in folders of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.recorder import Recorder
from vae_engine.sessions.store import SessionStore


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes what belongs to whoever runs it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("VAE_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "sessions")


@pytest.fixture
def recorder(store: SessionStore) -> Recorder:
    return Recorder(store)
