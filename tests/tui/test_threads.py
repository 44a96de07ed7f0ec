"""Idle threads hold nothing of the screen that they worked for."""

from __future__ import annotations

import gc
import threading
import weakref

from textual.app import App
from textual.screen import Screen

from tests.tui.watching import until
from tui.screen import run_in_thread

THREADS = 3


async def test_a_screen_that_was_left_is_gone_though_the_threads_are_not() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        screen: Screen[None] = Screen()
        await app.push_screen(screen)
        together = threading.Barrier(THREADS)
        done: list[int] = []

        def task() -> None:
            together.wait()
            done.append(threading.get_ident())

        for _ in range(THREADS):
            run_in_thread(screen, task, group="test")
        await until(pilot, lambda: len(done) == THREADS)
        left = weakref.ref(screen)
        await app.pop_screen()
        del screen

        def gone() -> bool:
            gc.collect()
            return left() is None

        await until(pilot, gone)
        assert len(set(done)) == THREADS
        assert set(done) <= {thread.ident for thread in threading.enumerate()}
