"""Work of a screen ends when the screen closes; the app continues."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import WorkerFailed

from tui.screen import has_widgets, run_async


class Parting(Static):
    """Says when it goes."""

    def __init__(self, gone: asyncio.Event) -> None:
        super().__init__(id="parting")
        self._gone = gone

    def on_unmount(self) -> None:
        self._gone.set()


class Left(Screen[None]):
    """Works from when its widget has gone."""

    def __init__(self) -> None:
        super().__init__()
        self.gone, self.has_gone_on = asyncio.Event(), False
        self.has_widgets = True

    def compose(self) -> ComposeResult:
        yield Parting(self.gone)

    async def work(self) -> None:
        await self.gone.wait()
        self.has_gone_on, self.has_widgets = True, has_widgets(self)
        self.query_one(Parting)


@pytest.mark.parametrize("way", ["popped", "switched", "app left"])
async def test_work_of_a_screen_that_is_left_ends(way: str) -> None:
    app: App[None] = App()
    left = Left()
    async with app.run_test() as pilot:
        await app.push_screen(left)
        assert has_widgets(left)
        run_async(left, left.work)
        await pilot.pause()
        if way == "popped":
            await app.pop_screen()
        elif way == "switched":
            await app.switch_screen(Screen())
    assert left.has_gone_on
    assert not left.has_widgets


async def test_what_is_hidden_has_its_widgets() -> None:
    app: App[None] = App()
    left = Left()
    async with app.run_test():
        await app.push_screen(left)
        parting = left.query_one(Parting)
        parting.display = False
        assert has_widgets(parting)
        await parting.remove()
        assert not has_widgets(parting)
        left.gone.set()


async def work_without_widget(left: Left) -> None:
    """Take the widget away from a screen that stays, and let it work."""
    app: App[None] = App()
    async with app.run_test():
        await app.push_screen(left)
        worker = run_async(left, left.work)
        await left.query_one(Parting).remove()
        await worker.wait()


async def test_a_widget_that_is_missing_on_a_screen_that_stays_is_reported() -> None:
    with pytest.raises(WorkerFailed) as failed:
        await work_without_widget(Left())
    assert isinstance(failed.value.error, NoMatches)
