"""Stores and archives used by many tests."""

import io
import zipfile
from pathlib import Path

import pytest

from tests.sessions.archives import Files
from tests.sessions.makers import finished_session
from vae_engine.sessions.archive import CONTENTS, export_session
from vae_engine.sessions.store import SessionStore


@pytest.fixture(scope="package")
def honest(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of an honest archive."""
    folder = tmp_path_factory.mktemp("honest")
    export_session(finished_session(folder / "sessions"), folder / "session.zip")
    return (folder / "session.zip").read_bytes()


@pytest.fixture
def files(honest: bytes) -> Files:
    """What is in an honest archive, by name."""
    with zipfile.ZipFile(io.BytesIO(honest)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != CONTENTS}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "out" / "session.zip"


@pytest.fixture
def other(tmp_path: Path, archive: Path) -> SessionStore:
    """The store of another person."""
    archive.parent.mkdir()
    return SessionStore(tmp_path / "other")
