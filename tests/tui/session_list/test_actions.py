from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen
from textual.widgets import Checkbox, Input, TextArea

from tests.tui.pilot import toasts, type_text
from tests.tui.recorder import Recorder
from tests.tui.session_list.test_screen import sessions
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.dashboard.screen import DashboardScreen
from tui.dialogs import ArchiveScreen, ConfirmScreen, LineScreen, NoteScreen, NumberScreen
from tui.new_session.screen import NewSessionScreen
from tui.sampler.screen import SamplerScreen
from tui.session_list.compare import CompareScreen
from tui.session_list.screen import SessionsScreen
from vae_engine.control import training
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore


def shows(app: WorkbenchApp, kind: type[Screen[Any]]) -> bool:
    return isinstance(app.screen, kind)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("enter", DashboardScreen),
        ("g", SamplerScreen),
        ("n", NewSessionScreen),
        ("f", NewSessionScreen),
    ],
)
async def test_keys_open_screens_and_escape_comes_back(
    store: SessionStore, recorder: Recorder, key: str, kind: type[Screen[Any]]
) -> None:
    recorder.session()
    async with sessions(store) as (table, app, pilot):
        await pilot.press(key)
        await until(pilot, lambda: shows(app, kind))
        await pilot.press("escape")
        await until(pilot, lambda: shows(app, SessionsScreen))
        assert table.has_focus


async def test_a_session_is_renamed(store: SessionStore, recorder: Recorder) -> None:
    session = recorder.session("old")
    async with sessions(store) as (table, app, pilot):
        await pilot.press("R")
        await until(pilot, lambda: shows(app, LineScreen))
        app.screen.query_one(Input).value = " "
        await pilot.press("enter")
        assert shows(app, LineScreen)
        app.screen.query_one(Input).value = "[b]new[/b]"
        await pilot.press("enter")
        await until(pilot, lambda: table.cell_texts(session.id)[1] == "[b]new[/b]")
        assert session.label.name == "[b]new[/b]"


async def test_the_selected_sessions_are_tagged(store: SessionStore, recorder: Recorder) -> None:
    both = [recorder.session("a", tags=["old"]), recorder.session("b")]
    async with sessions(store) as (_, app, pilot):
        await pilot.press("a", "number_sign")
        await until(pilot, lambda: shows(app, LineScreen))
        await type_text(pilot, "paper")
        await pilot.press("enter")
        await until(pilot, lambda: all("paper" in session.label.tags for session in both))
        assert both[0].label.tags == ["old", "paper"]


async def test_a_note_has_several_lines(store: SessionStore, recorder: Recorder) -> None:
    session = recorder.session()
    async with sessions(store) as (_, app, pilot):
        await pilot.press("A")
        await until(pilot, lambda: shows(app, NoteScreen))
        app.screen.query_one(TextArea).text = "one\ntwo"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: session.label.note == "one\ntwo")
        await pilot.press("A")
        await until(pilot, lambda: shows(app, NoteScreen))
        app.screen.query_one(TextArea).text = "x" * 30_000
        await pilot.press("ctrl+s")
        assert shows(app, NoteScreen)
        await pilot.press("escape")
        await until(pilot, lambda: shows(app, SessionsScreen))
        assert session.label.note == "one\ntwo"


async def test_deleting_asks_first_and_is_undone(store: SessionStore, recorder: Recorder) -> None:
    for name in ("a", "b", "c"):
        recorder.session(name)
    async with sessions(store) as (table, app, pilot):
        await pilot.press("space", "space", "d")
        await until(pilot, lambda: shows(app, ConfirmScreen))
        await pilot.press("n")
        assert len(store.listings()) == 3
        await pilot.press("d")
        await until(pilot, lambda: shows(app, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: len(table.keys) == 1)
        assert len(store.trash()) == 2
        assert table.selected == frozenset()
        await pilot.press("u")
        await until(pilot, lambda: len(table.keys) == 3)
        assert store.trash() == []
        await pilot.press("u")
        await until(pilot, lambda: any("Nothing was deleted" in said for said in toasts(app)))


async def test_a_live_session_is_not_deleted(store: SessionStore, recorder: Recorder) -> None:
    recorder.session("live", status="training", epochs=1, of=9)
    async with sessions(store) as (table, app, pilot):
        await pilot.press("d")
        await until(pilot, lambda: shows(app, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: any("then x to stop it" in said for said in toasts(app)))
        assert len(table.keys) == 1


async def test_a_session_is_exported_slim(
    store: SessionStore, recorder: Recorder, tmp_path: Path
) -> None:
    recorder.session()
    async with sessions(store) as (_, app, pilot):
        await pilot.press("w")
        await until(pilot, lambda: shows(app, ArchiveScreen))
        app.screen.query_one(Input).value = str(tmp_path / "out.zip")
        app.screen.query_one(Checkbox).value = True
        await pilot.press("enter")
        await until(pilot, lambda: any("Written" in said for said in toasts(app)))
        assert zipfile.is_zipfile(tmp_path / "out.zip")


async def test_comparing_takes_two(store: SessionStore, recorder: Recorder) -> None:
    recorder.session("a")
    recorder.session("b")
    async with sessions(store) as (_, app, pilot):
        await pilot.press("c")
        assert any("Select at least two" in said for said in toasts(app))
        await pilot.press("a", "c")
        await until(pilot, lambda: shows(app, CompareScreen))


async def test_resuming_opens_the_dashboard(
    store: SessionStore, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = recorder.session(status="interrupted", epochs=1, of=5)
    recorder.checkpoint(session)
    monkeypatch.setattr(training, "start_worker", _holding(recorder))
    async with sessions(store) as (_, app, pilot):
        await pilot.press("r")
        await until(pilot, lambda: shows(app, DashboardScreen))
        assert session.alive()


async def test_extending_asks_for_how_many_epochs(
    store: SessionStore, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = recorder.session(epochs=4)
    recorder.checkpoint(session)
    asked: list[int | None] = []
    monkeypatch.setattr(training, "start_worker", _holding(recorder, asked))
    async with sessions(store) as (_, app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: shows(app, NumberScreen))
        app.screen.query_one(Input).value = "6"
        await pilot.press("enter")
        await until(pilot, lambda: shows(app, DashboardScreen))
        assert asked == [10]


async def test_what_cannot_be_resumed_says_what_to_do(
    store: SessionStore, recorder: Recorder
) -> None:
    recorder.session("done")
    async with sessions(store) as (_, app, pilot):
        await pilot.press("r")
        await until(pilot, lambda: any("press e to add epochs" in said for said in toasts(app)))
        assert shows(app, SessionsScreen)


def _holding(recorder: Recorder, asked: list[int | None] | None = None) -> Any:
    def hold(session: Session, *, epochs: int | None = None, **_: Any) -> int:
        recorder.revive(session)
        if asked is not None:
            asked.append(epochs)
        return 1

    return hold
