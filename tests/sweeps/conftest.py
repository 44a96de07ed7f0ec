from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.recorder import Recorder
from tests.worker.conftest import Runner as Workers
from vae_engine.sessions.store import SessionStore
from vae_engine.sweeps.store import SweepStore


@pytest.fixture
def sessions(tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "sessions")


@pytest.fixture
def store(sessions: SessionStore) -> SweepStore:
    return SweepStore(sessions)


@pytest.fixture
def recorder(sessions: SessionStore) -> Recorder:
    return Recorder(sessions)


@pytest.fixture
def no_workers_left(sessions: SessionStore) -> Iterator[None]:
    """Kill the workers of this test's sessions when it ends."""
    yield
    Workers(sessions.root).kill_all()
