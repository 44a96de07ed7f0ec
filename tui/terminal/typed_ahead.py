"""Delivers keys one at a time, each after everything the one before it has led to.

Textual passes a key on as soon as it is read. A key that opens a screen or moves the focus does so
only after several hops between message queues, and what was typed right after it would reach the
screen or the widget of before.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from textual import events
from textual.app import App, ScreenStackError
from textual.driver import Driver
from textual.message import Message
from textual.message_pump import MessagePump

from tui.terminal.driver import LoopDriver

_INPUT = (events.Key, events.Paste, events.MouseEvent)
# If something hangs, keys are delivered in the end.
_LONGEST_WAIT = 2.0
_LONGEST_HOLD = 30.0
_MOST_ROUNDS = 20
_INTERRUPT = "ctrl+c"
# What sets modes of the terminal is shorter than any frame.
_SHORTEST_FRAME = 64


class TypedAhead:
    """Queue of input that is not delivered yet.

    Input from before the first frame, when `open` is called, is dropped: it was meant for others.
    `Ctrl+C` always arrives, and what was typed before it is dropped, as a terminal does.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._waiting: deque[Message] = deque()
        self._is_open = False
        self._task: asyncio.Task[None] | None = None
        self._holds = 0
        self._let_go = asyncio.Event()
        self._let_go.set()

    @property
    def is_open(self) -> bool:
        """Whether input is delivered."""
        return self._is_open

    def open(self) -> None:
        """Start delivering input."""
        self._is_open = True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold input back while a screen is being prepared."""
        self._holds += 1
        self._let_go.clear()
        try:
            yield
        finally:
            self._holds -= 1
            if not self._holds:
                self._let_go.set()

    def put(self, message: Message) -> None:
        """Queue a key, a paste or a mouse event."""
        if isinstance(message, events.Key) and message.key == _INTERRUPT:
            self._waiting.clear()
            self._app.post_message(message)
        elif self._is_open:
            self._waiting.append(message)
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._deliver(), name="typed-ahead")

    async def _deliver(self) -> None:
        while self._waiting:
            if not self._let_go.is_set():
                await _within(self._let_go.wait(), _LONGEST_HOLD)
            if not self._waiting:
                return
            message = self._waiting.popleft()
            self._app.post_message(message)
            if not isinstance(message, events.MouseMove):
                await self._settle()

    async def _settle(self) -> None:
        """Wait until delivered input has been processed fully."""
        for _ in range(_MOST_ROUNDS):
            before = self._path()
            for pump in before:
                await _processed(pump)
            # Workers begin in the next turn of the loop, and may open a screen.
            await asyncio.sleep(0)
            if self._path() == before:
                return

    def _path(self) -> list[MessagePump]:
        """Return the queues that a key passes: the app, the focused widget and its ancestors."""
        try:
            screen = self._app.screen
        except ScreenStackError:
            return [self._app]
        return [self._app, *(screen.focused or screen).ancestors_with_self]


async def _processed(pump: MessagePump) -> None:
    """Wait until everything that is now in a queue has been processed."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await _within(done.wait(), _LONGEST_WAIT)


async def _within(waiting: Any, seconds: float) -> None:
    task = asyncio.ensure_future(waiting)
    await asyncio.wait([task], timeout=seconds)
    task.cancel()


def ordered_driver(driver: type[Driver]) -> type[Driver]:
    """Return a subclass of the driver whose input goes through the app's `typed_ahead`."""

    class OrderedDriver(driver):  # type: ignore[misc, valid-type]
        """Delivers input in order; passes everything else on."""

        def __init__(self, app: Any, **options: Any) -> None:
            super().__init__(app, **options)
            self._typed_ahead: TypedAhead = app.typed_ahead
            self._ordering_loop = asyncio.get_running_loop()
            app.terminal = self

        def write(self, data: str) -> None:
            if not self._typed_ahead.is_open and len(data) >= _SHORTEST_FRAME:
                # Nothing was visible before this frame.
                if isinstance(self, LoopDriver):
                    self.take_what_waits()
                self._typed_ahead.open()
            super().write(data)

        def send_message(self, message: Message) -> None:
            if not isinstance(message, _INPUT):
                super().send_message(message)
            elif _running_loop() is self._ordering_loop:
                self._typed_ahead.put(message)
            else:
                self._ordering_loop.call_soon_threadsafe(self._typed_ahead.put, message)

    return OrderedDriver


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """The running event loop of this thread, or None."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
