from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from textual.app import App
from textual.geometry import Size

from tests.tui.pilot import screen_text
from tests.tui.recorder import Recorder, progress
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.dashboard.layout import fits_start
from tui.dashboard.log_view import LogView
from tui.dashboard.screen import DashboardScreen
from tui.dashboard.snapshot import Snapshot
from tui.dashboard.starting import start_lines
from tui.widgets.images import ImageGrid
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.previews import Originals, Preview, write_originals, write_preview
from vae_engine.sessions.records import Label
from vae_engine.sessions.session import Session


def stages(*names: str) -> tuple[ev.Preparing, ...]:
    return tuple(ev.Preparing(stage=name, time=100.0 + 3 * at) for at, name in enumerate(names))


def starting(*names: str, **known: object) -> Snapshot:
    return Snapshot(Label(name="young"), preparing=stages(*names), **known)  # type: ignore[arg-type]


def marks(snapshot: Snapshot) -> str:
    return "".join(line[0] for line in start_lines(snapshot))


@pytest.mark.parametrize(
    ("snapshot", "wanted"),
    [
        (starting(), "●····"),
        (starting("tensorflow"), "●····"),
        (starting("tensorflow", "data"), "✓●···"),
        (starting("tensorflow", "data", "network"), "✓✓●··"),
        (starting("tensorflow", "of tomorrow"), "●····"),
        (starting("tensorflow", "data", "network", prepared=110.0), "✓✓✓●·"),
        (starting(prepared=110.0, progress=progress(1, 1)), "✓✓✓✓●"),
    ],
)
def test_the_start_is_reported_in_stages(snapshot: Snapshot, wanted: str) -> None:
    assert marks(snapshot) == wanted


def test_stages_that_are_done_have_their_time() -> None:
    lines = start_lines(starting("tensorflow", "data", "network", prepared=110.0))
    assert [line.split()[-1] for line in lines[:3]] == ["3s", "3s", "4s"]
    assert not any(character.isdigit() for line in lines[3:] for character in line)


def test_a_finished_start_is_not_reported() -> None:
    assert not start_lines(starting("tensorflow", status="failed"))
    assert not start_lines(starting("tensorflow", problem="gone"))


async def test_the_untrained_model_is_seen_before_the_first_epoch(
    recorder: Recorder, app: WorkbenchApp
) -> None:
    session = recorder.session("young", status="training", epochs=0, of=10)
    grey = np.full((64, 28, 28), 120, np.uint8)
    write_preview(session.folder, 0, Preview(grey[:10], grey))
    recorder.emit(session, progress(1, 12))
    async with app.run_test(size=(120, 40)) as pilot:
        screen = DashboardScreen(Session(session.folder))
        await app.push_screen(screen)
        await until(pilot, lambda: "by the untrained model" in screen_text(app))
        await until(pilot, lambda: screen_text(app).count("● train the first epoch") == 1)
        assert "no epoch has finished yet" not in screen_text(app)
        assert screen.query_one("#digits-grid").display
        recorder.finish_epoch(session, 1)
        await until(pilot, lambda: screen.epoch_shown == 1)
        await until(pilot, lambda: "untrained" not in screen_text(app))


@pytest.mark.parametrize("size", [(100, 30), (80, 24), (109, 60), (72, 22)])
async def test_a_small_terminal_shows_the_start_and_images_at_once(
    recorder: Recorder, app: WorkbenchApp, size: tuple[int, int]
) -> None:
    session = recorder.session("young", status="training", epochs=0, of=10)
    grey = np.full((64, 28, 28), 120, np.uint8)
    write_preview(session.folder, 0, Preview(grey[:10], grey))
    recorder.emit(session, progress(1, 12))
    async with app.run_test(size=size) as pilot:
        screen = DashboardScreen(Session(session.folder))
        await app.push_screen(screen)
        await until(pilot, lambda: screen_text(app).count("by the untrained model") == 2)
        await until(pilot, lambda: "● train the first epoch" in screen_text(app))
        right = screen.query_one("#right")
        await until(
            pilot,
            lambda: all(
                right.region.contains_region(grid.region) for grid in screen.query(ImageGrid)
            ),
        )
        await pilot.press("5", "1")
        await until(pilot, lambda: screen_text(app).count("by the untrained model") == 2)
        recorder.finish_epoch(session, 1)
        await until(pilot, lambda: screen.query_one("#chart-kl_loss").region.width == size[0] - 2)
        await until(pilot, lambda: not screen.query_one("#right").display)


def test_a_start_needs_room_for_images() -> None:
    assert fits_start(Size(68, 21), (6, 3))
    assert not fits_start(Size(67, 21), (6, 3))
    assert not fits_start(Size(68, 20), (6, 3))


async def test_the_test_images_are_seen_while_tensorflow_is_imported(
    recorder: Recorder, app: WorkbenchApp
) -> None:
    session = recorder.session("new", status="starting", epochs=0, of=10)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = DashboardScreen(Session(session.folder))
        await app.push_screen(screen)
        await until(pilot, lambda: "import TensorFlow" in screen_text(app))
        shown = np.full((10, 28, 28), 200, np.uint8)
        write_originals(session.folder, Originals(shown, np.arange(10)))
        # The worker says so in its log, which is what the dashboard looks at.
        (session.folder / layout.LOG).write_text("INFO test images are ready\n")
        await until(pilot, lambda: len(screen.query_one("#digits-grid", ImageGrid).images) == 10)
        await until(pilot, lambda: "the network comes next" in screen_text(app))
        grey = np.full((64, 28, 28), 120, np.uint8)
        write_preview(session.folder, 0, Preview(grey[:10], grey))
        recorder.emit(session, progress(1, 12))
        await until(pilot, lambda: "by the untrained model" in screen_text(app))
        assert len(screen.query_one("#digits-grid", ImageGrid).images) == 20


class LogApp(App[None]):
    def __init__(self, log: LogView) -> None:
        super().__init__()
        self.log_view = log

    def compose(self) -> list[LogView]:
        return [self.log_view]


async def test_a_log_never_opens_on_the_rest_of_a_line(tmp_path: Path) -> None:
    log = LogView()
    async with LogApp(log).run_test(size=(20, 4)) as pilot:
        log.show(["a line that is far longer than the log", "second", "third", "fourth"])
        await pilot.pause()
        assert app_lines(log, Size(20, 4)) == ["", "second", "third", "fourth"]
        log.show(["one line alone that is much longer " * 4])
        await pilot.pause()
        assert "".join(app_lines(log, Size(20, 4))).strip()


@pytest.mark.parametrize("rows", [1, 2, 3])
async def test_a_low_log_shows_where_the_last_line_begins(rows: int) -> None:
    log = LogView()
    async with LogApp(log).run_test(size=(20, rows)) as pilot:
        lines = ["first", "the second line that is far longer than the log is wide, by three rows"]
        for shown in (lines[:1], lines, [*lines, "third"], [*lines, "third", lines[1]]):
            log.show(shown)
            await pilot.pause()
            assert shown[-1][:12] in " ".join(app_lines(log, Size(20, rows)))


def app_lines(log: LogView, size: Size) -> list[str]:
    return [log.render_line(y).text.rstrip() for y in range(size.height)]
