"""Random keys on every screen: nothing crashes, and no traceback appears."""

from __future__ import annotations

import ast
import random
import string
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

import tui
from tests.tui.pilot import burst, screen_text
from tests.tui.recorded_sweeps import record_sweep, revive
from tests.tui.recorder import Recorder, progress
from tests.tui.session_list.test_screen import sessions
from tests.tui.textual_internals import has_exited
from tests.tui.watching import has_left, until
from tui.app import WorkbenchApp
from tui.dashboard.screen import DashboardScreen
from tui.dialogs import LineScreen
from tui.new_session.screen import NewSessionScreen
from tui.sampler.screen import SamplerScreen
from tui.session_list.screen import SessionsScreen
from tui.sweeps.screen import SweepScreen
from vae_engine.control import sweeps, training
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

KEYS = [
    *string.ascii_letters,
    *string.digits,
    *"?/+-=[]<>:;,.'\"!@#$%^&*()_{}|\\`~",
    *(f"f{number}" for number in range(1, 13)),
    *(f"ctrl+{letter}" for letter in string.ascii_lowercase),
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "space", "tab"),
    *("shift+tab", "shift+up", "shift+down", "shift+left", "shift+right", "ctrl+home", "ctrl+end"),
    *("enter", "escape", "backspace", "delete", "insert"),
]
# Pressed more often, so that one gets into dialogs and out of them again.
FREQUENT = ["enter", "escape", "space", "tab", "up", "down", "left", "right"]
Opening = Callable[[], Screen[None]] | None
"""What makes the screen above the list of sessions; None for that itself."""

SEED = 1
COUNT = 100
MANY = 400
BURST = 5


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the keys write goes into the test's folder, and no worker is started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    def start_worker(session: Session, **_: object) -> None:
        recorder.revive(session)

    monkeypatch.setattr(training, "start_worker", start_worker)
    monkeypatch.setattr(sweeps, "start_coordinator", lambda sweep, **_: revive(sweep))


@pytest.mark.parametrize("count", [COUNT, pytest.param(MANY, marks=pytest.mark.slow)])
@pytest.mark.parametrize("place", ["sessions", "dashboard", "sampler", "sweep"])
async def test_random_keys_are_survived(
    store: SessionStore, recorder: Recorder, place: str, count: int
) -> None:
    finished = recorder.session("finished")
    begun = recorder.session("begun", status="training", epochs=0, of=10)
    recorder.emit(begun, progress(1, 3))
    screens: dict[str, Opening] = {
        "sessions": None,
        "dashboard": lambda: DashboardScreen(Session(begun.folder)),
        "sampler": lambda: SamplerScreen(Session(finished.folder)),
    }
    if place == "sweep":
        trials = record_sweep(recorder, {1: "completed", 2: "training", 3: "failed"})
        screens["sweep"] = lambda: SweepScreen(trials)
    left = random_keys(count)
    while left:
        left = await throw(WorkbenchApp(store), left, screens[place])


async def throw(app: WorkbenchApp, keys: list[str], screen: Opening) -> list[str]:
    """Press keys on a screen, opened again when it was left, until they leave the app.

    Returns:
        The keys that are left. Whatever else ends the app is raised by Textual.
    """
    async with app.run_test(size=(100, 30), tooltips=True, notifications=True) as pilot:
        while keys and not has_exited(app):
            if screen is not None and len(app.screen_stack) == 1:
                await app.push_screen(screen())
            burst(app, *keys[:BURST])
            keys = keys[BURST:]
            await pilot.pause()
            if not has_exited(app):
                assert "Traceback" not in screen_text(app)
        if has_exited(app):
            # Keys that came along with the last one are worked off while there are screens.
            await has_left(app)
    return keys


def random_keys(count: int) -> list[str]:
    chosen = random.Random(SEED)
    return [chosen.choice(chosen.choice((KEYS, FREQUENT))) for _ in range(count)]


@pytest.mark.parametrize("kind", [DashboardScreen, SamplerScreen])
async def test_escape_pressed_twice_leaves_one_screen(
    store: SessionStore,
    recorded_session: Session,
    kind: type[DashboardScreen] | type[SamplerScreen],
) -> None:
    async with sessions(store) as (_, app, pilot):
        await app.push_screen(kind(recorded_session))
        burst(app, "escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, SessionsScreen))


async def test_enter_pressed_twice_answers_a_question_once(
    store: SessionStore, recorder: Recorder
) -> None:
    recorder.session("before")
    async with sessions(store) as (_, app, pilot):
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, LineScreen))
        burst(app, "2", "enter", "enter")
        await until(pilot, lambda: isinstance(app.screen, SessionsScreen))
        (listing,) = store.listings()
        await until(pilot, lambda: Session(listing.folder).label.name == "before2")


@pytest.mark.parametrize("place", ["dashboard", "sampler", "sweep", "new session", "question"])
async def test_a_screen_without_its_widgets_yet_does_what_it_is_asked_for_later(
    store: SessionStore, recorder: Recorder, place: str
) -> None:
    trials = record_sweep(recorder, {1: "completed"})
    session = recorder.session("finished")
    kinds: dict[str, Callable[[], Screen[Any]]] = {
        "dashboard": lambda: DashboardScreen(session),
        "sampler": lambda: SamplerScreen(session),
        "sweep": lambda: SweepScreen(trials),
        "new session": lambda: NewSessionScreen(store),
        "question": lambda: LineScreen("Why?", "because", check=str),
    }
    async with sessions(store) as (_, app, pilot):
        for action in ("open", "epoch(-1)", "draw(1)", "back", "dismiss", "fold"):
            beneath = app.screen
            screen = kinds[place]()
            opened = app.push_screen(screen)
            assert not screen.children
            await app.run_action(action, screen)
            await opened
            left = action == "dismiss" or (action == "back" and place in ("dashboard", "sampler"))
            await until(pilot, partial(_stands, screen, not left))
            await pilot.pause()
            if not left:
                await until(pilot, partial(_stands, screen, True))
                while app.screen is not beneath:
                    await app.pop_screen()


def _stands(screen: Screen[Any], wanted: bool) -> bool:
    return screen.is_active is wanted


async def test_a_screen_is_left_before_it_has_its_widgets(
    store: SessionStore, recorded_session: Session
) -> None:
    async with sessions(store) as (_, app, pilot):
        for _ in range(3):
            screen = SamplerScreen(recorded_session)
            app.push_screen(screen)
            screen.dismiss()
            screen.dismiss()
            await until(pilot, lambda: isinstance(app.screen, SessionsScreen))


def test_no_coroutine_waits_for_a_worker_that_may_never_begin() -> None:
    made = [
        f"{path}:{node.lineno}"
        for path in Path(tui.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith(("run_worker", "run_async"))
        and any(
            isinstance(one, ast.Call) and ast.unparse(one.func) not in ("partial", "cast")
            for one in node.args
        )
    ]
    assert made == []
