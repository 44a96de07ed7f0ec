"""Screens that poll: always with pauses, and never after they close."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen

from tests.tui.data_browser.local_feed import LocalFeed
from tests.tui.pilot import screen_text
from tests.tui.recorder import Recorder
from tests.tui.watching import until
from tests.waiting import DEADLINE
from tui.app import WorkbenchApp
from tui.comparison import Compared, read_compared
from tui.dashboard.epoch_images import EpochImageLoader, EpochImageReader, EpochImages
from tui.polling import OneAtATime, Poller
from tui.screen import WorkbenchScreen
from tui.session_list.compare import CompareScreen
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

MOMENT = 0.3
SOON = 0.01
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


class SlowReads:
    """Reads sessions more slowly than they are polled, and counts how often at the same time."""

    def __init__(self) -> None:
        self.done = self.now = self.most = 0
        self._lock = threading.Lock()

    def __call__(self, session: Session) -> Compared:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(5 * SOON)
        found = read_compared(session)
        with self._lock:
            self.now -= 1
            self.done += 1
        return found


def has_shown(app: WorkbenchApp, text: str, reads: SlowReads, count: int) -> bool:
    return text in screen_text(app) and reads.done >= count


async def test_a_slow_folder_is_read_once_at_a_time_and_shown(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.polling._LOOK_SECONDS", SOON)
    monkeypatch.setattr("tui.polling._LONGEST_REST", SOON)
    monkeypatch.setattr("tui.image_feed.ImageFeed", LocalFeed)
    monkeypatch.setattr("tui.side_by_side.screen.ImageFeed", LocalFeed)
    sessions = [recorder.session(name) for name in ("first", "second")]
    app = WorkbenchApp(recorder.store)
    async with app.run_test(size=(100, 30)) as pilot:

        def open_comparison() -> None:
            app.push_screen(CompareScreen(sessions))

        def open_rates() -> None:
            app.open_rates([session.folder for session in sessions])

        def open_side_by_side() -> None:
            app.open_side_by_side(sessions)

        for module, open_screen, shown in (
            ("tui.session_list.compare", open_comparison, "val_loss"),
            ("tui.side_by_side.rates", open_rates, "176.00"),
            ("tui.side_by_side.screen", open_side_by_side, "A first"),
        ):
            reads = SlowReads()
            monkeypatch.setattr(f"{module}.read_compared", reads)
            open_screen()
            await until(pilot, partial(has_shown, app, shown, reads, 3 * len(sessions)))
            assert reads.most == 1


async def test_work_that_is_asked_for_while_it_is_done_is_done_once_more(
    store: SessionStore,
) -> None:
    async with watched(store) as (screen, _, pilot):
        begun, ends = asyncio.Event(), asyncio.Event()
        finished: list[int] = []

        async def work() -> None:
            begun.set()
            await ends.wait()
            finished.append(screen.reads)

        reading = OneAtATime(screen, work, group="test")
        reading.run()
        await until(pilot, begun.is_set)
        for screen.reads in range(1, 4):
            reading.run()
        assert not finished
        ends.set()
        await until(pilot, lambda: len(finished) == 2)
        reading.run()
        await until(pilot, lambda: len(finished) == 3)


async def test_epochs_that_come_faster_than_they_are_read_are_shown(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = recorder.session(epochs=4)
    begun, allowed = threading.Semaphore(0), threading.Semaphore(0)
    shown: list[int] = []

    def read(reader: EpochImageReader, epoch: int) -> EpochImages:
        begun.release()
        assert allowed.acquire(timeout=DEADLINE)
        return read_images(reader, epoch)

    read_images = EpochImageReader.read
    monkeypatch.setattr(EpochImageReader, "read", read)
    async with watched(recorder.store) as (screen, _, pilot):
        loader = EpochImageLoader(screen, session, lambda: shown.append(loader.epoch))
        loader.want(1)
        for epoch in (1, 2, 3):
            await until(pilot, lambda: begun.acquire(blocking=False))
            loader.want(epoch + 1)
            allowed.release()
            await until(pilot, partial(has_come, shown, epoch))
        allowed.release()
        await until(pilot, partial(has_come, shown, 4))
        assert shown == [1, 2, 3, 4]


def has_come(shown: list[int], epoch: int) -> bool:
    return epoch in shown
