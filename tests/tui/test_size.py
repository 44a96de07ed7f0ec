from __future__ import annotations

import pytest

from tests.tui.pilot import screen_text
from tests.tui.session_list.test_screen import sessions
from tests.tui.watching import until
from tui.screen import too_small
from vae_engine.sessions.store import SessionStore


@pytest.mark.parametrize(("columns", "rows"), [(60, 20), (80, 24), (500, 200)])
def test_there_is_room_from_60_by_20(columns: int, rows: int) -> None:
    assert too_small(columns, rows) == ""


@pytest.mark.parametrize(("columns", "rows"), [(59, 20), (60, 19), (10, 5)])
def test_below_there_is_a_sentence(columns: int, rows: int) -> None:
    assert f"{columns} columns and {rows} rows" in too_small(columns, rows)


async def test_a_small_terminal_shows_the_sentence_and_nothing_else(store: SessionStore) -> None:
    async with sessions(store, (50, 12)) as (_, app, pilot):
        await until(pilot, lambda: "please enlarge it" in screen_text(app))
        assert "status" not in screen_text(app)
        await pilot.press("down", "slash", "escape")


async def test_resizing_takes_it_away_and_the_focus_stays(store: SessionStore) -> None:
    async with sessions(store, (80, 24)) as (table, app, pilot):
        await pilot.resize_terminal(40, 10)
        await until(pilot, lambda: "please enlarge" in " ".join(screen_text(app).split()))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "please enlarge" not in screen_text(app))
        await until(pilot, lambda: "Train a first model" in screen_text(app))
        assert table.has_focus
