"""Images that the terminal shows as pixels: sent once, again when they change, and taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.screen import ModalScreen

from tests.rendering.painting import digits
from tests.rendering.terminal_images import KittyTerminal
from tests.tui.textual_internals import screen_lines
from tests.tui.watching import until
from tui.rendering.kitty import MARKS
from tui.rendering.placeholders import PLACEHOLDER
from tui.terminal.app import TerminalApp
from tui.terminal.stored_images import StoredImages
from tui.widgets.display import theme_ramp
from tui.widgets.images import ImageGrid

Images = NDArray[np.uint8]
Seen = dict[int, list[tuple[int, int]]]


class PixelApp(TerminalApp):
    """An app whose terminal keeps images."""

    def __init__(self) -> None:
        super().__init__()
        self.kitty = KittyTerminal()
        self.stored = StoredImages(self.kitty.feed)
        self.grid = ImageGrid(framed=True)
        self.set_reactive(TerminalApp.images, self.stored)

    def compose(self) -> ComposeResult:
        yield self.grid


class Question(ModalScreen[None]):
    DEFAULT_CSS = "Question { background: $background 60%; }"


@pytest.fixture(autouse=True)
def truecolor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-kitty")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


@asynccontextmanager
async def showing(
    images: Images, size: tuple[int, int] = (80, 24), **options: Any
) -> AsyncIterator[tuple[PixelApp, Pilot[None]]]:
    app = PixelApp()
    async with app.run_test(size=size) as pilot:
        app.grid.show(images, **options)
        await pilot.pause()
        yield app, pilot


def seen(app: PixelApp) -> Seen:
    """The placeholders on the screen: row and column of each cell, by the image's number."""
    found: Seen = {}
    for strip in screen_lines(app):
        for text, style, _ in strip:
            if text.startswith(PLACEHOLDER):
                assert style is not None
                assert style.color is not None
                assert style.color.triplet is not None
                red, green, blue = style.color.triplet
                cells = found.setdefault(red << 16 | green << 8 | blue, [])
                pairs = zip(text[1::3], text[2::3], strict=True)
                cells += [(MARKS.index(row), MARKS.index(column)) for row, column in pairs]
    return found


async def test_every_cell_of_every_image_is_on_the_screen_and_kept_by_the_terminal() -> None:
    images = digits(6)
    async with showing(images) as (app, _):
        tiling, shown = app.grid.tiling, seen(app)
        whole = [(row, x) for row in range(tiling.rows) for x in range(tiling.columns)]
        assert len(shown) == 6
        assert all(cells == whole for cells in shown.values())
        assert set(shown) == set(app.kitty.images)
        ramp = theme_ramp(app).colors()
        for number, image in zip(sorted(shown), images, strict=True):
            kept = app.kitty.images[number]
            assert app.kitty.sizes[number] == (tiling.columns, tiling.rows)
            factor = kept.shape[0] // 28
            assert np.array_equal(kept[::factor, ::factor], ramp[image])


async def test_only_what_changed_is_sent_and_the_text_stays() -> None:
    images = digits(6).copy()
    async with showing(images) as (app, pilot):
        before, sent = seen(app), app.kitty.transmissions
        changed = images.copy()
        changed[2] = 255 - changed[2]
        app.grid.show(changed)
        await until(pilot, lambda: app.kitty.transmissions > sent)
        assert app.kitty.transmissions == sent + 1
        assert seen(app) == before
        app.grid.selected = 3
        await pilot.pause()
        assert app.kitty.transmissions == sent + 1


async def test_images_that_go_are_forgotten_and_their_numbers_used_again() -> None:
    async with showing(digits(6)) as (app, pilot):
        numbers = set(seen(app))
        for count in (2, 6, 4, 6):
            app.grid.show(digits(count))
            await until(pilot, lambda count=count: len(seen(app)) == count)  # type: ignore[misc]
            assert set(app.kitty.images) == set(seen(app)) <= numbers
        await app.grid.remove()
        assert app.kitty.images == {}


async def test_another_size_of_the_terminal_leaves_no_image_behind() -> None:
    async with showing(digits(20), size=(120, 40)) as (app, pilot):
        for size in ((60, 12), (30, 9), (120, 40)):
            await pilot.resize_terminal(*size)

            def settled(size: tuple[int, int] = size) -> bool:
                tiling = app.grid.tiling
                sizes = {app.kitty.sizes[number] for number in app.kitty.images}
                same = bool(app.kitty.images) and set(app.kitty.images) == set(seen(app))
                return app.size == size and same and sizes == {(tiling.columns, tiling.rows)}

            await until(pilot, settled)


async def test_below_a_dialog_images_are_blocks_since_its_shade_would_change_their_numbers() -> (
    None
):
    async with showing(digits(6)) as (app, pilot):
        before, sent = seen(app), app.kitty.transmissions
        await app.push_screen(Question())
        await pilot.pause()
        assert seen(app) == {}
        text = "".join(
            s.text for strip in app.grid.render_lines(app.grid.size.region) for s in strip
        )
        assert "▀" in text or "▄" in text
        app.pop_screen()
        await until(pilot, lambda: seen(app) == before)
        assert app.kitty.transmissions == sent


async def test_switched_off_all_are_blocks_and_back_on_all_are_sent() -> None:
    async with showing(digits(6)) as (app, pilot):
        app.stored.clear()
        app.images = None
        await until(pilot, lambda: seen(app) == {})
        assert app.kitty.images == {}
        app.images = app.stored
        await until(pilot, lambda: len(seen(app)) == 6)
        assert set(app.kitty.images) == set(seen(app))


async def test_colour_images_keep_their_colours() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    async with showing(images) as (app, _):
        for number, image in zip(sorted(seen(app)), images, strict=True):
            kept = app.kitty.images[number]
            factor = kept.shape[0] // 32
            assert np.array_equal(kept[::factor, ::factor], image)
