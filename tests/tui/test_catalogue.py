from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.recorder import Recorder
from tui.catalogue import Catalogue, Entry, ended_between, folder_size
from vae_engine.errors import SessionError
from vae_engine.sessions import events as ev
from vae_engine.sessions.records import Label
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore


def by_name(entries: list[Entry]) -> dict[str, Entry]:
    return {entry.name: entry for entry in entries}


def test_no_folder_has_no_sessions(tmp_path: Path) -> None:
    assert Catalogue(tmp_path / "nowhere").scan() == []


def test_an_unreadable_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SessionError, match="cannot be read"):
        Catalogue(tmp_path / "file").scan()


def test_a_session_is_listed_with_what_its_files_say(recorder: Recorder) -> None:
    recorder.session("one", epochs=3, of=5, tags=["paper"], note="sharp", status="stopped")
    (entry,) = Catalogue(recorder.store.root).scan()
    assert (entry.name, entry.status, entry.epoch, entry.epochs) == ("one", "stopped", 3, 5)
    assert (entry.tags, entry.note, entry.best_epoch) == (("paper",), "sharp", 3)
    assert entry.loss == pytest.approx(150 + 100 / 3 + 1)


def test_a_damaged_session_is_listed_as_such_beside_the_others(recorder: Recorder) -> None:
    recorder.session("sound")
    bad = recorder.store.root / "20261101-000000-dead"
    bad.mkdir()
    (bad / "session.json").write_text("{\x1b[31m")
    entries = by_name(Catalogue(recorder.store.root).scan())
    assert entries["sound"].status == "completed"
    assert entries[bad.name].status == "damaged"
    assert "session.json is damaged" in entries[bad.name].problem
    assert "\x1b" not in entries[bad.name].problem


def test_an_unchanged_session_is_not_read_again(recorder: Recorder) -> None:
    recorder.session("one")
    catalogue = Catalogue(recorder.store.root)
    (before,), (after,) = catalogue.scan(), catalogue.scan()
    assert after is before


def test_changes_are_seen(recorder: Recorder) -> None:
    session = recorder.session("one", status="training", epochs=1, of=3)
    catalogue = Catalogue(recorder.store.root)
    catalogue.scan()
    recorder.store.relabel(session, Label(name="two"))
    recorder.finish_epoch(session, 2)
    (entry,) = catalogue.scan()
    assert (entry.name, entry.epoch) == ("two", 2)


def test_a_worker_that_died_is_seen(recorder: Recorder) -> None:
    session = recorder.session("one", status="training", epochs=1, of=3)
    catalogue = Catalogue(recorder.store.root)
    (before,) = catalogue.scan()
    recorder.kill(session)
    (after,) = catalogue.scan()
    assert (before.status, after.status) == ("training", "interrupted")


def test_new_and_deleted_sessions_are_seen(store: SessionStore, recorder: Recorder) -> None:
    first = recorder.session("first")
    catalogue = Catalogue(store.root)
    catalogue.scan()
    recorder.session("second")
    store.delete(first)
    assert list(by_name(catalogue.scan())) == ["second"]


def test_sizes_come_by_and_by(recorder: Recorder) -> None:
    session = recorder.session("one")
    catalogue = Catalogue(recorder.store.root)
    (before,) = catalogue.scan()
    (after,) = catalogue.measure(60.0)
    assert (before.size, after.size) == (None, folder_size(session.folder))
    assert catalogue.scan() == [after]


def test_a_session_that_goes_on_is_measured_again(recorder: Recorder) -> None:
    session = recorder.session("one", epochs=1, of=3)
    catalogue = Catalogue(recorder.store.root)
    catalogue.scan()
    catalogue.measure(60.0)
    recorder.revive(session)
    recorder.emit(session, recorder.run_started(session, run=2))
    recorder.finish_epoch(session, 2)
    catalogue.scan()
    (live,) = catalogue.measure(60.0)
    assert live.size == folder_size(session.folder)


def test_a_folder_without_rights_or_gone_counts_nothing(tmp_path: Path) -> None:
    assert folder_size(tmp_path / "gone") == 0


def test_names_and_tags_of_strangers_are_made_harmless(recorder: Recorder) -> None:
    session = recorder.session("one")
    label = session.folder / "label.json"
    label.write_text('{"name": "a\\u001b[31mb\\nc", "tags": ["x\\u0007y"], "note": "n"}')
    (entry,) = Catalogue(recorder.store.root).scan()
    assert (entry.name, entry.tags) == ("a?[31mb c", ("x?y",))


def test_only_what_had_a_worker_has_ended(recorder: Recorder) -> None:
    live = recorder.session("live", status="training", epochs=1, of=2)
    recorder.session("over")
    catalogue = Catalogue(recorder.store.root)
    before = catalogue.scan()
    recorder.emit(live, ev.RunEnded(status="completed", reason="epochs"))
    recorder.kill(live)
    after = catalogue.scan()
    assert [entry.name for entry in ended_between(before, after)] == ["live"]
    assert ended_between(after, after) == []
    assert Session(live.folder).id == live.id
