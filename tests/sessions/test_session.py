"""Read access to one session."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sessions.makers import (
    contents,
    emit,
    epoch_ended,
    finished_session,
    live_session,
    new_session,
    prepared,
    run_started,
    states,
)
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.session import Session


def test_a_finished_session_is_read_whole(tmp_path: Path) -> None:
    session = finished_session(tmp_path)
    session.poll()
    assert session.status() == "completed"
    assert [epoch.epoch for epoch in session.log.history] == [1, 2, 3]
    exports, result = session.exports(), session.result()
    assert exports is not None
    assert [entry.epoch for entry in exports.kept] == [1, 3]
    assert exports.current.epoch == 3
    assert result is not None
    assert result.best_epoch == 3
    assert session.damaged_lines == 0


def test_a_session_that_has_not_ended_has_no_result(tmp_path: Path) -> None:
    session = new_session(tmp_path)
    assert session.result() is None
    assert session.exports() is None
    assert session.poll() == []


def test_a_live_session_is_followed_event_by_event(tmp_path: Path) -> None:
    session = live_session(tmp_path)
    assert [type(event) for event in session.poll()] == [type(run_started()), type(prepared())]
    assert session.poll() == []
    emit(session, [epoch_ended(1)])
    assert [event.seq for event in session.poll()] == [3]
    assert session.log.epoch == 1


def test_of_very_many_events_the_last_are_returned_and_all_count(tmp_path: Path) -> None:
    session = live_session(tmp_path)
    ignored = ev.CommandIgnored(command="pause", why="x" * 60_000)
    emit(session, [epoch_ended(1), *[ignored] * 210])  # Three reads of at most 4 MiB.
    events = session.poll()
    assert [event.seq for event in events] == list(range(events[0].seq, 214))
    assert 4 * 2**20 < len(events) * 60_000 < 8 * 2**20
    assert session.log.epoch == 1
    assert session.poll() == []


def test_reading_changes_nothing(tmp_path: Path) -> None:
    session = finished_session(tmp_path)
    before = states(session.folder)
    session.poll()
    session.status()
    session.result()
    session.exports()
    assert session.label
    assert states(session.folder) == before


def test_a_session_goes_by_its_folder_even_from_within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = new_session(tmp_path)
    monkeypatch.chdir(session.folder)
    assert Session(Path()).id == session.id


def test_damaged_lines_are_counted(tmp_path: Path) -> None:
    session = finished_session(tmp_path)
    with (session.folder / layout.EVENTS).open("ab") as file:
        file.write(b"garbage\n")
    session.poll()
    assert session.damaged_lines == 1


@pytest.mark.parametrize("name", sorted(layout.NAMES))
@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: path.symlink_to("../../elsewhere")], ids=["fifo", "link"]
)
def test_a_session_with_a_link_or_a_pipe_among_its_files_is_refused(
    tmp_path: Path, name: str, make: Callable[[Path], object]
) -> None:
    folder = finished_session(tmp_path / "sessions").folder
    moved = tmp_path / "elsewhere"
    if (folder / name).exists():
        (folder / name).rename(moved)
    make(folder / name)
    with pytest.raises(SessionDamagedError, match=name.replace(".", r"\.")):
        Session(folder)


def test_files_of_the_users_own_beside_the_sessions_do_not_matter(tmp_path: Path) -> None:
    session = new_session(tmp_path)
    (session.folder / "notes").symlink_to("/etc")
    (session.folder / "plot.ipynb").write_text("{}")
    assert Session(session.folder).manifest == session.manifest


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "/etc/passwd", "exports/../../x", "a/b/c", "exports/.hidden", ""],
)
def test_no_record_names_a_file_outside_of_the_session(tmp_path: Path, name: str) -> None:
    session = finished_session(tmp_path)
    index = session.folder / layout.EXPORTS / layout.INDEX
    index.write_text(index.read_text().replace("exports/decoder-000003.npz", name))
    with pytest.raises(SessionDamagedError, match=r"index\.json is damaged"):
        session.exports()


def test_the_makers_leave_every_kind_of_file(tmp_path: Path) -> None:
    session = finished_session(tmp_path)
    found = {name.partition("/")[0] for name in contents(session.folder)}
    absent = {layout.INBOX, layout.LOCK, layout.DATASET, layout.NOTIFY_LOG}
    assert found == layout.NAMES - absent
