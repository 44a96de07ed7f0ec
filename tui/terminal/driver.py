"""Textual's driver of a terminal, with input read in the event loop and fewer modes asked for.

Textual reads input in a thread that wakes ten times a second to see whether it is to end: on a
machine that trains, a tenth of what a dashboard takes. Being stopped and continued is dealt with in
handlers of signals.
"""

from __future__ import annotations

import asyncio
import os
import select
import sys
from collections.abc import Iterable
from typing import Any

from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from tui.terminal.charset import ascii_text, is_unicode
from tui.terminal.guard import TerminalGuard
from tui.terminal.input import TerminalInput

_CHUNK_BYTES = 4096
# Not asked for: the keyboard protocol of kitty, since it would outlive a lost connection and leave
# a shell without letters, and focus reports, since nothing here depends on them.
_NOT_SENT = frozenset({"\x1b[>25u", "\x1b[<u", "\x1b[?1004h", "\x1b[?1004l"})
# A terminal without a second screen, such as GNU screen as it comes, would keep the last frame.
_LEAVE_SECOND_SCREEN = "\x1b[?1049l"
_CLEAR = "\x1b[m\x1b[H\x1b[2J"


class LoopDriver(LinuxDriver):
    """Reads keys, stops and goes on in the event loop."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._taking = False
        self._pending: asyncio.TimerHandle | None = None
        self._guard: TerminalGuard | None = None
        if self._file is not None and not self._file.isatty() and sys.__stdout__ is not None:
            # Textual draws on stderr, which may be a file (`vae 2>errors`).
            self._file = sys.__stdout__
        # All glyphs or none: what this app draws, and Textual's own borders and marks.
        self._unicode = is_unicode(os.environ, getattr(self._file, "encoding", None))
        self._input = TerminalInput()

    def write(self, data: str) -> None:
        """Write to the terminal in its characters; ask for no mode that is not needed."""
        if data in _NOT_SENT:
            return
        if not self._unicode:
            data = ascii_text(data)
        super().write(_CLEAR + data if data == _LEAVE_SECOND_SCREEN else data)

    def start_application_mode(self) -> None:
        """Take the terminal; from then on it is given back even if this process is killed."""
        if self._guard is None and self.input_tty:
            self._guard = TerminalGuard(self.fileno)
        if self._guard is not None:
            self._guard.hold()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Write what is left; the terminal is given back by then."""
        super().close()
        if self._guard is not None:
            self._guard.release()

    def use_mouse(self, used: bool) -> None:
        """Ask for the mouse, or leave it to the terminal."""
        if not used:
            self._disable_mouse_support()
            self.write("\x1b[?1016l")
        self._mouse = used
        self._enable_mouse_support()
        self.flush()

    def run_input_thread(self) -> None:
        """Hand the keys over to the event loop; the thread that Textual made for them ends."""
        self._taking = True
        self._loop.call_soon_threadsafe(self._listen)

    def disable_input(self) -> None:
        """Read no further."""
        self._taking = False
        self._cancel_wait()
        self._loop.remove_reader(self.fileno)
        super().disable_input()

    def take_what_waits(self) -> None:
        """Read the input that has arrived by now."""
        while self._taking and select.select([self.fileno], [], [], 0)[0]:
            if not self._take():
                return

    def resume_application_mode(self) -> None:
        """Take the terminal again."""
        # Textual comes here at every SIGCONT, also when only SIGSTOP, which nobody can catch, came
        # before it: what it starts would go on beside that of before.
        if self._taking:
            self.suspend_application_mode()
            self._must_signal_resume = True
        super().resume_application_mode()

    def _get_terminal_size(self) -> tuple[int, int]:
        """Columns and rows; what the kernel says comes before exported `COLUMNS` and `LINES`."""
        assert self._file is not None
        for descriptor in (self._file.fileno(), self.fileno):
            try:
                size = os.get_terminal_size(descriptor)
            except OSError:
                continue
            if size.columns > 0 and size.lines > 0:
                return size.columns, size.lines
        return super()._get_terminal_size()

    # Both write to the terminal. The handler of a signal would wait for ever if that came while the
    # queue of what is written was locked.
    def _sigtstp_application(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(super()._sigtstp_application)

    def _sigcont_application(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(super()._sigcont_application)

    def _listen(self) -> None:
        if self._taking:
            self._input = TerminalInput()
            self._loop.add_reader(self.fileno, self._take)

    def _take(self) -> bool:
        """Read once; False where the terminal has gone."""
        try:
            typed = os.read(self.fileno, _CHUNK_BYTES)
        except OSError:
            typed = b""
        if not typed:
            # Whoever watches the terminal ends the app.
            self._loop.remove_reader(self.fileno)
            return False
        self._process(self._input.feed(typed))
        self._wait_for_more()
        return True

    def _wait_for_more(self) -> None:
        self._cancel_wait()
        if (patience := self._input.patience) is not None:
            self._pending = self._loop.call_later(patience, self._give_up)

    def _give_up(self) -> None:
        """Let an escape be a key that nothing has followed."""
        self._process(self._input.give_up())

    def _cancel_wait(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None

    def _process(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)


def loop_driver(driver: type[Driver]) -> type[Driver]:
    """The same driver, in the event loop where it is one of a terminal."""
    return LoopDriver if driver is LinuxDriver else driver
