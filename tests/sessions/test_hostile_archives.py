"""Malicious archives: their paths, links, bombs and code have no effect."""

import os
import stat
import struct
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import hypothesis
import msgspec
import pytest
from hypothesis import strategies as st

from tests.sessions.archives import Files, assert_refused, pack, told
from tests.sessions.makers import file_size_limit, refusal
from vae_engine.sessions import archive as archives
from vae_engine.sessions import layout
from vae_engine.sessions.archive import CONTENTS, import_session
from vae_engine.sessions.store import SessionStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.zip"


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../evil.json",
        "previews/../../evil.json",
        "previews/../session.json",
        "./session.json",
        "..\\evil.json",
        "previews\\epoch-000001.npz",
        "C:\\evil.json",
        "C:session.json",
        "previews/",
        "session.json/",
        "session.json\0.png",
        "Session.json",
        "previews/epoch-٠٠٠٠٠١.npz",
        "previews/epoch-000001.npz\n",
        "\x1b]0;owned\x07",
        "x" * 60_000,
        "worker.json",
        "worker.lock",
        "heartbeat",
        "summary.json",
        "inbox/00000000000000000001-000000.json",
        "checkpoints/evil.pkl",
        "model/vae.h5",
        ".trash/x",
        "",
    ],
    ids=lambda name: repr(name)[:40],
)
def test_a_member_that_no_session_has_is_refused(
    store: SessionStore, path: Path, files: Files, name: str
) -> None:
    pack(path, {**files, name: b"{}"})
    assert_refused(store, path, "unexpected member")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_a_member_that_is_no_regular_file_is_refused(
    store: SessionStore, path: Path, files: Files, kind: int
) -> None:
    target = files.pop(layout.LOG)
    pack(path, files, told({**files, layout.LOG: target}))
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo(layout.LOG)
        info.external_attr = (kind | 0o777) << 16
        archive.writestr(info, target)
    assert_refused(store, path, "is a link or a device")


def test_two_members_of_one_name_are_refused(store: SessionStore, path: Path, files: Files) -> None:
    pack(path, files)
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        archive.writestr(layout.MANIFEST, files[layout.MANIFEST])
    assert_refused(store, path, "two members with the same name")


@pytest.mark.parametrize("compression", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_packings_that_take_memory_at_will_are_refused(
    store: SessionStore, path: Path, files: Files, compression: int
) -> None:
    log = files.pop(layout.LOG)
    pack(path, files, told({**files, layout.LOG: log}))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(layout.LOG, log, compress_type=compression)
    assert_refused(store, path, "unknown compression")


def test_an_encrypted_archive_is_refused(store: SessionStore, path: Path, honest: bytes) -> None:
    data = bytearray(honest)
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert_refused(store, path, "unknown compression")


@pytest.mark.parametrize(
    ("name", "size"),
    [
        (layout.LABEL, 2**20 + 1),
        (layout.preview_file(1), 2**20 + 1),
        (layout.checkpoint_file(3, 0), 2**32 + 1),
        (layout.checkpoint_file(3, 0), 2**53),
        (layout.EVENTS, 50 * 2**20),
    ],
)
def test_sizes_beyond_the_bounds_are_refused_unread(
    store: SessionStore, path: Path, files: Files, name: str, size: int
) -> None:
    contents = told(files)
    contents["files"][name]["size"] = size
    pack(path, files, contents)
    assert_refused(store, path, "at most|would grow")


def test_a_bomb_that_declares_its_size_is_refused(
    store: SessionStore, path: Path, files: Files
) -> None:
    pack(path, {**files, layout.EVENTS: bytes(16 * 2**20)})
    assert_refused(store, path, "would grow")


def test_a_bomb_that_lies_is_not_unpacked_beyond_its_word(
    store: SessionStore, path: Path, files: Files
) -> None:
    contents = told(files)
    pack(path, {**files, layout.EVENTS: bytes(16 * 2**20)}, contents)
    with file_size_limit(2**21):
        assert_refused(store, path, "events.jsonl differs from the archived file")


def test_a_table_of_contents_without_end_is_refused(
    store: SessionStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_LARGEST_CONTENTS", 2**20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(layout.MANIFEST, b"{}")
        archive.writestr(CONTENTS, b" " * 4 * 2**20)
    assert_refused(store, path, "archive.json has more than 1048576 bytes")


def test_a_directory_of_a_million_members_is_not_read_whole(
    store: SessionStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_LARGEST_READ", 2**16)
    count = 1_000_000
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *[0] * 9, 1, *[0] * 6) + b"x"
    size = count * len(entry)
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, size, 1)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, *[0xFFFF] * 2, *[0xFFFFFFFF] * 2, 0)
    path.write_bytes(entry * count + end64 + locator + end)
    tracemalloc.start()
    try:
        assert_refused(store, path, "Truncated central directory")
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_too_many_members_are_refused(
    store: SessionStore, path: Path, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_MOST_MEMBERS", len(files))
    pack(path, files)
    assert_refused(store, path, "members: a session has at most")


def test_modes_follow_the_umask_and_not_the_archive(
    store: SessionStore, path: Path, files: Files
) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**files, CONTENTS: msgspec.json.encode(told(files))}.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFREG | 0o6777) << 16
            archive.writestr(info, data)
    before = os.umask(0o027)
    try:
        session = import_session(store, path)
    finally:
        os.umask(before)
    found = [session.folder, *session.folder.rglob("*")]
    assert {one.stat().st_mode & 0o7777 for one in found} == {0o750, 0o640}


@hypothesis.settings(deadline=None, max_examples=80)
@hypothesis.given(data=st.data())
def test_a_damaged_archive_gives_the_session_or_a_clear_word(
    tmp_path_factory: pytest.TempPathFactory, honest: bytes, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path, store = folder / "session.zip", SessionStore(folder / "sessions")
    at = data.draw(st.integers(0, len(honest)))
    # Most of an archive is noise: the directory at its end is where damage is interesting.
    if data.draw(st.booleans()):
        at = len(honest) - at % (honest.count(b"PK\x01\x02") * 80)
    length = data.draw(st.integers(0, 40) | st.just(len(honest)))
    path.write_bytes(honest[:at] + data.draw(st.binary(max_size=40)) + honest[at + length :])
    if refusal(lambda: import_session(store, path)):
        assert not store.root.exists() or list(store.root.iterdir()) == []
    else:
        assert [listing.status for listing in store.listings()] == ["completed"]
