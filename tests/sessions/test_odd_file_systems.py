"""File systems without some functions: work continues, missing guarantees are reported once."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.sessions.makers import emit, finished_session, new_session, run_started
from vae_engine.errors import SessionError
from vae_engine.sessions import atomic, disk, inbox, layout
from vae_engine.sessions.archive import export_session, import_session
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.liveness import beat, heartbeat_age, hold_lock
from vae_engine.sessions.records import Label
from vae_engine.sessions.store import SessionStore
from vae_engine.worker.launcher import worker_environment

NOT_OFFERED = ["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "ENOTTY"]


def refusal(name: str) -> OSError:
    number = getattr(errno, name)
    return OSError(number, os.strerror(number))


@pytest.fixture(autouse=True)
def first_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_known", set())
    monkeypatch.setattr(disk, "_unreported", [])


def refuse_sync(monkeypatch: pytest.MonkeyPatch, name: str, *, folders: bool, files: bool) -> None:
    def fsync(descriptor: int) -> None:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        if (folder and folders) or (not folder and files):
            raise refusal(name)

    monkeypatch.setattr(os, "fsync", fsync)


def everything(store: SessionStore) -> None:
    """What people do with sessions, all of it."""
    session = new_session(store.root, "one")
    emit(session, [run_started()])
    store.relabel(session, Label(name="two"))
    inbox.send(session.folder, "pause")
    store.delete(session)
    store.restore("two")
    archive = store.root.parent / "session.zip"
    export_session(session, archive)
    store.delete(session)
    assert store.empty_trash() == 1
    assert import_session(store, archive).label.name == "two"
    write_npz(store.root.parent / "arrays.npz", {"z": np.zeros(3)})


@pytest.mark.parametrize("name", [*NOT_OFFERED, "EBADF", "EISDIR", "EACCES", "EPERM"])
def test_a_file_system_that_syncs_no_folders_is_reported_once(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    refuse_sync(monkeypatch, name, folders=True, files=False)
    everything(store)
    [line] = disk.unreported()
    assert "cannot sync folders" in line
    assert "power cut" in line
    everything(SessionStore(store.root.parent / "others"))
    assert disk.unreported() == []


@pytest.mark.parametrize("name", NOT_OFFERED)
def test_a_file_system_that_syncs_nothing_is_reported_once(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    refuse_sync(monkeypatch, name, folders=True, files=True)
    everything(store)
    assert len(disk.unreported()) == 2


@pytest.mark.parametrize("name", ["EIO", "ENOSPC", "EDQUOT", "EROFS"])
@pytest.mark.parametrize("folders", [True, False])
def test_a_disk_that_fails_to_sync_is_an_error_and_nothing_appears(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch, name: str, folders: bool
) -> None:
    store.root.mkdir()
    refuse_sync(monkeypatch, name, folders=folders, files=not folders)
    with pytest.raises(SessionError, match="cannot create a session"):
        new_session(store.root)
    assert list(store.root.iterdir()) == []
    assert disk.unreported() == []


def test_a_folder_that_may_be_written_but_not_read_can_still_have_sessions(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def refuse_folders(path: object, flags: int, *others: object, **named: object) -> int:
        if flags & os.O_DIRECTORY and "dir_fd" not in named and isinstance(path, Path):
            raise refusal("EACCES")
        return opened(path, flags, *others, **named)  # type: ignore[arg-type]

    store.root.mkdir()
    monkeypatch.setattr(os, "open", refuse_folders)
    session = store.create(new_session(store.root.parent / "other").settings)
    assert session.folder.is_dir()


def test_a_worker_saves_its_weights_without_locks(tmp_path: Path) -> None:
    """Keras writes them with HDF5, which locks by itself unless it is told not to."""
    code = (
        "import errno, fcntl, sys, h5py\n"
        "held = open(sys.argv[1], 'w'); fcntl.flock(held, fcntl.LOCK_EX)\n"
        "h5py.File(sys.argv[1], 'w').close()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "weights.h5")]
    subprocess.run(command, env=worker_environment(), check=True)


@pytest.mark.parametrize("name", [*NOT_OFFERED, "ENOLCK"])
def test_a_file_system_without_locks_is_reported_once(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def refuse(_descriptor: int, _how: int) -> None:
        raise refusal(name)

    monkeypatch.setattr(fcntl, "flock", refuse)
    everything(store)
    session = new_session(store.root)
    hold_lock(session.folder).release()
    [line] = disk.unreported()
    assert line.startswith("the file system at /")
    assert "has no locks" in line
    assert "one worker of a session at a time" in line


@pytest.mark.parametrize("name", ["EPERM", "EACCES", "ENOSYS", "EOPNOTSUPP"])
def test_a_heartbeat_continues_where_times_cannot_be_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise refusal(name)

    beat(tmp_path)
    os.utime(tmp_path / layout.HEARTBEAT, (0, 0))
    monkeypatch.setattr(os, "utime", refuse)
    beat(tmp_path)
    assert abs(heartbeat_age(tmp_path)) < 1000.0
    assert (tmp_path / layout.HEARTBEAT).read_bytes() == b""


@pytest.fixture
def without_the_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that refuses `O_NOFOLLOW`."""
    opened = os.open

    def refuse(path: object, flags: int, *others: object, **named: object) -> int:
        if flags & os.O_NOFOLLOW and not flags & os.O_DIRECTORY:
            raise refusal("EINVAL")
        return opened(path, flags, *others, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)


@pytest.mark.usefixtures("without_the_flag")
def test_where_no_link_can_be_refused_at_opening_it_is_looked_for(
    store: SessionStore, tmp_path: Path
) -> None:
    everything(store)
    precious = tmp_path / "precious"
    precious.write_text("precious")
    for make in (Path.symlink_to, lambda path, _: os.mkfifo(path), lambda path, _: path.mkdir()):
        path = tmp_path / "odd"
        make(path, precious)
        with pytest.raises(OSError, match=r"symbolic|Invalid"):
            atomic.open_to_write(path, os.O_WRONLY)
        path.rmdir() if path.is_dir() else path.unlink()
    assert precious.read_text() == "precious"


def test_a_trash_on_another_file_system_takes_and_gives_back(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = finished_session(store.root)
    rename = Path.rename

    def only_within(self: Path, target: Path) -> Path:
        if self.parent != target.parent:
            raise refusal("EXDEV")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", only_within)
    store.delete(session)
    assert [one.problem for one in store.trash()] == [""]
    assert not session.folder.exists()
    store.restore(session.id)
    assert store.find(session.id).result() is not None
    assert store.trash() == []
    assert [path.name for path in store.root.glob(".gone-*")] == []


@pytest.mark.parametrize(
    "write",
    [
        lambda folder: hold_lock(folder),
        beat,
        lambda folder: emit(SessionStore(folder.parent).find(folder.name), [run_started()]),
    ],
    ids=["lock", "heartbeat", "events"],
)
def test_no_file_that_is_opened_for_writing_follows_a_link(
    store: SessionStore, tmp_path: Path, write: Callable[[Path], object]
) -> None:
    session = new_session(store.root)
    precious = tmp_path / "precious"
    precious.write_text("precious")
    os.utime(precious, (1e9, 1e9))
    for name in (layout.LOCK, layout.HEARTBEAT, layout.EVENTS, layout.LOG):
        (session.folder / name).unlink(missing_ok=True)
        (session.folder / name).symlink_to(precious)
    with pytest.raises((OSError, SessionError)):
        write(session.folder)
    assert precious.read_text() == "precious"
    assert precious.stat().st_mtime == 1e9


def test_a_folder_that_is_a_link_is_not_tidied(store: SessionStore, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / ".tmp-mine").mkdir(parents=True)
    session = new_session(store.root)
    for name in ("evil", layout.MODEL):
        path = session.folder / name
        if path.is_dir():
            path.rmdir()
        path.symlink_to(elsewhere)
    atomic.remove_temporaries(session.folder)
    assert (elsewhere / ".tmp-mine").is_dir()


def test_what_others_left_half_written_goes_after_an_hour(tmp_path: Path) -> None:
    new, old = tmp_path / ".tmp-00000000-label.json", tmp_path / ".tmp-11111111-label.json"
    for path in (new, old):
        path.write_text("half")
    os.utime(old, (time.time() - 7200,) * 2)
    atomic.remove_temporaries(tmp_path)
    assert new.exists()
    assert not old.exists()


def test_a_ghost_gives_way_to_the_session(store: SessionStore) -> None:
    """An older version left a folder with only a lock, which blocked both ways."""
    session = finished_session(store.root)
    store.delete(session)
    session.folder.mkdir()
    (session.folder / layout.LOCK).touch()
    store.restore(session.id)
    ghost = store.root / layout.TRASH / session.id
    ghost.mkdir()
    (ghost / layout.LOCK).touch()
    store.delete(session)
    assert [one.problem for one in store.trash()] == [""]
    session.folder.mkdir()
    (session.folder / layout.HEARTBEAT).touch()
    store.delete(store.find_listing(session.id))
    assert not session.folder.exists()
    assert [one.problem for one in store.trash()] == [""]


def test_what_is_no_ghost_is_in_the_way(store: SessionStore) -> None:
    session = finished_session(store.root)
    store.delete(session)
    session.folder.mkdir()
    (session.folder / "notes.txt").write_text("mine")
    with pytest.raises(SessionError, match="in the way"):
        store.restore(session.id)
    assert (session.folder / "notes.txt").read_text() == "mine"
