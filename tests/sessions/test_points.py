"""Named points of latent space, in the session or beside it."""

from __future__ import annotations

import errno
import json
import threading
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.tui.recorder import Recorder
from vae_engine.errors import SessionDamagedError, SessionError, SettingError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.points import (
    drop_point,
    find_point,
    keep_point,
    made_point,
    own_file,
    read_points,
)
from vae_engine.sessions.records import MOST_POINTS, Point, Points
from vae_engine.sessions.session import Session


@pytest.fixture
def session(recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return recorder.session(latent_dim=2, epochs=1)


def point(name: str, *z: float) -> Point:
    values = np.array(z or (0.1, -2.5), np.float32)
    return made_point(name, values.tolist(), epoch=4, step=0, origin="sample 3 of seed 0", now=9.0)


def forbid(monkeypatch: pytest.MonkeyPatch, folder: Path, number: int = errno.EROFS) -> None:
    """Let nothing be written into a folder."""
    write = atomic.write_record

    def refuse(path: Path, record: object, *, durable: bool = True) -> None:
        if path.parent == folder:
            raise OSError(number, "Read-only file system", str(path))
        write(path, record, durable=durable)

    monkeypatch.setattr(atomic, "write_record", refuse)


def test_a_point_is_kept_with_the_session_and_found_by_its_name(session: Session) -> None:
    assert read_points(session) == ()
    stored = np.array([0.1, -2.5], np.float32)
    path = keep_point(session, point("smile"))
    keep_point(session, point("a 9, leaning", 1, 2))
    assert path == session.folder / layout.POINTS
    assert [each.name for each in read_points(session)] == ["smile", "a 9, leaning"]
    assert np.array_equal(np.array(find_point(session, "smile").z, np.float32), stored)
    drop_point(session, "smile")
    assert [each.name for each in read_points(session)] == ["a 9, leaning"]
    with pytest.raises(SettingError, match="no point 'smile': 'a 9, leaning'"):
        drop_point(session, "smile")


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\nb", "\x1b[31mred", "taken"])
def test_a_name_is_one_line_of_its_own(session: Session, name: str) -> None:
    keep_point(session, point("taken"))
    with pytest.raises(SettingError):
        keep_point(session, Point(name=name, z=[0, 0]))
    assert len(read_points(session)) == 1


def test_where_the_session_may_only_be_read_points_are_in_the_users_folder(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_point(session, point("theirs"))
    forbid(monkeypatch, session.folder)
    assert keep_point(session, point("mine")) == own_file(session.id)
    assert [each.name for each in read_points(session)] == ["theirs", "mine"]
    with pytest.raises(SettingError, match="already"):
        keep_point(session, point("theirs"))
    drop_point(session, "mine")
    with pytest.raises(SessionError, match="cannot be written: Read-only"):
        drop_point(session, "theirs")
    assert [each.name for each in read_points(session)] == ["theirs"]


def test_a_full_disk_is_reported_not_worked_around(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid(monkeypatch, session.folder, errno.ENOSPC)
    with pytest.raises(SessionError, match=r"points\.json cannot be written"):
        keep_point(session, point("x"))
    assert not own_file(session.id).exists()


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'{"points": [{"name": "x", "z": [1]}]}',
        b'{"points": [{"name": "x", "z": [1, 1e300]}]}',
        b'{"points": [{"name": "x", "z": [1, NaN]}]}',
        b'{"points": [{"name": "", "z": [1, 2]}]}',
        json.dumps({"points": [{"name": "x", "z": [1, 2]}] * (MOST_POINTS + 1)}).encode(),
        b" " * (2**20 + 1),
    ],
)
def test_a_strange_file_is_refused_and_left_as_it_is(session: Session, content: bytes) -> None:
    path = session.folder / layout.POINTS
    path.write_bytes(content)
    with pytest.raises(SessionDamagedError, match=r"points\.json"):
        read_points(session)
    with pytest.raises(SessionDamagedError):
        keep_point(session, point("y"))
    assert path.read_bytes() == content


def test_no_more_points_than_a_record_may_have(recorder: Recorder) -> None:
    session = recorder.session(latent_dim=256, epochs=1, previews=False)
    z = np.random.default_rng(0).normal(size=256).astype(np.float32) * -1000
    path = session.folder / layout.POINTS
    one = made_point("x" * 55, z.tolist(), epoch=4, step=0, origin="x" * 200, now=1e9)
    every = [msgspec.structs.replace(one, name=f"{one.name}{at}") for at in range(MOST_POINTS)]
    atomic.write_record(path, Points(points=every))
    assert path.stat().st_size < 2**20
    assert len(read_points(session)) == MOST_POINTS
    with pytest.raises(SessionError, match="at most"):
        keep_point(session, made_point("one", z.tolist(), epoch=1, step=0, origin="", now=0))


def test_points_that_are_saved_at_once_are_all_kept(session: Session) -> None:
    names = [f"p{number}" for number in range(12)]
    savers = [threading.Thread(target=keep_point, args=(session, point(name))) for name in names]
    for saver in savers:
        saver.start()
    for saver in savers:
        saver.join()
    assert sorted(each.name for each in read_points(session)) == sorted(names)


def test_points_travel_with_an_archive_and_a_link_in_their_place_is_refused(
    session: Session, tmp_path: Path
) -> None:
    assert layout.travels(layout.POINTS)
    assert layout.travels(layout.POINTS, slim=True)
    (session.folder / layout.POINTS).symlink_to(tmp_path)
    with pytest.raises(SessionDamagedError):
        Session(session.folder)
