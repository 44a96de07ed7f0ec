from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.recorder import Recorder
from tui.app import WorkbenchApp
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the preferences of whoever runs it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("VAE_SESSIONS", raising=False)
    for name in ("NO_COLOR", "SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "sessions")


@pytest.fixture
def recorder(store: SessionStore) -> Recorder:
    return Recorder(store)


@pytest.fixture
def recorded_session(recorder: Recorder) -> Session:
    """A completed session of 4 epochs at latent_dim 2, with previews and exports of 1 and 4."""
    return recorder.session("recorded")


@pytest.fixture
def app(store: SessionStore) -> WorkbenchApp:
    return WorkbenchApp(store)
