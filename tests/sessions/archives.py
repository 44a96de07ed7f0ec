"""Archives as an attacker may make them."""

from __future__ import annotations

import hashlib
import re
import zipfile
from pathlib import Path
from typing import Any

import msgspec

from tests.sessions.makers import open_files, refusal
from vae_engine.sessions import layout
from vae_engine.sessions.archive import CONTENTS, import_session
from vae_engine.sessions.store import SessionStore

Files = dict[str, bytes]


def told(files: Files, /, **changes: Any) -> dict[str, Any]:
    """The `archive.json` that fits the files."""
    described = {
        name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    }
    if "id" not in changes:
        changes["id"] = msgspec.json.decode(files[layout.MANIFEST])["id"]
    return {"schema": 1, "slim": False, "files": described, **changes}


def pack(path: Path, files: Files, contents: dict[str, Any] | None = None) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo("x")
            info.filename = name  # The constructor would mend it.
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
        archive.writestr(CONTENTS, msgspec.json.encode(contents or told(files)))


def assert_refused(store: SessionStore, path: Path, why: str) -> None:
    before = open_files()
    assert re.search(why, refusal(lambda: import_session(store, path)))
    assert not store.root.exists() or list(store.root.iterdir()) == []
    assert open_files() == before


def members(archive: Path) -> set[str]:
    """The names of its members, all of which can be unpacked."""
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        return set(opened.namelist())
