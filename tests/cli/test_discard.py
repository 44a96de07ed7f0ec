"""Delete, restore, trash; export and import."""

import json
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import Spawn, Vae, finish
from tests.tui.recorder import Recorder
from vae_engine.sessions import layout
from vae_engine.sessions.records import LIVE, Status
from vae_engine.sessions.store import SessionStore


def listed(store: SessionStore) -> set[str]:
    return {listing.id for listing in store.listings()}


def test_deleted_sessions_come_back(vae: Vae, recorder: Recorder) -> None:
    one, two = (recorder.session(name, previews=False).id for name in ("one", "two"))
    done = vae("delete", "one", two, one)
    assert done.code == 0
    assert [f"`vae restore {one}`" in done.lines[0], f"`vae restore {two}`" in done.lines[1]]
    assert listed(recorder.store) == set()
    assert {entry["id"] for entry in json.loads(vae("trash", "--json").out)} == {one, two}
    assert vae("restore", "one", two).code == 0
    assert listed(recorder.store) == {one, two}
    assert vae("trash").out == "the trash is empty\n"


def test_a_damaged_session_can_be_deleted(vae: Vae, recorder: Recorder) -> None:
    session = recorder.session(previews=False)
    (session.folder / layout.MANIFEST).unlink()
    assert vae("delete", session.id).code == 0
    assert listed(recorder.store) == set()
    done = vae("restore", session.id)
    assert (done.code, done.out) == (0, f"{session.id} (damaged) is restored\n")
    assert listed(recorder.store) == {session.id}


@pytest.mark.parametrize("status", sorted(LIVE))
def test_a_live_session_is_not_deleted_nor_are_those_named_with_it(
    vae: Vae, recorder: Recorder, status: Status
) -> None:
    ended, live = recorder.session(previews=False), recorder.session(status=status)
    line = vae("delete", ended.id, live.id).error(1)
    assert f"`vae stop {live.id}`" in line
    assert listed(recorder.store) == {ended.id, live.id}


def test_an_unknown_one_among_several_deletes_none(vae: Vae, recorder: Recorder) -> None:
    session = recorder.session(previews=False)
    assert "'nobody'" in vae("delete", session.id, "nobody").error(1)
    assert listed(recorder.store) == {session.id}


def test_restoring_what_is_not_in_the_trash_fails(vae: Vae, recorder: Recorder) -> None:
    session = recorder.session(previews=False)
    assert "in the trash" in vae("restore", session.id).error(1)


def test_the_trash_is_emptied_without_a_question_off_a_terminal(
    spawn: Spawn, recorder: Recorder
) -> None:
    kept, thrown = recorder.session(previews=False), recorder.session(previews=False)
    recorder.store.delete(thrown)
    done = finish(spawn("trash", "--empty"))
    assert (done.code, done.out) == (0, "deleted 1 session for good\n")
    assert recorder.store.trash() == []
    assert listed(recorder.store) == {kept.id}


def test_an_empty_trash_can_be_emptied(vae: Vae) -> None:
    assert vae("trash", "--empty", "--yes").out == "deleted 0 sessions for good\n"


def test_a_session_travels_in_a_zip_file(vae: Vae, recorder: Recorder, tmp_path: Path) -> None:
    session = recorder.session("traveller")
    done = vae("export", "traveller", "-o", tmp_path / "it.zip")
    assert done.code == 0
    assert str(tmp_path / "it.zip") in done.out
    elsewhere = tmp_path / "elsewhere"
    assert vae("import", tmp_path / "it.zip", "--sessions-dir", elsewhere).out == f"{session.id}\n"
    shown = json.loads(vae("show", session.id, "--json", "--sessions-dir", elsewhere).out)
    assert shown["name"] == "traveller"
    assert len(shown["history"]) == 4
    assert session.id in vae("import", tmp_path / "it.zip").error(1)


def test_a_slim_export_has_less(vae: Vae, recorder: Recorder, tmp_path: Path) -> None:
    session = recorder.session()
    (session.folder / layout.LOG).write_text("a log\n")
    assert vae("export", session.id, "-o", tmp_path / "whole.zip").code == 0
    assert vae("export", session.id, "--slim", "-o", tmp_path / "slim.zip").code == 0
    names = {
        name: set(zipfile.ZipFile(tmp_path / f"{name}.zip").namelist())
        for name in ("whole", "slim")
    }
    assert layout.LOG in names["whole"] - names["slim"]


def test_an_export_that_cannot_be_written_is_one_line(vae: Vae, recorder: Recorder) -> None:
    session = recorder.session(previews=False)
    line = vae("export", session.id, "-o", "/no/such/folder/a.zip").error(1)
    assert "/no/such/folder/a.zip" in line


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04"])
def test_importing_what_is_no_session_is_one_line(
    vae: Vae, store: SessionStore, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    assert "a.zip" in vae("import", tmp_path / "a.zip").error(1)
    assert store.listings() == []


def test_importing_a_missing_file_is_one_line(vae: Vae) -> None:
    assert "no-such.zip" in vae("import", "no-such.zip").error(1)
