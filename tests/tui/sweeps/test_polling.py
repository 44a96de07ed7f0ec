"""Screens that poll: always with pauses, and never after they close."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen

from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.screen import WorkbenchScreen
from tui.sweeps.polling import Poller
from vae_engine.sessions.store import SessionStore

MOMENT = 0.3
# Without a rest there would be thousands; Textual asks now and then too.
FEW = 20


class Watched(WorkbenchScreen):
    """Counts how often it reads, and how often it is asked whether it is seen."""

    reads = 0
    asked = 0

    def __init__(self) -> None:
        super().__init__()
        self.poller = Poller(self, self.read)

    def on_screen_resume(self) -> None:
        self.poller.poll_now()

    @property
    def is_current(self) -> bool:
        self.asked += 1
        return super().is_current

    async def read(self) -> None:
        self.reads += 1


@asynccontextmanager
async def watched(
    store: SessionStore,
) -> AsyncIterator[tuple[Watched, WorkbenchApp, Pilot[Any]]]:
    app = WorkbenchApp(store)
    async with app.run_test() as pilot:
        screen = Watched()
        await app.push_screen(screen)
        yield screen, app, pilot


async def test_asked_while_covered_it_rests_and_reads_when_it_is_seen_again(
    store: SessionStore,
) -> None:
    async with watched(store) as (screen, app, pilot):
        screen.poller.follow()
        await until(pilot, lambda: screen.reads)
        await app.push_screen(Screen())
        screen.reads = screen.asked = 0
        screen.poller.poll_now()
        await pilot.pause(MOMENT)
        assert screen.asked < FEW
        assert not screen.reads
        await app.pop_screen()
        await until(pilot, lambda: screen.reads)


async def test_a_screen_below_a_question_is_seen(store: SessionStore) -> None:
    async with watched(store) as (screen, app, pilot):
        screen.poller.follow()
        await app.push_screen(ModalScreen())
        screen.reads = 0
        screen.poller.poll_now()
        await until(pilot, lambda: screen.reads)


async def test_asked_and_cancelled_at_once_it_ends(store: SessionStore) -> None:
    async with watched(store) as (screen, _, pilot):
        worker = screen.poller.follow()
        await until(pilot, lambda: screen.reads)
        screen.poller.poll_now()
        worker.cancel()
        await until(pilot, lambda: worker.is_finished)
