"""Exported sessions: the contents of an archive, and the equal session after import."""

import errno
import itertools
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec
import pytest

from tests.sessions.archives import members
from tests.sessions.makers import (
    contents,
    epoch_ended,
    finished_session,
    live_session,
    new_session,
    progress,
    states,
)
from vae_engine.errors import SessionDamagedError, SessionError, SessionNotFoundError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.archive import CONTENTS, ArchiveContents, export_session, import_session
from vae_engine.sessions.session import Session, read_summary
from vae_engine.sessions.store import SessionStore

LOCAL = {layout.WORKER, layout.HEARTBEAT, layout.LOCK, layout.TENSORBOARD, layout.DATASET}


def test_a_session_arrives_as_it_left_but_without_its_worker(
    tmp_path: Path, archive: Path, other: SessionStore
) -> None:
    session = finished_session(tmp_path / "sessions", name="größe")
    before = states(session.folder)
    export_session(session, archive)
    assert states(session.folder) == before
    back = import_session(other, archive)
    assert back.folder == other.root / session.id
    expected = {n: data for n, data in contents(session.folder).items() if n not in LOCAL}
    assert contents(back.folder) == expected
    assert back.label.name == "größe"
    back.poll()
    assert back.status() == "completed"
    assert read_summary(back.folder) == read_summary(session.folder)


def test_an_archive_says_what_it_holds(tmp_path: Path, archive: Path, other: SessionStore) -> None:
    session = finished_session(tmp_path / "sessions")
    export_session(session, archive)
    with zipfile.ZipFile(archive) as opened:
        told = msgspec.json.decode(opened.read(CONTENTS), type=ArchiveContents)
    assert (told.schema, told.id, told.slim) == (1, session.id, False)
    assert told.files.keys() == members(archive) - {CONTENTS}
    assert {name: file.size for name, file in told.files.items()} == {
        name: len(data) for name, data in contents(session.folder).items() if name in told.files
    }


def test_an_imported_session_can_be_exported_again(
    tmp_path: Path, archive: Path, other: SessionStore
) -> None:
    export_session(finished_session(tmp_path / "sessions"), archive)
    back = import_session(other, archive)
    again = archive.with_name("again.zip")
    export_session(back, again)
    assert again.read_bytes() == archive.read_bytes()


@pytest.mark.parametrize(("folder", "arrives"), [("example", "example"), ("My run (2)", None)])
def test_a_session_in_a_renamed_folder_travels(
    tmp_path: Path, archive: Path, other: SessionStore, folder: str, arrives: str | None
) -> None:
    session = finished_session(tmp_path / "sessions")
    renamed = session.folder.rename(session.folder.with_name(folder))
    export_session(Session(renamed), archive)
    assert import_session(other, archive).id == (arrives or session.id)


def test_a_live_session_arrives_interrupted(
    tmp_path: Path, archive: Path, other: SessionStore
) -> None:
    session = live_session(tmp_path / "sessions", [epoch_ended(1), progress(2)])
    session.poll()
    assert session.status() == "training"
    export_session(session, archive)
    back = import_session(other, archive)
    back.poll()
    assert back.status() == "interrupted"
    assert back.log.epoch == 1
    assert other.find_listing(back.id).status == "interrupted"


def test_a_session_that_was_only_created_can_travel(
    tmp_path: Path, archive: Path, other: SessionStore
) -> None:
    session = new_session(tmp_path / "sessions", "fresh")
    export_session(session, archive)
    assert members(archive) == {layout.MANIFEST, layout.LABEL, CONTENTS}
    assert import_session(other, archive).label.name == "fresh"


def test_files_that_are_no_part_of_a_session_stay_at_home(
    tmp_path: Path, archive: Path, other: SessionStore
) -> None:
    session = finished_session(tmp_path / "sessions")
    (session.folder / "diary.txt").write_text("secret")
    (session.folder / "previews" / "deeper").mkdir()
    (session.folder / "checkpoints" / ".tmp-12345678-index.json").write_text("half")
    (session.folder / layout.INBOX / "1.json").write_text('{"command": "stop"}')
    export_session(session, archive)
    assert all(name == CONTENTS or layout.travels(name) for name in members(archive))


def test_a_file_that_a_worker_replaces_meanwhile_is_left_out(
    tmp_path: Path, archive: Path, other: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = finished_session(tmp_path / "sessions")
    old = session.folder / layout.checkpoint_file(2, 0)
    open_regular: Callable[[Path], BinaryIO] = atomic.open_regular

    def prune_first(path: Path) -> BinaryIO:
        old.unlink(missing_ok=True)
        return open_regular(path)

    monkeypatch.setattr(atomic, "open_regular", prune_first)
    export_session(session, archive)
    back = import_session(other, archive)
    assert not (back.folder / layout.checkpoint_file(2, 0)).exists()
    assert (back.folder / layout.checkpoint_file(3, 0)).exists()


@pytest.mark.parametrize("slim", [False, True])
def test_a_session_that_is_deleted_meanwhile_is_said_to_be_or_arrives_whole(
    tmp_path: Path, archive: Path, other: SessionStore, slim: bool
) -> None:
    session = finished_session(tmp_path / "sessions")
    trash = tmp_path / "trash"
    outcomes = set()
    for calls in itertools.count():
        with pytest.MonkeyPatch.context() as patch:
            moved = _moved_away_after(patch, calls, session.folder, trash)
            try:
                export_session(session, archive, slim=slim)
            except SessionNotFoundError as error:
                outcomes.add(str(error))
                assert not archive.exists()
                assert list(archive.parent.glob(".tmp-*")) == []
            else:
                back = import_session(other, archive)
                back.poll()
                assert back.status() == "completed"
                other.delete(back)
                other.empty_trash()
                archive.unlink()
        if not moved():
            break
        trash.rename(session.folder)
    assert calls > 20
    assert outcomes == {f"session {session.id} was deleted: nothing was exported"}


def _moved_away_after(
    patch: pytest.MonkeyPatch, calls: int, folder: Path, trash: Path
) -> Callable[[], bool]:
    """Move a folder away before a later look at what is in it; whether that has happened."""
    seen = itertools.count()

    def moving(original: Callable[..., object]) -> Callable[..., object]:
        def call(path: object = ".", *args: object, **options: object) -> object:
            below = isinstance(path, str | Path) and Path(path).is_relative_to(folder)
            if below and next(seen) == calls:
                folder.rename(trash)
            return original(path, *args, **options)

        return call

    for name in ("open", "scandir", "stat", "lstat"):
        patch.setattr(os, name, moving(getattr(os, name)))
    return trash.exists


def test_half_a_line_of_a_growing_log_does_no_harm(
    tmp_path: Path, archive: Path, other: SessionStore
) -> None:
    session = live_session(tmp_path / "sessions", [epoch_ended(1)])
    with (session.folder / layout.EVENTS).open("ab") as file:
        file.write(b'{"type":"epoch","seq":4,')
    for slim in (False, True):
        export_session(session, archive, slim=slim)
        back = import_session(SessionStore(other.root / str(slim)), archive)
        assert len(back.poll()) == 3
        assert back.damaged_lines == 0


def test_an_archive_replaces_another_in_one_step(
    tmp_path: Path, archive: Path, other: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = finished_session(tmp_path / "sessions")
    archive.write_bytes(b"the old one")

    def full(_source: object, _target: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(SessionError, match=r"session\.zip cannot be written: No space"):
            export_session(session, archive)
    assert contents(archive.parent) == {"session.zip": b"the old one"}
    export_session(session, archive)
    assert import_session(other, archive).id == session.id


@pytest.mark.parametrize("place", ["session.zip", "previews/session.zip", "../{id}/x.zip"])
def test_an_archive_is_not_written_into_the_session_itself(tmp_path: Path, place: str) -> None:
    session = finished_session(tmp_path / "sessions")
    before = states(session.folder)
    with pytest.raises(SessionError, match="is inside the session"):
        export_session(session, session.folder / place.format(id=session.id))
    (tmp_path / "way").symlink_to(session.folder)
    with pytest.raises(SessionError, match="is inside the session"):
        export_session(session, tmp_path / "way" / "session.zip")
    assert states(session.folder) == before


@pytest.mark.parametrize("place", ["missing/session.zip", "folder"])
def test_a_place_that_cannot_be_written_is_reported(tmp_path: Path, place: str) -> None:
    session = new_session(tmp_path / "sessions")
    (tmp_path / "folder").mkdir()
    with pytest.raises(SessionError, match="cannot be written"):
        export_session(session, tmp_path / place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "sessions"]


def test_a_session_that_was_deleted_meanwhile_leaves_no_archive(
    tmp_path: Path, archive: Path, other: SessionStore
) -> None:
    store = SessionStore(tmp_path / "sessions")
    session = new_session(store.root)
    store.delete(session)
    with pytest.raises(SessionError, match="was deleted"):
        export_session(session, archive)
    assert list(archive.parent.iterdir()) == []


def test_a_pipe_among_the_previews_is_not_waited_for(
    tmp_path: Path, archive: Path, other: SessionStore
) -> None:
    session = finished_session(tmp_path / "sessions")
    os.mkfifo(session.folder / layout.preview_file(9))
    with pytest.raises(SessionDamagedError, match="not a regular file"):
        export_session(session, archive)
    assert list(archive.parent.iterdir()) == []
