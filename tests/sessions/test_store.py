"""The sessions folder."""

import errno
import os
import shutil
import time
from pathlib import Path

import msgspec
import pytest

from tests.sessions.makers import (
    contents,
    emit,
    new_session,
    run_started,
    whole_run,
)
from vae_engine.errors import (
    SessionDamagedError,
    SessionError,
)
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import Label
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings


def test_a_new_session_records_what_was_asked_for(store: SessionStore) -> None:
    settings = make_settings(latent_dim=8, threads=3, batch_parts=2, kernels="eigen")
    session = store.create(settings, name="eight", command=["vae", "train"], parent="p-1")
    again = store.find(session.id)
    assert again.manifest == session.manifest
    assert again.settings == settings
    assert again.label == Label(name="eight")
    assert (again.manifest.command, again.manifest.parent) == (["vae", "train"], "p-1")
    assert again.manifest.version
    assert abs(again.manifest.created - time.time()) < 3600


def test_a_new_session_records_how_many_threads_all_are(store: SessionStore) -> None:
    session = store.create(make_settings(threads=0))
    assert session.settings.threads == len(os.sched_getaffinity(0))


def test_a_command_of_any_bytes_is_recorded(store: SessionStore) -> None:
    command = ["vae", os.fsdecode(b"caf\xe9.npz"), "\ud800"]
    assert store.create(make_settings(), command=command).manifest.command[:2] == [
        "vae",
        "caf?.npz",
    ]


def test_ids_are_unique_within_a_second_and_beside_the_trash(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = iter(["aaaa", "aaaa", "bbbb", "aaaa", "bbbb", "cccc"])
    monkeypatch.setattr(time, "strftime", lambda *_: "20260101-000000")
    monkeypatch.setattr(
        "vae_engine.sessions.atomic.random_name",
        lambda size: next(tokens) if size == 2 else os.urandom(size).hex(),
    )
    first = store.create(make_settings())
    store.delete(first)
    ids = [first.id, *(store.create(make_settings()).id for _ in range(2))]
    assert ids == [f"20260101-000000-{token}" for token in ("aaaa", "bbbb", "cccc")]


def test_a_session_that_cannot_be_made_leaves_nothing(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic, "write_record", full)
    with pytest.raises(SessionError, match="No space left"):
        store.create(make_settings())
    assert list(store.root.iterdir()) == []


def test_a_store_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = SessionStore(tmp_path / "file" / "sessions")
    with pytest.raises(SessionError, match="Not a directory"):
        store.create(make_settings())


def test_folders_and_files_follow_the_umask(store: SessionStore) -> None:
    before = os.umask(0o077)
    try:
        session = store.create(make_settings())
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in [session.folder, *session.folder.rglob("*")]}
    assert modes == {0o700, 0o600}


def test_sessions_are_listed_newest_first_with_what_their_logs_say(store: SessionStore) -> None:
    older, newer = new_session(store.root, "older"), new_session(store.root, "newer")
    _recreate(older.folder, created=100.0)
    emit(older, whole_run())
    listings = store.listings()
    assert [listing.id for listing in listings] == [newer.id, older.id]
    assert [listing.label.name for listing in listings if listing.label] == ["newer", "older"]
    assert [listing.status for listing in listings] == ["starting", "completed"]
    assert [listing.summary.epoch for listing in listings if listing.summary] == [0, 3]


def test_what_a_killed_creation_left_is_removed_and_what_is_under_way_is_not(
    store: SessionStore,
) -> None:
    new_session(store.root)
    left, under_way = store.root / ".new-left", store.root / ".new-under-way"
    for draft in (left, under_way):
        (draft / layout.CHECKPOINTS).mkdir(parents=True)
        (draft / layout.MANIFEST).write_text("{")
        for path in (draft / layout.MANIFEST, draft / layout.CHECKPOINTS, draft):
            os.utime(path, (1e9, 1e9))
    os.utime(under_way / layout.MANIFEST)
    session = new_session(store.root)
    assert not left.exists()
    assert under_way.is_dir()
    assert session.id in {listing.id for listing in store.listings()}


def test_no_folder_is_an_empty_store(store: SessionStore) -> None:
    assert store.listings() == []
    assert store.trash() == []
    assert store.empty_trash() == 0
    assert not store.root.exists()


def test_a_store_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "sessions").write_text("I am a file")
    with pytest.raises(SessionError, match="cannot be read"):
        SessionStore(tmp_path / "sessions").listings()


def test_what_is_no_session_folder_is_not_listed(store: SessionStore, tmp_path: Path) -> None:
    session = new_session(store.root)
    (store.root / "README.md").write_text("mine")
    (store.root / ".new-half").mkdir()
    (store.root / "link").symlink_to(session.folder)
    assert [listing.id for listing in store.listings()] == [session.id]


@pytest.mark.parametrize(
    ("manifest", "problem"),
    [
        (None, "session.json is missing"),
        ("", "session.json is damaged"),
        ('{"schema": 2, "planet": "Mars"}', "schema 2, this version reads up to 1: upgrade"),
        ('{"schema": 1, "settings": {"mood": 1}}', "the setting 'mood', .* upgrade"),
        ('{"schema": 0, "id": "a", "created": 1, "settings": {}}', "damaged"),
        ('{"schema": 1, "id": "A/..", "created": 1, "settings": {}}', "damaged"),
        ('{"schema": 1, "id": "a", "created": 1e300, "settings": {}}', "damaged"),
        ('{"schema": 1, "id": "a", "created": 1, "settings": {"epochs": 0}}', "damaged"),
        ('{"schema": 1, "id": "a", "created": 1, "settings": {"latent_dim": 1e9}}', "damaged"),
    ],
)
def test_a_damaged_or_newer_session_is_listed_last_and_breaks_no_other(
    store: SessionStore, manifest: str | None, problem: str
) -> None:
    good = new_session(store.root)
    bad = store.root / "20990101-000000-ffff"
    bad.mkdir()
    if manifest is not None:
        (bad / layout.MANIFEST).write_text(manifest)
    first, last = store.listings()
    assert (first.id, first.problem) == (good.id, "")
    assert last.id == bad.name
    assert (last.manifest, last.label, last.summary, last.status) == (None, None, None, None)
    with pytest.raises(SessionDamagedError, match=problem):
        store.find(bad.name)
    assert store.find_listing(bad.name) == last
    assert store.find("latest").id == good.id


def test_a_session_that_is_deleted_while_listing_is_not_shown_as_damaged(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone = new_session(store.root), new_session(store.root)
    monkeypatch.setattr(
        "vae_engine.sessions.listing.session_folders", lambda _root: [kept.folder, gone.folder]
    )
    shutil.rmtree(gone.folder)
    assert [listing.id for listing in store.listings()] == [kept.id]


def test_a_thousand_sessions_are_listed_in_order(store: SessionStore) -> None:
    template = new_session(store.root)
    emit(template, whole_run())
    files = contents(template.folder)
    for number in range(1, 1000):
        folder = store.root / f"20260101-000000-{number:04x}"
        folder.mkdir()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        _recreate(folder, created=float(number))
    listings = store.listings()
    assert len(listings) == 1000
    assert listings[0].id == template.id
    assert [listing.created for listing in listings[1:]] == [float(n) for n in range(999, 0, -1)]
    assert all(listing.status == "completed" for listing in listings)
    assert store.find("latest").id == template.id
    assert store.find("03e7").id == "20260101-000000-03e7"


def test_a_damaged_log_shows_as_a_problem_of_its_session_only(store: SessionStore) -> None:
    good, bad = new_session(store.root), new_session(store.root)
    emit(bad, [run_started()])
    (bad.folder / layout.EVENTS).unlink()
    os.mkfifo(bad.folder / layout.EVENTS)
    first, last = store.listings()
    assert (first.id, first.problem) == (good.id, "")
    assert "events.jsonl" in last.problem


def _recreate(folder: Path, *, created: float) -> None:
    path = folder / layout.MANIFEST
    manifest = msgspec.json.decode(path.read_bytes())
    path.write_bytes(msgspec.json.encode({**manifest, "id": folder.name, "created": created}))
