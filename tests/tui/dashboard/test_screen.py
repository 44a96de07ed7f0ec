from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from textual.widgets import Footer

from tests.tui.recorder import Recorder, epoch_ended, progress
from tests.tui.textual_internals import FooterKey, notifications
from tests.tui.watching import (
    dashboard,
    head,
    offered,
    title,
    until,
    until_shown,
    widget_text,
)
from tui.dashboard.kl_bars import KlBars
from tui.dashboard.layout import PAGES
from tui.dashboard.log_view import LogView
from tui.dashboard.screen import DashboardScreen
from tui.rendering.inspection import Inspection
from tui.widgets.chart import LossChart
from tui.widgets.images import ImageGrid
from tui.widgets.page_tabs import PageTabs
from tui.widgets.title_line import TitleLine
from vae_engine.sessions import layout
from vae_engine.sessions.previews import Images
from vae_engine.sessions.records import Label
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

SIZES = [(80, 24), (120, 40), (200, 60), (110, 34), (109, 50), (60, 20)]


@pytest.fixture
def training(recorder: Recorder) -> Session:
    return recorder.session("run", status="training", epochs=4, of=10)


async def test_the_head_says_which_session_this_is_and_how_far(
    store: SessionStore, recorder: Recorder, training: Session
) -> None:
    recorder.emit(training, progress(5, 10))
    async with dashboard(store, training) as (screen, _):
        first, second, third = head(screen).splitlines()
        assert first.split()[:3] == ["run", "●", "training"]
        assert first.endswith("mnist · d=2 · CPU")
        assert second.split()[:2] == ["epoch", "4/10"]
        assert "42%" in second
        # Some of it goes by while the screen opens.
        assert re.search(r" ETA [123]\ds$", second)
        assert third.split()[:2] == ["step", "10/40"]
        assert "25%" in third
        assert "loss 160.0  3,000 images/s  elapsed" in third


async def test_a_finished_session_says_how_it_ended(
    store: SessionStore, recorded_session: Session
) -> None:
    async with dashboard(store, recorded_session, (80, 24)) as (screen, _):
        assert "✓ completed  all epochs done" in head(screen)
        assert "best val_loss 176.0 (epoch 4)" in head(screen)
        charts = [widget_text(chart).splitlines()[0] for chart in screen.query(LossChart)]
        assert [chart.split()[0] for chart in charts] == ["loss", "reconstruction", "KL"]
        assert "train 175.0  val 176.0" in charts[0]


async def test_nothing_is_cut_off_at_any_size(store: SessionStore, training: Session) -> None:
    async with dashboard(store, training, (80, 24)) as (screen, pilot):
        await until(pilot, lambda: "Pause" in offered(screen))
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            await until(pilot, lambda: screen.size == screen.app.size)
            for number, page in enumerate(PAGES, start=1):
                await pilot.press(str(number))
                await pilot.pause()
                part = screen.query_one(f"#{page}")
                shown = [widget for widget in part.query("*") if widget.display]
                assert shown
                for widget in shown:
                    assert widget.region.area > 0
                    assert part.region.contains_region(widget.region)
                    assert screen.region.contains_region(widget.region)
            for grid in screen.query(ImageGrid):
                assert (grid.tiling.visible, grid.tiling.down) >= (5, 2)


async def test_the_footer_of_a_small_terminal_shows_all_its_keys(
    store: SessionStore, training: Session
) -> None:
    async with dashboard(store, training, (80, 24)) as (screen, pilot):
        await until(pilot, lambda: "Pause" in offered(screen))
        assert {"Pause", "Stop", "Sample", "Epoch", "Play", "Back"} <= offered(screen)
        keys = screen.query_one(Footer).query(FooterKey)
        assert all(screen.region.contains_region(key.region) for key in keys)


async def test_before_the_first_epoch_everything_says_so(
    store: SessionStore, recorder: Recorder
) -> None:
    session = recorder.session("young", status="starting", epochs=0, of=10)
    async with dashboard(store, session) as (screen, _):
        assert "◌ starting  importing TensorFlow" in head(screen)
        first, *others = screen.query(LossChart)
        assert "● import TensorFlow" in widget_text(first)
        assert all(widget_text(one).split() in (["reconstruction"], ["KL"]) for one in others)
        assert title(screen) == "Test images and reconstructions"


async def test_an_epoch_that_ends_is_shown_with_its_images(
    store: SessionStore, recorder: Recorder, training: Session
) -> None:
    async with dashboard(store, training) as (screen, pilot):
        before = shown_digits(screen)
        recorder.preview(training, 5)
        recorder.emit(training, epoch_ended(5))
        await until_shown(pilot, screen, 5)
        assert title(screen) == "Test images and reconstructions  epoch 5, the newest"
        assert not np.array_equal(shown_digits(screen), before)
        # The images are a file, the losses an event: they may be seen one after the other.
        chart = screen.query(LossChart).first()
        await until(pilot, lambda: "train 170.0" in widget_text(chart))


async def test_originals_stand_over_their_reconstructions(
    store: SessionStore, recorded_session: Session
) -> None:
    async with dashboard(store, recorded_session) as (screen, _):
        images = screen.query_one("#digits-grid", ImageGrid)
        assert images.tiling.across == 10
        assert len(shown_digits(screen)) == 20


async def test_left_and_right_step_through_the_epochs(
    store: SessionStore, recorded_session: Session
) -> None:
    async with dashboard(store, recorded_session) as (screen, pilot):
        for key, epoch in [("left", 3), ("h", 2), ("home", 1), ("left", 1), ("l", 2), ("end", 4)]:
            await pilot.press(key)
            await until_shown(pilot, screen, epoch)
        assert screen.timeline.follows


async def test_a_chosen_epoch_is_read_in_the_charts_and_stays(
    store: SessionStore, recorder: Recorder, training: Session
) -> None:
    async with dashboard(store, training) as (screen, pilot):
        await pilot.press("left", "left")
        await until_shown(pilot, screen, 2)
        assert "train 200.0  val 201.0" in widget_text(screen.query(LossChart).first())
        recorder.finish_epoch(training, 5)
        await until(pilot, lambda: screen.timeline.newest == 5)
        assert title(screen).endswith("epoch 2 of 5")
        assert screen.epoch_shown == 2


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_chart_is_read_and_zoomed_by_keys_and_the_images_follow(
    store: SessionStore, recorder: Recorder, size: tuple[int, int]
) -> None:
    session = recorder.session("read", epochs=12)
    async with dashboard(store, session, size) as (screen, pilot):
        charts = list(screen.query(LossChart))
        if screen.query_one(PageTabs).display:
            await pilot.press("2")
        await pilot.press("c")
        await until(pilot, lambda: charts[0].has_focus)
        await pilot.press("left", "left", "plus")
        await until_shown(pilot, screen, 10)
        await until(pilot, lambda: "epoch 10" in widget_text(charts[0]))
        assert screen.inspection == Inspection(10, (6, 12))
        await pilot.press("down", "down")
        await until(pilot, lambda: charts[2].has_focus)
        await until(pilot, lambda: widget_text(charts[2]).splitlines()[-1].split()[0] == "6")
        # One step back, to the whole charts; the epoch stays chosen.
        await pilot.press("escape")
        await until(pilot, lambda: screen.inspection == Inspection(10))
        assert screen.focused is None
        assert pilot.app.screen is screen
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is not screen)


async def test_space_plays_the_epochs_and_ends_at_the_newest(
    store: SessionStore, recorded_session: Session
) -> None:
    async with dashboard(store, recorded_session) as (screen, pilot):
        shown: list[str] = []

        def ended() -> bool:
            shown.append(title(screen).partition("epoch ")[2])
            return screen.epoch_shown == 4 and "▶" not in shown[-1]

        await pilot.press("space")
        await until(pilot, ended)
        assert shown[-1] == "4, the newest"
        # A busy machine may not show all of them.
        assert {"1 of 4 ▶", "2 of 4 ▶", "3 of 4 ▶"} & set(shown)
        assert shown == sorted(shown)


async def test_a_lapse_stops_by_space_or_by_a_step(
    store: SessionStore, recorded_session: Session
) -> None:
    async with dashboard(store, recorded_session) as (screen, pilot):
        for key in ("space", "left"):
            await pilot.press("home", "space")
            assert "▶" in title(screen)
            await pilot.press(key)
            assert "▶" not in title(screen)


async def test_the_lapse_can_be_saved(
    store: SessionStore,
    recorded_session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    async with dashboard(store, recorded_session) as (_, pilot):
        await pilot.press("w")
        stem = f"{recorded_session.id}-timelapse"
        said = f"{stem}-samples.gif and {stem}-reconstructions.gif in {tmp_path}"
        await until(pilot, lambda: said in [notice.message for notice in notifications(pilot.app)])
    for what in ("samples", "reconstructions"):
        with Image.open(tmp_path / f"{stem}-{what}.gif") as image:
            assert getattr(image, "n_frames", 1) == 4
    (recorded_session.folder / layout.PREVIEWS).rename(tmp_path / "elsewhere")
    async with dashboard(store, recorded_session) as (_, pilot):
        await pilot.press("w")
        said = "has no previews yet"
        await until(pilot, lambda: any(said in one.message for one in notifications(pilot.app)))


async def test_a_click_in_a_chart_chooses_the_epoch(
    store: SessionStore, recorded_session: Session
) -> None:
    async with dashboard(store, recorded_session) as (screen, pilot):
        await pilot.click("#chart-loss", offset=(7, 3))
        await until_shown(pilot, screen, 1)


async def test_an_epoch_without_images_shows_those_before_it_and_says_so(
    store: SessionStore, recorded_session: Session
) -> None:
    """Slim sessions keep a few previews."""
    (recorded_session.folder / layout.preview_file(3)).unlink()
    async with dashboard(store, recorded_session) as (screen, pilot):
        await pilot.press("left")
        await until_shown(pilot, screen, 3)
        title = screen.query_one("#digits-title", TitleLine)
        assert title.text.endswith("epoch 3 of 4 · drawn at 2")
        kept = screen.query_one("#samples-grid", ImageGrid).images
        await pilot.press("left")
        await until_shown(pilot, screen, 2)
        assert title.text.endswith("epoch 2 of 4")
        assert np.array_equal(screen.query_one("#samples-grid", ImageGrid).images, kept)


async def test_a_session_without_images_before_an_epoch_says_so(
    store: SessionStore, recorded_session: Session
) -> None:
    for epoch in (1, 2, 3):
        (recorded_session.folder / layout.preview_file(epoch)).unlink()
    async with dashboard(store, recorded_session) as (screen, pilot):
        await pilot.press("left")
        await until_shown(pilot, screen, 3)
        notice = screen.query_one("#no-images")
        assert notice.display
        assert "epoch 3 has no images" in widget_text(notice)
        await pilot.press("right")
        await until_shown(pilot, screen, 4)
        assert not notice.display


async def test_chart_options_are_remembered(store: SessionStore, recorded_session: Session) -> None:
    async with dashboard(store, recorded_session, (200, 60)) as (screen, pilot):
        await pilot.press("y", "s", "a")
        await pilot.pause()
        preferences = screen.workbench.preferences
        assert preferences.chart_log
        assert preferences.chart_recent
        assert preferences.chart_smoothing == 0.6
        shown = "log · recent · smooth 0.6 · epoch 4"
        await until(pilot, lambda: shown in widget_text(screen.query(LossChart).first()))
        await pilot.press("s", "s")
        assert screen.workbench.preferences.chart_smoothing == 0.0
    async with dashboard(store, recorded_session, (200, 60)) as (screen, _):
        assert "log · recent" in widget_text(screen.query(LossChart).first())


async def test_other_glyphs_are_used_at_once(
    store: SessionStore, recorded_session: Session
) -> None:
    async with dashboard(store, recorded_session) as (screen, pilot):
        grid = screen.query_one("#digits-grid", ImageGrid)
        before = widget_text(grid)
        screen.workbench.remember(glyphs="half")
        await until(pilot, lambda: widget_text(grid) != before)
        assert set("".join(widget_text(grid).split())) <= set("▀▄█")


async def test_latent_dimensions_are_shown_with_a_warning_when_they_collapse(
    store: SessionStore, recorder: Recorder
) -> None:
    session = recorder.session("wide", status="training", epochs=3, of=20, latent_dim=4)
    async with dashboard(store, session) as (screen, pilot):
        assert widget_text(screen.query_one("#diagnosis")) == "All 4 dimensions carry information."
        kl = [3.0, 0.004, 2.0, 1.0]
        recorder.finish_epoch(session, 4, kl_per_dimension=kl, active_units=3)
        # Not until the epoch is known: it is shown with its images, a moment later.
        shown = "Latent z  KL 6.004 nats · 3 of 4 active"
        await until(pilot, lambda: title(screen, "latent") == shown)
        assert "1 of 4 dimensions has collapsed" in widget_text(screen.query_one("#diagnosis"))
        bars = widget_text(screen.query_one(KlBars)).splitlines()
        assert [line.split()[-1] for line in bars] == ["3.000", "0.004", "2.000", "1.000"]


async def test_the_log_shows_foreign_text_as_it_is(store: SessionStore, training: Session) -> None:
    (training.folder / layout.LOG).write_text("\x1b[2J[red]evil[/red]\nsecond\n")
    async with dashboard(store, training) as (screen, pilot):
        log = screen.query_one(LogView)
        await until(pilot, lambda: "second" in widget_text(log))
        assert "?[2J[red]evil[/red]" in widget_text(log)


async def test_the_log_can_be_scrolled_by_keys_alone(
    store: SessionStore, training: Session
) -> None:
    lines = [f"line {number}\n" for number in range(100)]
    (training.folder / layout.LOG).write_text("".join(lines))
    async with dashboard(store, training, (80, 24)) as (screen, pilot):
        await pilot.press("5")
        log = screen.query_one(LogView)
        await until(pilot, lambda: "line 99" in widget_text(log))
        await pilot.press("pageup")
        await until(pilot, lambda: "line 99" not in widget_text(log))
        await pilot.press("1")
        assert screen.focused is None
        await pilot.resize_terminal(120, 40)
        await pilot.press("tab")
        assert screen.focused is log


async def test_a_name_is_text_and_never_pushes_the_status_away(
    store: SessionStore, recorder: Recorder, training: Session
) -> None:
    recorder.store.relabel(training, Label(name="[red]" + "long " * 19 + "x"))
    async with dashboard(store, training, (80, 24)) as (screen, pilot):
        await pilot.press("p")
        await until(pilot, lambda: "pending: pause" in head(screen))
        assert head(screen).startswith(" [red]long")
        assert "● training" in head(screen)


async def test_everything_is_shown_where_there_is_room_else_pages(
    store: SessionStore, recorded_session: Session
) -> None:
    async with dashboard(store, recorded_session, (120, 40)) as (screen, pilot):
        assert not screen.query_one(PageTabs).display
        assert all(screen.query_one(f"#{page}").display for page in PAGES)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: screen.query_one(PageTabs).display)
        pages = list(PAGES)
        assert [page for page in pages if screen.query_one(f"#{page}").display] == ["charts"]
        for page in [*pages[1:], "charts"]:
            await pilot.press("tab")
            assert screen.query_one(f"#{page}").display
        await pilot.press("shift+tab")
        assert screen.query_one("#log").display
        await pilot.click(PageTabs, offset=(15, 0))
        await until(pilot, lambda: screen.query_one("#digits").display)
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: not screen.query_one(PageTabs).display)
        assert all(screen.query_one(f"#{page}").display for page in PAGES)


async def test_nothing_is_drawn_when_nothing_changes(
    store: SessionStore, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = recorder.session("rest", status="paused", epochs=4, of=9)
    async with dashboard(store, session) as (screen, pilot):
        await until(pilot, lambda: "Continue" in offered(screen))
        drawn = _calls(monkeypatch, screen.app, "_display")
        reads = _calls(monkeypatch, screen.feed, "read")
        await until(pilot, lambda: len(reads) >= 3)
        drawn.clear()
        reads.clear()
        await until(pilot, lambda: len(reads) >= 3)
        assert not drawn


def _calls(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> list[Any]:
    """The arguments of every further call of a method, which does as before."""
    calls: list[Any] = []
    method = getattr(owner, name)

    def count(*arguments: Any) -> Any:
        calls.append(arguments)
        return method(*arguments)

    monkeypatch.setattr(owner, name, count)
    return calls


def shown_digits(screen: DashboardScreen) -> Images:
    images = screen._loader.images
    assert images is not None
    return images.digits
