"""Textual's driver of a terminal, which here does in the event loop what it does elsewhere.

What is typed is read by a thread of Textual's that wakes ten times a second to see whether it is to
end: on a machine that trains, a tenth of what a dashboard takes. To be stopped and continued is
dealt with in handlers of signals.
"""

from __future__ import annotations

import asyncio
import codecs
import os
from collections.abc import Iterable
from typing import Any

from textual._xterm_parser import XTermParser
from textual.constants import ESCAPE_DELAY
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

_CHUNK_BYTES = 4096
# Until then an escape may be the beginning of a key's sequence.
_TICK_SECONDS = ESCAPE_DELAY + 0.01


class LoopDriver(LinuxDriver):
    """Reads keys, stops and goes on in the event loop."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._taking = False
        self._pending: asyncio.TimerHandle | None = None
        self._begin_afresh()

    def run_input_thread(self) -> None:
        """Hand the keys over to the event loop; the thread that Textual made for them ends."""
        self._taking = True
        self._loop.call_soon_threadsafe(self._listen)

    def disable_input(self) -> None:
        """Read no further."""
        self._taking = False
        self._cancel_tick()
        self._loop.remove_reader(self.fileno)
        super().disable_input()

    def resume_application_mode(self) -> None:
        """Take the terminal again."""
        # Textual comes here at every SIGCONT, also when only SIGSTOP, which nobody can catch, came
        # before it: what it starts would go on beside that of before.
        if self._taking:
            self.suspend_application_mode()
            self._must_signal_resume = True
        super().resume_application_mode()

    # Both write to the terminal. The handler of a signal would wait for ever if that came while the
    # queue of what is written was locked.
    def _sigtstp_application(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(super()._sigtstp_application)

    def _sigcont_application(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(super()._sigcont_application)

    def _begin_afresh(self) -> None:
        self._parser = XTermParser(self._debug)
        # A byte that is no text is no reason to end.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def _listen(self) -> None:
        if self._taking:
            self._begin_afresh()
            self._loop.add_reader(self.fileno, self._take)

    def _take(self) -> None:
        try:
            typed = os.read(self.fileno, _CHUNK_BYTES)
        except OSError:
            typed = b""
        if not typed:
            # The terminal has gone, and whoever watches it ends the app.
            self._loop.remove_reader(self.fileno)
            return
        text = self._decoder.decode(typed)
        if text:  # Half a character is none yet, and to the parser the end.
            self._process(self._parser.feed(text))
        self._cancel_tick()
        self._pending = self._loop.call_later(_TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        """Let an escape be a key that nothing has followed."""
        self._process(self._parser.tick())

    def _cancel_tick(self) -> None:
        if self._pending is not None:
            self._pending.cancel()

    def _process(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)


def loop_driver(driver: type[Driver]) -> type[Driver]:
    """The same driver, in the event loop where it is one of a terminal."""
    return LoopDriver if driver is LinuxDriver else driver
