from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.tui.recorder import Recorder
from tui import operations
from vae_engine.errors import (
    DatasetError,
    SessionBusyError,
    SessionError,
    SessionNotFoundError,
    SettingError,
    WorkerError,
)
from vae_engine.sessions import layout
from vae_engine.sessions.records import Label
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings


@pytest.fixture
def workers(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int | None]]:
    """Stands in for processes: a worker that is asked for holds the session at once."""
    asked: list[tuple[str, int | None]] = []

    def hold(session: Session, *, epochs: int | None = None) -> int:
        asked.append((session.id, epochs))
        recorder.revive(session)
        return 1

    monkeypatch.setattr(operations, "start_worker", hold)
    return asked


def test_a_session_is_created_with_what_would_have_been_typed(
    store: SessionStore, workers: list[Any]
) -> None:
    settings = make_settings(latent_dim=8)
    command = ["vae", "train", "--latent-dim", "8"]
    session = operations.start_session(store, settings, command=command, name="n", parent="p")
    assert workers == [(session.id, None)]
    assert session.manifest.command == command
    assert (session.label.name, session.manifest.parent) == ("n", "p")


def test_bad_images_leave_no_session_behind(store: SessionStore, tmp_path: Path) -> None:
    settings = make_settings(dataset=str(tmp_path / "none.npz"))
    with pytest.raises(DatasetError):
        operations.start_session(store, settings, command=[])
    assert store.listings() == []


def test_a_worker_that_does_not_start_leaves_no_session_behind(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(session: Session) -> int:
        raise WorkerError("no worker")

    monkeypatch.setattr(operations, "start_worker", fail)
    with pytest.raises(WorkerError):
        operations.start_session(store, make_settings(), command=[])
    assert store.listings() == []


def test_an_interrupted_session_goes_on_to_its_planned_end(
    recorder: Recorder, workers: list[Any]
) -> None:
    session = recorder.session(status="interrupted", epochs=2, of=5)
    (session.folder / layout.CHECKPOINTS / layout.INDEX).write_text("{}")
    operations.resume_session(session.folder)
    assert workers == [(session.id, None)]


def test_a_completed_session_is_extended_by_epochs(recorder: Recorder, workers: list[Any]) -> None:
    session = recorder.session(status="completed", epochs=4)
    (session.folder / layout.CHECKPOINTS / layout.INDEX).write_text("{}")
    operations.resume_session(session.folder, more=3)
    assert workers == [(session.id, 7)]


@pytest.mark.parametrize(
    ("status", "more", "said"),
    [
        ("training", None, "is training already: open it"),
        ("diverged", 3, "diverged: fork it with a smaller learning_rate"),
        ("completed", None, "has completed: extend it"),
        ("completed", 3, "has no checkpoints, as a slim copy: fork it"),
    ],
)
def test_what_cannot_go_on_is_refused_with_what_can_be_done(
    recorder: Recorder, workers: list[Any], status: Any, more: int | None, said: str
) -> None:
    session = recorder.session(status=status, epochs=2, of=5)
    with pytest.raises(SessionError, match=said):
        operations.resume_session(session.folder, more=more)
    assert workers == []


def test_labels_change_one_part_and_keep_the_others(
    store: SessionStore, recorder: Recorder
) -> None:
    session = recorder.session("one", tags=["a"], note="n")
    operations.relabel(store, session.folder, operations.renamed("  two "))
    operations.relabel(store, session.folder, operations.noted("line\nline"))
    assert session.label == Label(name="two", tags=["a"], note="line\nline")
    with pytest.raises(SettingError, match="name"):
        operations.relabel(store, session.folder, operations.renamed(" "))


@pytest.mark.parametrize(
    ("words", "tags"),
    [
        ("x, y  z", ["x", "y", "z"]),
        ("x x", ["x"]),
        ("", []),
        ("+new", ["a", "b", "new"]),
        ("-a +c", ["b", "c"]),
        ("+a -a", ["b"]),
        ("-", ["-"]),
        ("x -a", ["x", "-a"]),
    ],
)
def test_tags_are_set_or_added_and_taken(words: str, tags: list[str]) -> None:
    assert operations.tagged(words)(Label(name="n", tags=["a", "b"])).tags == tags


def test_sessions_are_deleted_together_or_not_at_all(
    store: SessionStore, recorder: Recorder
) -> None:
    over, live = recorder.session("over"), recorder.session("live", status="training", of=9)
    with pytest.raises(SessionBusyError, match="stop it before deleting"):
        operations.delete_sessions(store, [over.id, live.id])
    assert len(store.listings()) == 2
    assert operations.delete_sessions(store, [over.id]) == [over.id]
    assert [listing.id for listing in store.trash()] == [over.id]
    with pytest.raises(SessionNotFoundError):
        operations.delete_sessions(store, [over.id])


def test_a_damaged_session_can_be_deleted_and_comes_back(
    store: SessionStore, recorder: Recorder
) -> None:
    session = recorder.session()
    (session.folder / layout.MANIFEST).write_text("{")
    operations.delete_sessions(store, [session.id])
    operations.restore_sessions(store, [session.id])
    (listing,) = store.listings()
    assert listing.problem


def test_an_archive_is_written_but_over_nothing(recorder: Recorder, tmp_path: Path) -> None:
    session, target = recorder.session(), tmp_path / "out.zip"
    assert operations.export_archive(session.folder, target, slim=True) == target
    assert zipfile.is_zipfile(target)
    with pytest.raises(SessionError, match="exists already"):
        operations.export_archive(session.folder, target, slim=True)
    with pytest.raises(SessionError, match=r"must end in \.zip"):
        operations.export_archive(session.folder, tmp_path / "out.tar", slim=True)
