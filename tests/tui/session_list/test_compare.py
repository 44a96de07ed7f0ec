from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from tests.tui.pilot import screen_text, text_of
from tests.tui.recorder import Recorder
from tests.tui.watching import until, widget_text
from tui.app import WorkbenchApp
from tui.comparison import curves, heads, read_compared, rows
from tui.dashboard.screen import DashboardScreen
from tui.rendering.tones import HUES
from tui.session_list.compare import CompareScreen
from tui.widgets.chart import LossChart
from tui.widgets.curve_table import CurveTable
from tui.widgets.session_table import SessionTable
from vae_engine.sessions.session import Session


@asynccontextmanager
async def comparison(
    recorder: Recorder, *sessions: Session, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[CompareScreen, WorkbenchApp, Pilot[Any]]]:
    app = WorkbenchApp(recorder.store)
    async with app.run_test(size=size) as pilot:
        screen = CompareScreen([Session(session.folder) for session in sessions])
        await app.push_screen(screen)
        table = screen.query_one(SessionTable)
        await until(pilot, lambda: len(table.keys) == len(sessions))
        yield screen, app, pilot


def test_only_settings_that_differ_are_reported(recorder: Recorder) -> None:
    def columns(*several: Session) -> list[str]:
        return [head.title for head in heads([read_compared(one) for one in several])][6:]

    one = recorder.session(latent_dim=2, beta=4.0)
    assert columns(one, recorder.session(latent_dim=8, beta=4.0)) == ["latent_dim"]
    # Auto comes to another number of layers there.
    wider = recorder.session(latent_dim=16, beta=4.0)
    assert columns(one, wider) == ["latent_dim", "dense_units"]
    assert columns(one, one) == []
    # Earlier versions recorded auto, later ones what it came to.
    resolved = recorder.session(latent_dim=2, beta=4.0, filters=(16, 32), likelihood="bernoulli")
    assert columns(one, resolved) == []


def test_curves_have_the_colours_of_their_rows(recorder: Recorder) -> None:
    compared = [read_compared(recorder.session(f"s{index}", epochs=2)) for index in range(8)]
    drawn = curves(compared, "val_loss")
    tones = [f"curve-{curve.tone % HUES}" for curve in drawn]
    assert tones == [row.tone for row in rows(compared)]
    # Those of equal colour are dashed differently, in the table too.
    looks = [(row.tone, row.cells[0]) for row in rows(compared)]
    assert len(set(looks)) == len({curve.tone for curve in drawn}) == 8
    assert [curve.label for curve in drawn] == [f"s{index}" for index in range(8)]
    np.testing.assert_allclose(drawn[0].values, [251.0, 201.0])


def test_what_is_gone_keeps_what_was_read_of_it(recorder: Recorder) -> None:
    session = Session(recorder.session("here", epochs=3).folder)
    read_compared(session)
    shutil.rmtree(session.folder)
    after = read_compared(session)
    assert (after.status, after.history.newest) == ("gone", 3)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_sessions_stand_side_by_side(recorder: Recorder, size: tuple[int, int]) -> None:
    first = recorder.session("first", latent_dim=2, epochs=4, of=6)
    second = recorder.session("second", latent_dim=8, epochs=6, of=6, beta=4.0)
    async with comparison(recorder, first, second, size=size) as (_, app, pilot):
        await until(pilot, lambda: "2 sessions compared" in screen_text(app))
        await until(pilot, lambda: "val_loss" in screen_text(app))
        text = screen_text(app)
        for wanted in ("first", "second", "latent_dim", "beta", "176.00", "167.67", "completed"):
            assert wanted in text, wanted
        assert "learning_rate" not in text


async def test_sessions_that_agree_say_so(recorder: Recorder) -> None:
    pair = recorder.session("a"), recorder.session("b")
    async with comparison(recorder, *pair) as (_, app, _pilot):
        assert text_of(app, "#compare-same") == "Their settings are the same."


async def test_keys_choose_figure_and_scale(recorder: Recorder) -> None:
    pair = recorder.session("a"), recorder.session("b")
    async with comparison(recorder, *pair) as (_, app, pilot):
        await pilot.press("v")
        await until(pilot, lambda: "val_reconstruction_loss" in screen_text(app))
        await pilot.press("V", "V")
        await until(pilot, lambda: " kl_loss" in screen_text(app))
        await pilot.press("y", "s", "a")
        preferences = app.preferences
        assert preferences.chart_log
        assert preferences.chart_recent
        assert preferences.chart_smoothing > 0
        await pilot.press("s", "s")
        assert app.preferences.chart_smoothing == 0.0


async def test_a_live_session_grows_and_a_deleted_one_is_reported(recorder: Recorder) -> None:
    live = recorder.session("live", status="training", epochs=1, of=9)
    doomed = recorder.session("doomed")
    async with comparison(recorder, live, doomed) as (screen, _, pilot):
        table = screen.query_one(SessionTable)
        recorder.finish_epoch(live, 2)
        await until(pilot, lambda: table.cell_texts(live.id)[4] == "2")
        recorder.store.delete(doomed)
        await until(pilot, lambda: table.cell_texts(doomed.id)[2] == "gone")
        table.put_cursor(doomed.id)
        await pilot.press("enter")
        await pilot.pause()
        assert pilot.app.screen is screen


async def test_a_session_is_opened_from_the_table(recorder: Recorder) -> None:
    pair = recorder.session("a"), recorder.session("b")
    async with comparison(recorder, *pair) as (screen, app, pilot):
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not screen)


async def test_the_curves_are_read_beside_that_of_the_row_under_the_cursor(
    recorder: Recorder,
) -> None:
    first, second = recorder.session("first", epochs=9), recorder.session("second", epochs=6)
    async with comparison(recorder, first, second, size=(80, 24)) as (screen, app, pilot):
        chart, table = screen.query_one(LossChart), screen.query_one(SessionTable)
        await until(pilot, lambda: "first" in widget_text(chart))
        await pilot.press("c", "home")
        await until(pilot, lambda: "first 251.000" in widget_text(chart))
        assert "second 251.000 +0.000" in " ".join(widget_text(chart).split())
        # The curve that the others are compared to is that of the table's row.
        await pilot.press("down")
        await until(pilot, lambda: table.cursor_key == second.id)
        await until(pilot, lambda: "first 251.000 +0.000" in " ".join(widget_text(chart).split()))
        await pilot.press("end", "v")
        await until(pilot, lambda: "val_reconstruction_loss" in widget_text(chart))
        await until(pilot, lambda: "second -" in " ".join(widget_text(chart).split()))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.focused is table)
        assert app.screen is screen


async def test_rows_have_the_very_colours_of_their_curves(recorder: Recorder) -> None:
    sessions = [recorder.session(f"s{at}", epochs=2) for at in range(HUES)]
    async with comparison(recorder, *sessions) as (screen, app, _):
        chart, table = screen.query_one(LossChart), screen.query_one(CurveTable)
        for theme in ("textual-dark", "textual-light"):
            app.theme = theme
            for tone in range(HUES):
                drawn = chart.get_component_rich_style(f"chart--tone-{tone}").color
                assert drawn == table.get_component_rich_style(f"table--curve-{tone}").color
