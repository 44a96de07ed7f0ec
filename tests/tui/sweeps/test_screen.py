"""The list of sweeps and the screen of one, over recorded trials."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Footer

from tests.tui.pilot import screen_text, text_of, toasts
from tests.tui.recorded_sweeps import begin_trial, kill, record_sweep, revive, session_folder
from tests.tui.recorder import Recorder
from tests.tui.textual_internals import FooterKey
from tests.tui.watching import until, widget_text
from tui.app import WorkbenchApp
from tui.dashboard.screen import DashboardScreen
from tui.dialogs import ConfirmScreen
from tui.new_session.screen import NewSessionScreen
from tui.rendering.inspection import Inspection
from tui.sampler.screen import SamplerScreen
from tui.sweeps.feed import SweepSnapshot
from tui.sweeps.list_screen import SweepsScreen
from tui.sweeps.screen import SweepScreen
from tui.sweeps.setting_results import SettingResults
from tui.sweeps.trial_grid import TrialGrid
from tui.widgets.chart import LossChart
from tui.widgets.images import ImageGrid
from tui.widgets.session_table import SessionTable
from vae_engine.control import sweeps
from vae_engine.sessions import inbox, layout
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.sweeps.record import RECORD
from vae_engine.sweeps.store import Sweep


@asynccontextmanager
async def sweep_screen(
    sweep: Sweep, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[SweepScreen, WorkbenchApp, Pilot[Any]]]:
    """The screen of a sweep, once it shows its trials."""
    app = WorkbenchApp(sweep.sessions)
    async with app.run_test(size=size) as pilot:
        screen = SweepScreen(sweep)
        await app.push_screen(screen)
        await until(pilot, lambda: screen.snapshot is not None)
        yield screen, app, pilot


def grid_text(screen: SweepScreen) -> str:
    return widget_text(screen.query_one(TrialGrid))


def offered(app: WorkbenchApp) -> set[str]:
    return {key.description for key in app.screen.query_one(Footer).query(FooterKey)}


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_everything_of_a_sweep_is_shown_or_a_page_away(
    recorder: Recorder, size: tuple[int, int]
) -> None:
    sweep = record_sweep(
        recorder, {1: "completed", 2: "completed", 3: "completed", 4: "training"}, live=True
    )
    async with sweep_screen(sweep, size) as (screen, app, pilot):
        await until(pilot, lambda: "● 2/4" in screen_text(app))
        text = screen_text(app)
        for wanted in ("mine", "running", "latent_dim 2, 4 x seed 0, 1", "seed 1", "2 at once"):
            assert wanted in text, wanted
        for wanted in ("-ELBO", "linear %", "176.00±0.00", "best", "3 of 4 trials finished"):
            assert wanted in text, wanted
        assert "trial 1 (latent_dim 2, seed 0) completed after 4 epochs" in text
        assert "Back" in text
        whole = size != (80, 24)
        assert ("1 trials  2 curves  3 samples" in text) != whole
        if not whole:
            await pilot.press("2")
        chart = screen.query_one(LossChart)
        await until(pilot, lambda: "d 2 176.0" in widget_text(chart))
        assert "d 4 176.0" in widget_text(chart)
        if not whole:
            await pilot.press("tab")
        await until(pilot, lambda: "seed 0, the same z where d is equal" in screen_text(app))
        await until(pilot, lambda: len(screen.query_one(ImageGrid).images) >= 6)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_curves_are_read_by_keys(recorder: Recorder, size: tuple[int, int]) -> None:
    sweep = record_sweep(recorder, dict.fromkeys(range(1, 5), "completed"))
    async with sweep_screen(sweep, size) as (screen, app, pilot):
        grid, chart = screen.query_one(TrialGrid), screen.query_one(LossChart)
        await until(pilot, lambda: "4 of 4" in screen_text(app))
        await pilot.press("c")
        await until(pilot, lambda: chart.has_focus and chart.size.height)
        await pilot.press("home")
        await until(pilot, lambda: "d 2 251.000 d 4 251.000 +0.000" in flat(chart))
        await pilot.press("j")
        await until(pilot, lambda: "d 4 251.000 d 2 251.000 +0.000" in flat(chart))
        assert grid.row == 1
        await pilot.press("c")
        await until(pilot, lambda: app.screen.focused is grid)
        assert screen.inspection == Inspection()


def flat(chart: LossChart) -> str:
    return " ".join(widget_text(chart).split())


async def test_trials_move_under_a_cursor_that_stays(recorder: Recorder) -> None:
    sweep = record_sweep(recorder, {1: "completed", 2: "training"}, live=True)
    async with sweep_screen(sweep) as (screen, app, pilot):
        grid = screen.query_one(TrialGrid)
        await until(pilot, lambda: "● 2/4" in grid_text(screen))
        await pilot.press("down", "right")
        await until(pilot, lambda: "trial 4" in text_of(app, "#sweep-detail"))
        recorder.finish_epoch(Session(session_folder(sweep, 2)), 3)
        begin_trial(recorder, sweep, 3, "training")
        await until(pilot, lambda: "● 3/4" in grid_text(screen) and "● 2/4" in grid_text(screen))
        assert grid.current == 3
        await until(pilot, lambda: "2 training, 1 waiting" in text_of(app, "#sweep-head"))
        await until(pilot, lambda: "±" not in widget_text(screen.query_one(SettingResults)))
        # Beyond the edge there is nothing.
        await pilot.press("down", "right", "l", "j")
        assert grid.current == 3
        await pilot.press("home")
        assert grid.current == 0


async def test_trials_are_opened_and_sampled_and_what_cannot_be_says_so(
    recorder: Recorder,
) -> None:
    sweep = record_sweep(recorder, {1: "completed", 2: "failed"})
    async with sweep_screen(sweep) as (screen, app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, SamplerScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("right", "enter")
        await until(pilot, lambda: "Trial 3 has not started yet." in toasts(app))
        (session_folder(sweep, 2) / layout.MANIFEST).write_text("{")
        await pilot.press("left", "down")
        await until(pilot, lambda: "✗ damaged" in grid_text(screen))
        await pilot.press("enter")
        await until(pilot, lambda: any("Trial 2 is damaged" in said for said in toasts(app)))
        await until(pilot, lambda: "damaged: session" in text_of(app, "#sweep-detail"))


async def test_a_sweep_is_stopped_and_resumed_after_a_question(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "start_coordinator", lambda sweep, **_: revive(sweep))
    sweep = record_sweep(recorder, {1: "completed", 2: "training"}, live=True)
    async with sweep_screen(sweep) as (screen, app, pilot):
        await until(pilot, lambda: "Stop" in offered(app) and "Resume" not in offered(app))
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("n")
        await until(pilot, lambda: app.screen is screen)
        assert list(inbox.take(sweep.folder)) == []
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: any((sweep.folder / layout.INBOX).iterdir()))
        assert [command for command, _ in inbox.take(sweep.folder)] == ["stop"]
        recorder.end(Session(session_folder(sweep, 2)), "interrupted")
        kill(sweep)
        await until(pilot, lambda: "interrupted" in text_of(app, "#sweep-head"))
        await until(pilot, lambda: "Resume" in offered(app) and "Stop" not in offered(app))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "running" in text_of(app, "#sweep-head"))


async def test_keys_choose_the_figure_and_the_seed_of_the_samples(recorder: Recorder) -> None:
    sweep = record_sweep(recorder, {1: "completed", 2: "completed"}, seeds=1)
    async with sweep_screen(sweep) as (screen, app, pilot):
        images = screen.query_one(ImageGrid)
        await until(pilot, lambda: len(images.images))
        before = images.images.copy()
        await pilot.press("n")
        await until(pilot, lambda: (images.images != before).any())
        await until(pilot, lambda: "samples  seed 1" in screen_text(app))
        await pilot.press("b", "b")
        await until(pilot, lambda: (images.images == before).all())
        await pilot.press("v")
        await until(pilot, lambda: "val_reconstruction_loss" in screen_text(app))
        await pilot.press("y", "a", "s")
        preferences = app.preferences
        assert (preferences.chart_log, preferences.chart_recent) == (True, True)
        assert preferences.chart_smoothing == 0.6
        # The curve under the cursor is the last, above the others.
        title = widget_text(screen.query_one(LossChart)).splitlines()[0]
        assert title.index("d 4") < title.index("d 2")
        await pilot.press("down")
        await until(
            pilot,
            lambda: (
                widget_text(screen.query_one(LossChart)).find("d 4")
                > widget_text(screen.query_one(LossChart)).find("d 2")
            ),
        )


async def test_more_trials_than_there_is_room_for_are_reached(recorder: Recorder) -> None:
    sweep = record_sweep(recorder, {}, latent_dim=tuple(range(2, 42)), beta=(1.0, 2.0), seeds=30)
    async with sweep_screen(sweep, (80, 24)) as (screen, app, pilot):
        await until(pilot, lambda: "seed 0" in grid_text(screen))
        await pilot.press("end")
        await until(pilot, lambda: "seed 29" in grid_text(screen))
        lines = grid_text(screen).splitlines()
        assert lines[-1].split()[1:3] == ["41", "2"]
        assert lines[-1].rstrip().endswith("›·")
        assert "trial 2400" in text_of(app, "#sweep-detail")
        assert "41" in widget_text(screen.query_one(SettingResults)).splitlines()[-1]
        await pilot.press("pageup", "home")
        await until(pilot, lambda: grid_text(screen).splitlines()[1].split()[1] == "2")


async def test_what_does_not_change_is_not_sent(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = record_sweep(recorder, {1: "completed", 2: "training"}, live=True)
    async with sweep_screen(sweep) as (screen, app, pilot):
        images = screen.query_one(ImageGrid)
        await until(pilot, lambda: len(images.images))
        reads: list[int] = []
        sent: list[object] = []
        read = screen._feed.read

        def counted(wanted: Iterable[int]) -> SweepSnapshot:
            reads.append(1)
            return read(wanted)

        monkeypatch.setattr(screen._feed, "read", counted)
        # By then all that was read first is drawn.
        await until(pilot, lambda: len(reads) >= 2)
        monkeypatch.setattr(app, "_display", lambda *found: sent.append(found))
        await until(pilot, lambda: len(reads) >= 4)
        assert sent == []
        await pilot.press("down")
        await until(pilot, lambda: sent)


async def test_a_sweep_deleted_under_its_screen_is_reported(recorder: Recorder) -> None:
    sweep = record_sweep(recorder, {1: "completed"})
    async with sweep_screen(sweep) as (screen, app, pilot):
        shutil.rmtree(sweep.folder)
        await until(pilot, lambda: "deleted or moved" in text_of(app, "#sweep-head"))
        assert "✓ 4" in grid_text(screen)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not screen)


async def test_the_list_opens_by_its_key_and_says_what_to_do_where_it_is_empty(
    store: SessionStore, recorder: Recorder
) -> None:
    app = WorkbenchApp(store)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, SweepsScreen))
        await until(pilot, lambda: "Press n for a new one" in screen_text(app))
        await until(pilot, lambda: offered(app) == {"New", "Back", "Help", "Words"})
        await pilot.press("enter", "x", "r")
        assert isinstance(app.screen, SweepsScreen)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, NewSessionScreen))
        await until(pilot, lambda: "9 trials, " in text_of(app, "#new-duration"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SweepsScreen))
        older = record_sweep(recorder, {1: "completed"}, name="older")
        await until(pilot, lambda: "older" in screen_text(app))
        await until(pilot, lambda: {"Open", "Stop", "Resume"} <= offered(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SweepScreen))
        await until(pilot, lambda: "stopped" in text_of(app, "#sweep-head"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SweepsScreen))
        assert older.id in text_of(app, "#sweeps-detail")


async def test_foreign_and_damaged_sweeps_are_words_and_nothing_more(
    store: SessionStore, recorder: Recorder
) -> None:
    sound = record_sweep(recorder, {1: "completed"}, name="[red]sound[/]")
    cut = record_sweep(recorder, {}, name="cut")
    (cut.folder / RECORD).write_text('{"schema": 1')
    hostile = sound.folder.parent / "\x1b]0;evil\x07"
    hostile.mkdir()
    (hostile / RECORD).write_text("[]")
    app = WorkbenchApp(store)
    async with app.run_test(size=(120, 40)) as pilot:
        await app.push_screen(SweepsScreen(store))
        table = app.screen.query_one(SessionTable)
        await until(pilot, lambda: len(table.keys) == 3)
        text = screen_text(app)
        assert "[red]sound[/]" in text
        assert text.count("✗ damaged") == 2
        assert not any(char < " " and char != "\n" for char in text)
        table.put_cursor(cut.id)
        await until(pilot, lambda: RECORD in text_of(app, "#sweeps-detail"))
        await pilot.press("enter", "x", "r")
        await until(pilot, lambda: any(RECORD in said for said in toasts(app)))
        assert isinstance(app.screen, SweepsScreen)
        await pilot.press("home")
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: any("nothing to stop" in said for said in toasts(app)))


async def test_results_are_sorted_by_what_came_out_and_back(recorder: Recorder) -> None:
    sweep = record_sweep(
        recorder, {1: "completed", 2: "completed"}, seeds=1, latent_dim=(2, 4, 8, 16)
    )
    result = session_folder(sweep, 1) / layout.RESULT
    result.write_bytes(result.read_bytes().replace(b'"test_loss": 176.0', b'"test_loss": 199.0'))
    async with sweep_screen(sweep, (130, 60)) as (screen, _, pilot):
        table = screen.query_one(SettingResults)

        def order() -> list[str]:
            return [line.split()[1] for line in widget_text(table).splitlines() if "1/1" in line]

        await until(pilot, lambda: order() == ["2", "4"])
        await pilot.press("o")
        await until(pilot, lambda: order() == ["4", "2"])
        await pilot.press("o")
        await until(pilot, lambda: order() == ["2", "4"])
