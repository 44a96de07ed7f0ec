from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path

from textual.command import CommandPalette

import tui
from tests.tui.pilot import screen_text, toasts, type_text
from tests.tui.recorder import Recorder
from tests.tui.session_list.test_screen import sessions
from tests.tui.textual_internals import has_exited, notifications
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.cli.screen import farewell
from tui.dashboard.screen import DashboardScreen
from tui.new_session.screen import NewSessionScreen
from tui.preferences import Preferences, preferences_file, read_preferences
from tui.session_list.screen import SessionsScreen
from vae_engine.sessions import events as ev
from vae_engine.sessions.store import SessionStore


def test_the_app_imports_no_tensorflow() -> None:
    names = [module.name for module in pkgutil.walk_packages(tui.__path__, "tui.")]
    code = f"import sys, {', '.join(names)}; print({{'tensorflow', 'keras'}} & set(sys.modules))"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert said == "set()\n"


def test_the_first_frame_waits_for_no_module_that_it_does_not_need() -> None:
    later = {
        "numpy",
        "plotext",
        "ai_edge_litert",
        "textual.widgets._text_area",
        "tui.terminal.wire",
    }
    code = f"import sys, tui.app, tui.cli.main; print({later} & set(sys.modules))"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert said == "set()\n"


async def test_it_opens_on_a_session_if_asked(store: SessionStore, recorder: Recorder) -> None:
    session = recorder.session()
    app = WorkbenchApp(store, open_session=session.id)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionsScreen))


async def test_a_session_that_is_gone_leaves_one_on_the_list(store: SessionStore) -> None:
    app = WorkbenchApp(store, open_session="20260101-000000-dead")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: any("no session" in said for said in toasts(app)))
        assert isinstance(app.screen, SessionsScreen)


async def test_the_theme_is_remembered(store: SessionStore) -> None:
    app = WorkbenchApp(store)
    async with app.run_test() as pilot:
        app.theme = "nord"
        await until(pilot, lambda: app.preferences.theme == "nord")
    again = WorkbenchApp(store)
    async with again.run_test():
        assert again.theme == "nord"


async def test_a_theme_that_is_no_more_gives_the_usual_one(store: SessionStore) -> None:
    preferences_file().parent.mkdir(parents=True)
    preferences_file().write_text('{"theme": "of tomorrow"}')
    app = WorkbenchApp(store)
    async with app.run_test():
        assert app.theme == Preferences().theme


async def test_damaged_preferences_are_reported_and_replaced(store: SessionStore) -> None:
    preferences_file().parent.mkdir(parents=True)
    preferences_file().write_text("{[b]")
    app = WorkbenchApp(store)
    async with app.run_test() as pilot:
        await until(pilot, lambda: any("defaults are used" in said for said in toasts(app)))
        app.remember(sort="loss")
    assert read_preferences(preferences_file()) == (Preferences(sort="loss"), "")


async def test_preferences_that_cannot_be_kept_hold_until_the_end(
    store: SessionStore, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    app = WorkbenchApp(store, preferences_path=tmp_path / "file" / "preferences.json")
    async with app.run_test() as pilot:
        app.remember(sort="loss")
        await until(
            pilot, lambda: any("preferences cannot be saved" in said for said in toasts(app))
        )
        assert app.preferences.sort == "loss"


async def test_the_palette_offers_the_keys_of_the_screen(
    store: SessionStore, recorder: Recorder
) -> None:
    recorder.session()
    async with sessions(store) as (_, app, pilot):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await type_text(pilot, "new session")
        await until(pilot, lambda: "Train a new session" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, NewSessionScreen))


async def test_the_bell_can_be_switched_off(store: SessionStore) -> None:
    app = WorkbenchApp(store)
    async with app.run_test() as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await type_text(pilot, "bell")
        await until(pilot, lambda: "Ring and notify" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: not app.preferences.bell)


async def test_a_training_that_fails_is_reported_as_an_error(
    store: SessionStore, recorder: Recorder
) -> None:
    session = recorder.session("[b]x[/b]", status="training", epochs=1, of=3)
    async with sessions(store) as (_, app, pilot):
        recorder.emit(session, ev.RunEnded(status="diverged", reason="loss is nan"))
        await until(pilot, lambda: notifications(app))
        (toast,) = notifications(app)
        assert (toast.title, toast.message) == ("[b]x[/b] diverged", "loss is nan")
        assert toast.severity == "error"
        assert not toast.markup


async def test_leaving_is_quick_and_stops_nothing(store: SessionStore, recorder: Recorder) -> None:
    session = recorder.session(status="training", epochs=1, of=3)
    async with sessions(store) as (_, app, pilot):
        await pilot.press("q")
        await until(pilot, lambda: has_exited(app))
    assert app.return_code == 0
    assert session.alive()


def test_the_exit_lines_say_what_still_runs(store: SessionStore, recorder: Recorder) -> None:
    recorder.session("over")
    live = recorder.session("night", status="training", epochs=1, of=3)
    where = f"--sessions-dir {store.root}"
    assert farewell(store) == [
        f"night is still training: vae attach {live.id} {where}"
        f" (to end it: vae stop {live.id} {where})"
    ]
