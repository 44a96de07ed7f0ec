"""Images of any shape, grey and in colour, on every screen that shows images."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tui.recorder import Recorder
from tests.tui.sampler.sampling import panes, sampler, samples
from tests.tui.shaped import SETTINGS, give_shape
from tests.tui.watching import until
from tests.turns import in_turn
from tui.app import WorkbenchApp
from tui.dashboard.screen import DashboardScreen
from tui.session_list.readable_samples import ReadableSamples
from tui.widgets.images import ImageGrid
from vae_engine.image_shape import ImageShape
from vae_engine.sessions.session import Session

SHAPES = [
    ImageShape(64, 64, 3),
    ImageShape(48, 80, 1),
    ImageShape(29, 31, 3),
    ImageShape(8, 8, 3),
    ImageShape(256, 40, 1),
]


TERMINALS = [(80, 24), (120, 40), (200, 60)]


def label(value: ImageShape | tuple[int, int]) -> str:
    return value.text if isinstance(value, ImageShape) else f"{value[0]}x{value[1]}"


def shaped(recorder: Recorder, shape: ImageShape) -> Session:
    session = recorder.session("shaped", epochs=2, **SETTINGS)
    give_shape(session, shape, 1, 2)
    return session


def assert_whole(grid: ImageGrid, shape: ImageShape) -> None:
    """Images are shown with their own aspect, whole, and none is empty."""
    tiling = grid.tiling
    assert grid.images.shape[1:] == shape.array
    assert tiling.visible >= 1
    assert tiling.down >= 1
    # A cell is twice as high as wide; sizes are whole cells.
    width = 2 * tiling.rows * shape.width / shape.height
    assert abs(tiling.columns - width) <= 1 + shape.width / shape.height


@pytest.mark.parametrize(("shape", "size"), in_turn(SHAPES, TERMINALS, label))
async def test_the_sampler_shows_and_walks_them(
    recorder: Recorder, shape: ImageShape, size: tuple[int, int]
) -> None:
    session = shaped(recorder, shape)
    async with sampler(session, size) as (screen, pilot):
        assert_whole(samples(screen), shape)
        await pilot.press("v", "n", "right", "space", "n", "space", "S")
        await pilot.pause()
        assert screen.views.shown == "path"
        await pilot.press("escape", "m")
        await until(pilot, lambda: panes(screen).decoded.canvas.width)
        canvas = panes(screen).decoded.canvas
        assert panes(screen).decoded.sheet.images.shape[1:] == shape.array
        assert canvas.across * canvas.down == len(panes(screen).decoded.sheet.z)


@pytest.mark.parametrize(("shape", "size"), in_turn(SHAPES, TERMINALS, label))
async def test_the_dashboard_shows_them(
    recorder: Recorder, shape: ImageShape, size: tuple[int, int]
) -> None:
    session = shaped(recorder, shape)
    app = WorkbenchApp(recorder.store)
    async with app.run_test(size=size) as pilot:
        screen = DashboardScreen(Session(session.folder))
        await app.push_screen(screen)
        grids = [screen.query_one(f"#{name}-grid", ImageGrid) for name in ("digits", "samples")]
        await until(pilot, lambda: len(grids[0].images))
        for key, grid in zip("23", grids, strict=True):
            await pilot.press(key)
            await pilot.pause()
            assert_whole(grid, shape)


async def test_the_list_previews_them(recorder: Recorder) -> None:
    shape = ImageShape(64, 64, 3)
    shaped(recorder, shape)
    app = WorkbenchApp(recorder.store)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query("#preview-images"))
        grid = app.screen.query_one("#preview-images", ReadableSamples)
        await until(pilot, lambda: len(grid.images))
        assert_whole(grid, shape)
        assert np.ptp(grid.images) > 0
