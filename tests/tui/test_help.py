from __future__ import annotations

import pytest
from textual.binding import ActiveBinding, Binding
from textual.widgets import RadioButton

from tests.tui.pilot import screen_text
from tests.tui.test_sessions_screen import sessions
from tests.tui.watching import until
from tui.screens.help import HelpScreen, describe_keys
from tui.screens.sessions import SessionsScreen
from vae_engine.sessions.store import SessionStore


def active(
    key: str, action: str, tooltip: str, group: Binding.Group | None = None
) -> ActiveBinding:
    binding = Binding(key, action, "Short", tooltip=tooltip, group=group)
    return ActiveBinding(SessionsScreen(), binding, True, "")


def test_keys_of_one_action_stand_together() -> None:
    screen = SessionsScreen()
    keys = [
        ActiveBinding(screen, Binding(key, "same", "Do", tooltip="Do it"), True, "")
        for key in ("d", "delete", "f2")
    ]
    assert describe_keys(keys) == [("d Del F2", "Do it")]


def test_a_group_is_one_line() -> None:
    group = Binding.Group("Sort by a column")
    keys = [active(str(at), f"sort({at})", "", group) for at in range(1, 10)]
    assert describe_keys(keys) == [("1-9", "Sort by a column")]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_help_is_made_of_the_bindings(store: SessionStore, size: tuple[int, int]) -> None:
    async with sessions(store, size) as (_, app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: "Train a new session" in screen_text(app))
        assert "Enter  Open the session's dashboard" in screen_text(app)
        assert "Esc back" in screen_text(app)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, SessionsScreen))


async def test_the_whole_help_can_be_reached_on_a_small_terminal(store: SessionStore) -> None:
    async with sessions(store, (80, 24)) as (_, app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: "Train a new session" in screen_text(app))
        await pilot.press("end")
        await until(pilot, lambda: "octant" in screen_text(app))
        assert "choose the finest set" in screen_text(app)


async def test_glyphs_are_chosen_by_their_test_pattern(store: SessionStore) -> None:
    async with sessions(store) as (_, app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        octant = app.screen.query(RadioButton).last()
        octant.value = True
        await until(pilot, lambda: app.preferences.glyphs == "octant")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionsScreen))
