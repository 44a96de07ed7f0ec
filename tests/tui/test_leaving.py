"""The app exits, whatever is typed or being opened at that moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.screen import Screen

from tests.tui.pilot import burst
from tests.tui.recorder import Recorder
from tests.tui.watching import has_left, until
from tui.app import WorkbenchApp
from tui.dashboard.screen import DashboardScreen
from tui.help.screen import HelpScreen
from tui.new_session.screen import NewSessionScreen
from tui.sampler.screen import SamplerScreen
from tui.session_list.compare import CompareScreen
from tui.session_list.screen import SessionsScreen
from tui.sweeps.list_screen import SweepsScreen
from vae_engine.control import training
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

SCREENS: dict[str, Callable[[WorkbenchApp, Session], Screen[None]]] = {
    "compare": lambda _, session: CompareScreen([session]),
    "dashboard": lambda _, session: DashboardScreen(session),
    "help": lambda app, _: HelpScreen(app.screen),
    "new": lambda app, _: NewSessionScreen(app.store, None),
    "sampler": lambda _, session: SamplerScreen(session),
    "sweeps": lambda app, _: SweepsScreen(app.store),
}


@pytest.mark.parametrize("leaving", ["q", "ctrl+c"])
async def test_what_is_typed_after_it_is_not_for_the_app(
    store: SessionStore, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, leaving: str
) -> None:
    """Which is for the shell, such as `rm`: `r` would have resumed the session."""
    recorder.session(status="stopped")
    started: list[Session] = []
    monkeypatch.setattr(training, "start_worker", lambda session, **_: started.append(session))
    app = WorkbenchApp(store)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.entries is not None)
        burst(app, leaving, "r", "enter", "m", "n")
        await has_left(app)
        assert [type(screen) for screen in app.screen_stack] == [SessionsScreen]
    assert started == []
    assert app.return_code == 0


@pytest.mark.parametrize("name", SCREENS)
async def test_a_screen_that_is_just_being_opened_is_no_failure(
    store: SessionStore, recorded_session: Session, name: str
) -> None:
    app = WorkbenchApp(store)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.entries is not None)
        app.push_screen(SCREENS[name](app, recorded_session))
        app.exit()
        await has_left(app)
    assert app.return_code == 0
