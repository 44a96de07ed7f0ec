from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.tui.recorder import Recorder
from tui.session_list import changes
from vae_engine.errors import SessionError, SettingError
from vae_engine.sessions.records import Label
from vae_engine.sessions.store import SessionStore


def test_labels_change_one_part_and_keep_the_others(
    store: SessionStore, recorder: Recorder
) -> None:
    session = recorder.session("one", tags=["a"], note="n")
    changes.relabel(store, session.folder, changes.renamed("  two "))
    changes.relabel(store, session.folder, changes.noted("line\nline"))
    assert session.label == Label(name="two", tags=["a"], note="line\nline")
    with pytest.raises(SettingError, match="name"):
        changes.relabel(store, session.folder, changes.renamed(" "))


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
    assert changes.tagged(words)(Label(name="n", tags=["a", "b"])).tags == tags


def test_an_archive_is_written_but_over_nothing(recorder: Recorder, tmp_path: Path) -> None:
    session, target = recorder.session(), tmp_path / "out.zip"
    assert changes.export_archive(session.folder, target, slim=True) == target
    assert zipfile.is_zipfile(target)
    with pytest.raises(SessionError, match="exists already"):
        changes.export_archive(session.folder, target, slim=True)
    with pytest.raises(SessionError, match=r"must end in \.zip"):
        changes.export_archive(session.folder, tmp_path / "out.tar", slim=True)
