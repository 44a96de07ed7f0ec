"""The first minute: the welcome page, and its keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.widgets import Footer

from tests.tui.pilot import screen_text, toasts
from tests.tui.recorder import Recorder
from tests.tui.session_list.test_screen import sessions
from tests.tui.textual_internals import FooterKey
from tests.tui.watching import until
from tui.dashboard.screen import DashboardScreen
from tui.presets import DEMO, PRESETS
from tui.session_list.readable_samples import ReadableSamples
from tui.session_list.screen import SessionsScreen
from vae_engine.control import training
from vae_engine.errors import SessionError
from vae_engine.sessions import example
from vae_engine.sessions.example import EXAMPLES, add_example
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import changed_settings, make_settings

SIZES = [(60, 20), (80, 24), (120, 40), (200, 60)]


def offered(app: App[Any]) -> set[str]:
    return {key.description for key in app.screen.query_one(Footer).query(FooterKey)}


@pytest.mark.parametrize("size", SIZES)
async def test_an_empty_list_says_what_this_is_and_what_to_press(
    store: SessionStore, size: tuple[int, int]
) -> None:
    async with sessions(store, size) as (_, app, pilot):
        await until(pilot, lambda: "No sessions in" in screen_text(app))
        await until(pilot, lambda: bool(app.screen.query("#welcome-strip")))
        await until(pilot, lambda: len(offered(app)) == 5)
        text = screen_text(app)
        for line in ("variational autoencoder", "D  Train a first", "E  Open the", "W  Look up"):
            assert line in text, line
        assert app.screen.query_one("#welcome-strip").display == (size[1] >= 24)
        if size[1] >= 24:
            grey, colour = app.screen.query("#welcome-strip ReadableSamples").results(
                ReadableSamples
            )
            await until(pilot, lambda: grey.tiling.visible >= 2 <= colour.tiling.visible)


async def test_the_first_session_of_an_empty_list_has_its_preview(
    store: SessionStore, recorder: Recorder
) -> None:
    async with sessions(store, (100, 30)) as (_, app, pilot):
        await until(pilot, lambda: bool(app.screen.query("#welcome-strip")))
        recorder.session("first", status="completed", epochs=3, of=3)
        await until(pilot, lambda: not app.screen.query("#welcome"))
        await until(pilot, lambda: bool(app.screen.query("#preview-images")))
        samples = app.screen.query_one("#preview-images", ReadableSamples)
        await until(pilot, lambda: len(samples.images) > 0)
        await until(pilot, lambda: "loss  train" in screen_text(app))


async def test_no_key_of_the_footer_of_an_empty_list_does_nothing(store: SessionStore) -> None:
    async with sessions(store) as (_, app, pilot):
        await until(pilot, lambda: "Open" not in offered(app))
        assert offered(app) == {"New", "Sweeps", "Quit", "Help", "Words"}
        await pilot.press(
            "enter", "space", "g", "c", "r", "R", "number_sign", "A", "w", "u", "a", "slash"
        )
        await pilot.press("1", "o", "escape")
        assert isinstance(app.screen, SessionsScreen)
        assert app.preferences.sort == "age"


async def test_one_session_offers_all_but_the_comparison(
    store: SessionStore, recorder: Recorder
) -> None:
    recorder.session("one")
    async with sessions(store) as (_, app, pilot):
        await until(pilot, lambda: "Open" in offered(app) and "Compare" not in offered(app))
        recorder.session("two")
        app.refresh_sessions()
        await until(pilot, lambda: "Compare" in offered(app))
        assert not app.screen.query("#welcome")


@pytest.mark.parametrize("key", ["E", "e"])
async def test_the_example_opens_by_one_key_and_stays(store: SessionStore, key: str) -> None:
    async with sessions(store) as (_, app, pilot):
        await until(pilot, lambda: bool(app.screen.query("#welcome")))
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("escape")
        await until(pilot, lambda: "example" in screen_text(app))
        await until(pilot, lambda: not app.screen.query("#welcome"))
    assert {listing.id for listing in store.listings()} == {one.id for one in EXAMPLES}


@pytest.mark.parametrize("key", ["D", "d"])
async def test_the_demo_starts_by_one_key(
    store: SessionStore, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    started: list[Session] = []

    def start(session: Session, **_: Any) -> None:
        recorder.revive(session)
        started.append(session)

    monkeypatch.setattr(training, "start_worker", start)
    async with sessions(store) as (_, app, pilot):
        await until(pilot, lambda: bool(app.screen.query("#welcome")))
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
    (one,) = started
    expected = make_settings(PRESETS[DEMO])
    assert changed_settings(one.settings).keys() - {"threads"} == changed_settings(expected).keys()
    assert one.label.name == "demo"
    assert one.manifest.command[:2] == ["vae", "train"]


async def test_in_a_list_d_and_e_keep_their_meaning(
    store: SessionStore, recorder: Recorder
) -> None:
    recorder.session("one")
    async with sessions(store) as (_, app, pilot):
        await pilot.press("d")
        await until(pilot, lambda: "Delete one?" in screen_text(app))
        await pilot.press("n", "e")
        await until(pilot, lambda: "how many epochs more" in screen_text(app))
        await pilot.press("escape")


async def test_a_folder_that_cannot_be_written_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    store = SessionStore(tmp_path / "file" / "sessions")
    with pytest.raises(SessionError, match="cannot be copied"):
        add_example(store)
    async with sessions(SessionStore(tmp_path / "empty")) as (_, app, pilot):
        monkeypatch.setattr(example, "example_folder", lambda *_: None)
        await pilot.press("E")
        await until(
            pilot, lambda: any("the example is not part of this" in toast for toast in toasts(app))
        )


async def test_undo_is_offered_on_an_empty_list_only_after_a_deletion(
    store: SessionStore, recorder: Recorder
) -> None:
    async with sessions(store) as (_, app, pilot):
        await until(pilot, lambda: app.entries == ())
        assert "u" not in app.screen.active_bindings
    recorder.session("only", previews=False)
    async with sessions(store) as (table, app, pilot):
        await until(pilot, lambda: len(table.keys) == 1)
        await pilot.press("d", "y")
        await until(pilot, lambda: app.entries == ())
        await until(pilot, lambda: "u" in app.screen.active_bindings)
        await pilot.press("u")
        await until(pilot, lambda: len(app.entries or ()) == 1)


async def test_a_filter_without_a_match_offers_the_way_back(
    store: SessionStore, recorder: Recorder
) -> None:
    recorder.session("only", previews=False)
    async with sessions(store) as (table, app, pilot):
        await until(pilot, lambda: len(table.keys) == 1)
        assert "Clear" not in offered(app)
        await pilot.press("slash", "z", "z")
        await until(pilot, lambda: "Clear" in offered(app))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: "Clear" not in offered(app))
