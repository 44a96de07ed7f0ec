"""The chart of rate against distortion, by keys."""

from __future__ import annotations

from textual.color import Color

from tests.tui.pilot import screen_text
from tests.tui.recorded_sweeps import record_sweep
from tests.tui.recorder import Recorder
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.dashboard.screen import DashboardScreen
from tui.rate_distortion import RatePath, rate_paths
from tui.rendering.tones import HUES
from tui.session_list.compare import CompareScreen
from tui.side_by_side.rate_plane import RatePlane
from tui.side_by_side.rates import RatesScreen
from tui.sweeps.screen import SweepScreen
from tui.widgets.curve_table import CurveTable
from tui.widgets.session_table import SessionTable


async def test_sessions_of_the_comparison_have_letters_and_a_way_to_the_dashboard(
    app: WorkbenchApp, recorder: Recorder
) -> None:
    sessions = [
        recorder.session("first", epochs=6),
        recorder.session("second", latent_dim=4),
        recorder.session("alone", dataset="fashion_mnist"),
    ]
    async with app.run_test(size=(100, 30)) as pilot:
        app.push_screen(CompareScreen(sessions))
        await until(pilot, lambda: "second" in screen_text(app))
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, RatesScreen))
        await until(pilot, lambda: "1 session left out" in screen_text(app))
        await until(pilot, lambda: "6.25" in screen_text(app))
        text = screen_text(app)
        # Rate, distortion and -ELBO of the last epoch, the best one.
        assert "A first" in text
        assert row_of(text, "A first")[:4] == ["6", "4.50", "163.17", "167.67"]
        assert "dotted: equal -ELBO" in text
        plane, table = app.screen.query_one(RatePlane), app.screen.query_one(CurveTable)
        for tone in range(HUES):
            color = Color.parse(app.theme_variables[f"curve-{tone}"])
            assert plane.get_component_styles(f"plane--tone-{tone}").color == color
            assert table.get_component_styles(f"table--curve-{tone}").color == color
        await pilot.press("a")
        await until(pilot, lambda: "best epochs, validation" in screen_text(app))
        await pilot.press("down", "down")
        await until(pilot, lambda: "2 sessions left out" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        assert isinstance(app.screen, DashboardScreen)
        assert app.screen.session.id == sessions[2].id


async def test_keys_read_the_chart_and_zoom(app: WorkbenchApp, recorder: Recorder) -> None:
    sessions = [recorder.session("first", epochs=6), recorder.session("second", epochs=3)]
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_rates([session.folder for session in sessions])
        await until(pilot, lambda: "A first" in screen_text(app) and "B second" in screen_text(app))
        plane = app.screen.query_one(RatePlane)
        first, second = rate_paths(app.screen.compared)  # type: ignore[attr-defined]

        def reads(path: RatePath, at: int) -> bool:
            wanted = (
                f"epoch {path.epochs[at]:.0f}  rate {path.rate[at]:.2f}  "
                f"distortion {path.distortion[at]:.2f}  -ELBO {path.negative_elbo[at]:.2f}"
            )
            return wanted in screen_text(app)

        await pilot.press("c")
        await until(pilot, lambda: plane.has_focus and reads(first, 5))
        await pilot.press("home")
        await until(pilot, lambda: reads(first, 0))
        await pilot.press("right", "plus", "plus")
        await until(pilot, lambda: reads(first, 1) and "zoom 4x" in screen_text(app))
        await pilot.press("minus")
        await until(pilot, lambda: "zoom 2x" in screen_text(app))
        await pilot.press("asterisk")
        await until(pilot, lambda: reads(first, first.best) and "best" in screen_text(app))
        # The other session has no epoch 6: its newest is read.
        await pilot.press("0", "down")
        await until(pilot, lambda: reads(second, 2))
        assert "zoom" not in plane.render_line(0).text
        await pilot.press("plus", "escape")
        await until(pilot, lambda: app.screen.focused is app.screen.query_one(SessionTable))
        await until(pilot, lambda: "distortion (reconstruction loss)" in screen_text(app))
        # Keys that come in one batch act in their order.
        await pilot.press("c", "home")
        await until(pilot, lambda: reads(second, 0))
        assert "zoom" not in plane.render_line(0).text
        await pilot.press("c", "up")
        table = app.screen.query_one(SessionTable)
        await until(pilot, lambda: not plane.has_focus and table.cursor_key == first.id)
        # The epochs end at the lower right.
        await pilot.click(RatePlane, offset=(plane.size.width - 2, plane.size.height - 3))
        await until(pilot, lambda: plane.has_focus and reads(first, 5))


def row_of(text: str, name: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if name in line]
    return line.split(name)[1].split()


async def test_a_sweep_shows_its_trials(app: WorkbenchApp, recorder: Recorder) -> None:
    sweep = record_sweep(recorder, {1: "completed", 2: "training"})
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_sweep(sweep)
        assert isinstance(app.screen, SweepScreen)
        screen = app.screen
        await until(pilot, lambda: screen.snapshot is not None)
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, RatesScreen))
        rates = app.screen
        assert isinstance(rates, RatesScreen)
        await until(pilot, lambda: rates.compared)
        assert screen.snapshot is not None
        started = [trial for trial in screen.snapshot.trials if trial.status != "waiting"]
        assert [one.id for one in rates.compared] == [trial.session for trial in started]
