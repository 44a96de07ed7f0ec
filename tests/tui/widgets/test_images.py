from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tests.rendering.painting import digits
from tests.tui.watching import widget_text
from tui.rendering.palettes import ColorDepth
from tui.sampler.sample_grid import SampleGrid
from tui.widgets.display import app_depth, theme_ramp
from tui.widgets.images import ImageGrid

Images = NDArray[np.uint8]


class GridApp(App[None]):
    def __init__(self, grid: ImageGrid) -> None:
        super().__init__()
        self.grid = grid
        self.selections: list[int | None] = []

    def compose(self) -> ComposeResult:
        yield self.grid

    def on_image_grid_selected(self, event: ImageGrid.Selected) -> None:
        self.selections.append(event.index)


@asynccontextmanager
async def showing(
    images: Images, grid: ImageGrid | None = None, size: tuple[int, int] = (80, 24), **options: Any
) -> AsyncIterator[tuple[ImageGrid, Pilot[None]]]:
    app = GridApp(grid or ImageGrid())
    async with app.run_test(size=size) as pilot:
        app.grid.show(images, **options)
        await pilot.pause()
        yield app.grid, pilot


@pytest.fixture(autouse=True)
def truecolor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


def painted(grid: ImageGrid) -> NDArray[np.int64]:
    """The brightness of the upper half of every cell of the grid."""
    rows = []
    for strip in grid.render_lines(grid.size.region):
        row: list[float] = []
        for text, style, _ in strip:
            for character in text:
                color = style.color if style and character == "▀" else style and style.bgcolor
                row.append(max(color.triplet) if color and color.triplet else -1)
        rows.append(row)
    return np.array(rows, np.int64)


async def test_a_digit_is_shown_without_loss_where_there_is_room() -> None:
    images = digits(1)
    async with showing(images, size=(28, 14)) as (grid, _):
        assert (grid.tiling.columns, grid.tiling.rows) == (28, 14)
        # The theme tints white; its brightest channel keeps all levels.
        assert np.array_equal(painted(grid), images[0, ::2])


async def test_captions_stand_below_their_images_as_plain_text() -> None:
    captions = ["one", "[b]two[/b]", "a\x1b[31mb"]
    async with showing(digits(3), size=(50, 12), captions=captions) as (grid, _):
        below = widget_text(grid).splitlines()[grid.tiling.rows]
        assert below.split() == ["one", "[b]two[/b]", "a·[31mb"]


async def test_the_size_follows_the_room() -> None:
    async with showing(digits(10), size=(160, 50)) as (grid, pilot):
        large = grid.tiling
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert grid.tiling.columns < large.columns
        assert grid.tiling.across * grid.tiling.down >= 10


async def test_only_images_that_changed_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    images = digits(12)
    async with showing(images) as (grid, _):
        drawn: list[int] = []
        regions: list[int] = []

        def draw(_: Images, indices: list[int]) -> int:
            drawn.extend(indices)
            return 0

        monkeypatch.setattr(grid._tiles, "draw", draw)
        monkeypatch.setattr(grid, "refresh", lambda *spots, **_: regions.append(len(spots)))
        grid.show(images.copy())
        assert (drawn, regions) == ([], [])
        changed = images.copy()
        changed[5, 0, 0] ^= 255
        grid.show(changed)
        assert (drawn, regions) == ([5], [1])


async def test_no_images_and_no_room_are_no_failure() -> None:
    async with showing(digits(4)) as (grid, pilot):
        grid.show(digits(4)[:0])
        await pilot.pause()
        assert not widget_text(grid).strip()
        grid.show(digits(4))
        await pilot.resize_terminal(3, 2)
        await pilot.pause()
        assert not widget_text(grid).strip()


async def test_selection_frames_one_image_and_tells() -> None:
    async with showing(digits(12), SampleGrid()) as (grid, pilot):
        grid.focus()
        assert grid.selected == 0
        await pilot.press("right", "l", "left", "j")
        assert grid.selected == grid.tiling.across + 1
        app = pilot.app
        assert isinstance(app, GridApp)
        assert app.selections[-1] == grid.selected
        before, after = painted(grid), grid.selected
        grid.selected = 0
        assert not np.array_equal(before, painted(grid))
        assert after != 0


async def test_the_selection_stays_within_the_images() -> None:
    async with showing(digits(6), SampleGrid()) as (grid, pilot):
        grid.focus()
        await pilot.press("up", "left", "home", "h")
        assert grid.selected == 0
        await pilot.press("end", "right", "down", "pagedown")
        assert grid.selected == 5
        grid.show(digits(3))
        assert grid.selected == 2
        grid.show(digits(3)[:0])
        assert grid.selected is None
        await pilot.press("right", "end")
        assert grid.selected is None


async def test_a_click_selects_the_image_under_it() -> None:
    async with showing(digits(6), SampleGrid()) as (grid, pilot):
        tiling = grid.tiling
        await pilot.click(grid, offset=(1 + tiling.columns + 3, 2))
        assert grid.selected == 1
        await pilot.click(grid, offset=(1 + tiling.columns, 2))
        assert grid.selected == 1


async def test_marked_images_show_their_letters() -> None:
    async with showing(digits(6), SampleGrid()) as (grid, pilot):
        grid.marks = {0: "A", 2: "B"}
        await pilot.pause()
        assert "".join(filter(str.isalpha, widget_text(grid).splitlines()[0])) == "AB"


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_a_sample_grid_has_room_for_a_dozen(size: tuple[int, int]) -> None:
    grid = SampleGrid()
    async with showing(digits(64), grid, size):
        assert grid.room() >= 12
        assert grid.room() == grid.capacity(grid.tile_size or (0, 0))


async def test_sample_sizes_go_round() -> None:
    grid = SampleGrid()
    async with showing(digits(64), grid, (120, 40)):
        seen = [grid.tile_size]
        for _ in range(5):
            grid.resize_images()
            seen.append(grid.tile_size)
        assert seen[0] == seen[-1]
        assert {(28, 14), (8, 4)} <= set(seen)


async def test_without_colours_digits_are_drawn_by_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with showing(digits(1), size=(14, 7)) as (grid, pilot):
        assert app_depth(pilot.app) is ColorDepth.MONO
        assert set(widget_text(grid)) & set("░▒▓█▀▄▌▐")


async def test_a_plain_locale_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    grid = SampleGrid()
    async with showing(digits(4), grid, size=(40, 12)):
        grid.marks = {1: "A"}
        assert widget_text(grid).isascii()
        assert widget_text(grid).strip()


async def test_images_follow_the_theme() -> None:
    async with showing(digits(1), size=(28, 14)) as (grid, pilot):
        dark = painted(grid)
        pilot.app.theme = "textual-light"
        await pilot.pause()
        assert theme_ramp(pilot.app).light == (0, 0, 0)
        assert painted(grid)[0, 0] == 255
        assert dark[0, 0] == 0
