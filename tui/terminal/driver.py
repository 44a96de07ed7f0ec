"""Textual's driver of a terminal, with input read in the event loop and fewer modes asked for.

Textual reads input in a thread that wakes ten times per second to see whether it is to end: on a
machine that trains, a tenth of what a dashboard takes. Being stopped and continued is dealt with in
handlers of signals.
"""

from __future__ import annotations

import asyncio
import os
import re
import select
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from tui.terminal.charset import ascii_text, is_unicode
from tui.terminal.guard import TerminalGuard
from tui.terminal.input import TerminalInput
from tui.terminal.pinning import pinned
from tui.terminal.textual_internals import key_parser

if TYPE_CHECKING:
    # For the first frame, which does not wait for NumPy.
    from tui.terminal.stored_images import StoredImages

_CHUNK_BYTES = 4096
# Not asked for: the keyboard protocol of kitty, since it would outlive a lost connection and leave
# a shell without letters, and focus reports, since nothing here depends on them.
_NOT_SENT = frozenset({"\x1b[>25u", "\x1b[<u", "\x1b[?1004h", "\x1b[?1004l"})
# A terminal without a second screen, such as GNU screen as it comes, would keep the last frame.
_LEAVE_SECOND_SCREEN = "\x1b[?1049l"
_CLEAR = "\x1b[m\x1b[H\x1b[2J"
_MOUSE_ON = re.compile(r"\x1b\[\?(?:100[0-356]|1015|1016)h")


class LoopDriver(LinuxDriver):
    """Handles input, job-control stops and continues in the event loop.

    Attributes:
        on_reply: called with what the terminal replies.
    """

    on_reply: Callable[[str], None] | None = None

    def __init__(self, app: Any, *, mouse: bool = True, **options: Any) -> None:
        with _errors_on_the_terminal():
            # Textual always asks for the mouse; `write` passes it on while it is used.
            super().__init__(app, mouse=True, **options)
        self._terminal = _descriptor(sys.__stdin__)
        self._event_loop = asyncio.get_running_loop()
        self._taking = False
        self._pending: asyncio.TimerHandle | None = None
        self._guard: TerminalGuard | None = None
        self._uses_mouse = mouse
        self._mouse_modes: dict[str, None] = {}
        # All glyphs or none: what this app draws, and Textual's own borders and marks.
        self._unicode = is_unicode(os.environ, getattr(_screen_stream(), "encoding", None))
        self._input: TerminalInput | None = None
        self._images: StoredImages | None = None
        # Both write to the terminal. The handler of a signal would wait for ever if that came while
        # the queue of what is written was locked.
        for number in (signal.SIGTSTP, signal.SIGCONT):
            self._handle_in_loop(number)
        self._ignore_exported_size()

    @property
    def images(self) -> StoredImages | None:
        """The images that the terminal keeps, and that are taken back with its modes."""
        return self._images

    @images.setter
    def images(self, images: StoredImages | None) -> None:
        self._images = images
        if self._guard is not None:
            self._guard.take_back_images(images.take_back if images is not None else "")

    def write(self, data: str) -> None:
        """Write to the terminal in its characters, without modes that are not needed."""
        if data in _NOT_SENT:
            return
        if _MOUSE_ON.fullmatch(data) is not None:
            self._mouse_modes[data] = None
            if not self._uses_mouse:
                return
        data = pinned(data) if self._unicode else ascii_text(data)
        super().write(_CLEAR + data if data == _LEAVE_SECOND_SCREEN else data)

    def start_application_mode(self) -> None:
        """Take the terminal; it is restored even if this process is killed."""
        if self._guard is None and os.isatty(self._terminal):
            self._guard = TerminalGuard(self._terminal)
        if self._guard is not None:
            self._guard.hold()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def stop_application_mode(self) -> None:
        """Restore the terminal; it forgets the images while its second screen is still shown."""
        if self._images is not None:
            self._images.clear()
        super().stop_application_mode()

    def close(self) -> None:
        """Write the remaining output, after the terminal is restored."""
        super().close()
        if self._guard is not None:
            self._guard.release()

    def use_mouse(self, used: bool) -> None:
        """Enable the mouse, or leave it to the terminal."""
        self._uses_mouse = used
        for mode in list(self._mouse_modes):
            self.write(mode if used else f"{mode[:-1]}l")
        self.flush()

    def run_input_thread(self) -> None:
        """Move input to the event loop; Textual's input thread ends."""
        if key_parser() is None:
            super().run_input_thread()
            return
        self._taking = True
        self._event_loop.call_soon_threadsafe(self._listen)

    def disable_input(self) -> None:
        """Stop reading input."""
        self._taking = False
        self._cancel_wait()
        self._event_loop.remove_reader(self._terminal)
        super().disable_input()

    def take_what_waits(self) -> None:
        """Read the input that has arrived so far."""
        while self._taking and select.select([self._terminal], [], [], 0)[0]:
            if not self._take():
                return

    def resume_application_mode(self) -> None:
        """Take the terminal again."""
        # Textual calls this at every SIGCONT, even after a SIGSTOP, which cannot be caught: what it
        # starts would then run twice.
        was_taken = self._taking
        if was_taken:
            self.suspend_application_mode()
        super().resume_application_mode()
        if was_taken and _is_in_foreground(self._terminal):
            self.send_message(self.SignalResume())

    def _handle_in_loop(self, number: signal.Signals) -> None:
        """Run Textual's signal handlers in the event loop."""
        handler = signal.getsignal(number)
        if not callable(handler):
            return

        def hand_over(*caught: Any) -> None:
            self._event_loop.call_soon_threadsafe(handler, *caught)

        signal.signal(number, hand_over)

    def _ignore_exported_size(self) -> None:
        """Ignore exported `COLUMNS` and `LINES` if the kernel knows the terminal's size."""
        try:
            size = os.get_terminal_size(_descriptor(_screen_stream()))
        except OSError:
            return
        if size.columns > 0 and size.lines > 0:
            os.environ.pop("COLUMNS", None)
            os.environ.pop("LINES", None)

    def _listen(self) -> None:
        if self._taking:
            self._input = TerminalInput(self._hand_over_reply)
            self._event_loop.add_reader(self._terminal, self._take)

    def _hand_over_reply(self, reply: str) -> None:
        if self.on_reply is not None:
            self.on_reply(reply)

    def _take(self) -> bool:
        """Read once; returns False if the terminal is gone."""
        try:
            typed = os.read(self._terminal, _CHUNK_BYTES)
        except OSError:
            typed = b""
        if not typed:
            # The watcher of the terminal ends the app.
            self._event_loop.remove_reader(self._terminal)
            return False
        if self._input is not None:
            self._process(self._input.feed(typed))
        self._wait_for_more()
        return True

    def _wait_for_more(self) -> None:
        self._cancel_wait()
        if self._input is not None and (patience := self._input.patience) is not None:
            self._pending = self._event_loop.call_later(patience, self._give_up)

    def _give_up(self) -> None:
        """Treat an ESC that nothing follows as the Escape key."""
        if self._input is not None:
            self._process(self._input.give_up())

    def _cancel_wait(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None

    def _process(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)


def _screen_stream() -> Any:
    """Return the stream to draw on: Textual uses stderr, which may be a file."""
    error, output = sys.__stderr__, sys.__stdout__
    on_error = error is None or error.isatty() or output is None
    return error if on_error else output


@contextmanager
def _errors_on_the_terminal() -> Iterator[None]:
    """Draw on the stream that is a terminal (`vae 2>errors`)."""
    error = sys.__stderr__
    sys.__stderr__ = _screen_stream()  # type: ignore[misc]
    try:
        yield
    finally:
        sys.__stderr__ = error  # type: ignore[misc]


def _descriptor(stream: Any) -> int:
    found: int = stream.fileno()
    return found


def _is_in_foreground(terminal: int) -> bool:
    """Return whether this process may write to its terminal; also true without job control."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return True


def loop_driver(driver: type[Driver]) -> type[Driver]:
    """Return the driver for the event loop, if it is one for a terminal."""
    return LoopDriver if driver is LinuxDriver else driver
