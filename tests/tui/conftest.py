from __future__ import annotations

import pytest

from tests.tui.recorder import Recorder
from tui.app import WorkbenchApp
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test sees the terminal that it says it has."""
    monkeypatch.delenv("VAE_SESSIONS", raising=False)
    for name in ("NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "VAE_LINK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.fixture
def recorded_session(recorder: Recorder) -> Session:
    """A completed session of 4 epochs at latent_dim 2, with previews and exports of 1 and 4."""
    return recorder.session("recorded")


@pytest.fixture
def app(store: SessionStore) -> WorkbenchApp:
    return WorkbenchApp(store)
