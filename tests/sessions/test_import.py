"""Importing sessions: an error is one line, and leaves nothing behind."""

import errno
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sessions.archives import Files, assert_refused, pack, told
from tests.sessions.makers import contents, file_size_limit
from vae_engine.errors import SessionDamagedError, SessionError
from vae_engine.sessions import layout
from vae_engine.sessions.archive import import_session
from vae_engine.sessions.store import SessionStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.zip"


def test_the_honest_twin_of_all_these_is_imported(
    store: SessionStore, path: Path, files: Files
) -> None:
    pack(path, files)
    session = import_session(store, path)
    assert contents(session.folder).keys() == files.keys() | {layout.SUMMARY}


@pytest.mark.parametrize("data", [b"", b"I am no zip", b"PK\x05\x06", b"PK\x03\x04" * 100])
def test_what_is_no_zip_is_refused(store: SessionStore, path: Path, data: bytes) -> None:
    path.write_bytes(data)
    assert_refused(store, path, "session.zip is not a zip archive")


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_refused(
    store: SessionStore, path: Path, make: Callable[[Path], object]
) -> None:
    make(path)
    assert_refused(store, path, "is not a regular file")


def test_an_archive_that_is_not_there_is_refused(store: SessionStore, path: Path) -> None:
    assert_refused(store, path, "cannot be read: No such file")


def test_a_link_to_an_archive_is_as_good_as_the_archive(
    store: SessionStore, path: Path, honest: bytes
) -> None:
    path.with_name("real.zip").write_bytes(honest)
    path.symlink_to("real.zip")
    assert import_session(store, path).id


def test_an_archive_of_something_else_is_refused(store: SessionStore, path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(layout.MANIFEST, "{}")
    assert_refused(store, path, "no archive.json: it is not an exported session")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"schema": 2, "id": 5}, "schema 2, this version reads up to 1: upgrade"),
        ({"schema": "1"}, "archive.json is damaged"),
        ({"id": "../evil"}, "archive.json is damaged"),
        ({"id": "-rf"}, "archive.json is damaged"),
        ({"id": ".trash"}, "archive.json is damaged"),
        ({"id": "x" * 65}, "archive.json is damaged"),
        ({"files": []}, "archive.json is damaged"),
        ({"files": {}}, "lacks files that its archive.json names"),
        ({"files": {"session.json": {"size": -1, "sha256": "0" * 64}}}, "archive.json is damaged"),
        ({"files": {"session.json": {"size": 1, "sha256": "0"}}}, "archive.json is damaged"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_archive_with_a_wrong_table_is_refused(
    store: SessionStore, path: Path, files: Files, changes: dict[str, Any], why: str
) -> None:
    pack(path, files, told(files, **changes))
    assert_refused(store, path, why)


@pytest.mark.parametrize("name", [layout.MANIFEST, layout.LABEL, layout.checkpoint_file(3, 0)])
def test_a_missing_file_is_reported(
    store: SessionStore, path: Path, files: Files, name: str
) -> None:
    contents = told(files)
    del files[name]
    pack(path, files, contents)
    assert_refused(store, path, "lacks files")


def test_an_archive_without_a_session_is_refused(
    store: SessionStore, path: Path, files: Files
) -> None:
    del files[layout.MANIFEST]
    pack(path, files, told(files, id="lost"))
    assert_refused(store, path, "lacks files")


@pytest.mark.parametrize("change", [b"x", b""], ids=["longer", "shorter"])
def test_a_file_of_another_length_is_refused(
    store: SessionStore, path: Path, files: Files, change: bytes
) -> None:
    contents = told(files)
    files[layout.SAMPLES] = files[layout.SAMPLES][: -1 if not change else None] + change
    pack(path, files, contents)
    assert_refused(store, path, "samples.png differs from the archived file")


def test_a_file_of_another_digest_is_refused(store: SessionStore, path: Path, files: Files) -> None:
    contents = told(files)
    decoder = layout.export_file("decoder", 3)
    files[decoder] = files[decoder][::-1]
    pack(path, files, contents)
    assert_refused(store, path, "decoder-000003.npz differs from the archived file")


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        (b"{", "session.json is damaged"),
        (b'{"schema": 9}', "schema 9, this version reads up to 1: upgrade"),
        (b'{"schema": 1, "settings": {"mood": 1}}', "setting 'mood'"),
        (b"[" * 100_000, "session.json is damaged"),
    ],
)
def test_a_damaged_or_newer_session_is_not_imported(
    store: SessionStore, path: Path, files: Files, manifest: bytes, why: str
) -> None:
    damaged = {**files, layout.MANIFEST: manifest}
    pack(path, damaged, told(damaged, id=told(files)["id"]))
    assert_refused(store, path, why)


def test_a_session_that_is_here_already_is_not_imported_twice(
    store: SessionStore, path: Path, honest: bytes
) -> None:
    path.write_bytes(honest)
    session = import_session(store, path)
    before = contents(store.root)
    with pytest.raises(SessionError, match=f"session {session.id} is here already"):
        import_session(store, path)
    assert contents(store.root) == before
    store.delete(session)
    with pytest.raises(SessionError, match=f"session {session.id} is in the trash already"):
        import_session(store, path)
    store.empty_trash()
    assert import_session(store, path).id == session.id


def test_a_full_disk_leaves_nothing(store: SessionStore, path: Path, honest: bytes) -> None:
    path.write_bytes(honest)
    store.root.mkdir()
    with file_size_limit(1000):
        assert_refused(store, path, f"cannot import to .*: {os.strerror(errno.EFBIG)}")
    assert import_session(store, path).id


def test_a_store_that_cannot_be_made_is_reported(tmp_path: Path, path: Path, honest: bytes) -> None:
    path.write_bytes(honest)
    (tmp_path / "file").write_text("")
    with pytest.raises(SessionError, match="cannot import to"):
        import_session(SessionStore(tmp_path / "file"), path)


def test_damage_is_distinguished_from_what_the_machine_refuses(
    store: SessionStore, path: Path, honest: bytes
) -> None:
    path.write_bytes(honest[:-30])
    with pytest.raises(SessionDamagedError):
        import_session(store, path)
