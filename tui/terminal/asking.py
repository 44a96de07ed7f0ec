"""Asks the terminal what it shows, for commands that print and exit."""

from __future__ import annotations

import codecs
import fcntl
import os
import select
import struct
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from tui.rendering.sizes import CellSize
from tui.terminal.graphics_probe import PROBE, Replies, is_report
from tui.terminal.key_sequences import SequenceSplitter

REPLY_SECONDS: Final = 10.0
"""How long the replies are waited for; every terminal sends the last one."""
_CHUNK_BYTES: Final = 4096
_WINDOW_SIZE: Final = struct.Struct("HHHH")


def ask(stream: TextIO, seconds: float = REPLY_SECONDS) -> Replies:
    """Send `PROBE` to the terminal that a stream writes to, and wait for the replies.

    What is typed meanwhile is lost. A process in the background asks nothing: it would be stopped.

    Returns:
        The replies so far; `complete` is false if the last one did not come in time.
    """
    replies = Replies()
    try:
        terminal = os.open(os.ttyname(stream.fileno()), os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return replies
    try:
        if _is_in_background(terminal):
            return replies
        stream.flush()
        with _without_echo(terminal):
            os.write(terminal, PROBE.encode())
            _collect(terminal, replies, seconds)
    except (OSError, termios.error):
        return replies  # The terminal is gone, or not this process's own.
    finally:
        os.close(terminal)
    return replies


def cell_size(stream: TextIO) -> CellSize | None:
    """Pixels of a cell as the kernel knows them; None where the terminal did not tell it."""
    try:
        told = fcntl.ioctl(stream.fileno(), termios.TIOCGWINSZ, bytes(_WINDOW_SIZE.size))
    except OSError:
        return None
    rows, columns, width, height = _WINDOW_SIZE.unpack(told)
    known = rows and columns and width >= columns and height >= rows
    return CellSize(width // columns, height // rows) if known else None


def _is_in_background(terminal: int) -> bool:
    """Whether reading from the terminal stops this process; not without job control."""
    try:
        return os.tcgetpgrp(terminal) != os.getpgrp()
    except OSError:
        return False


def _collect(terminal: int, replies: Replies, seconds: float) -> None:
    splitter = SequenceSplitter()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    deadline = time.monotonic() + seconds
    while not replies.complete and (left := deadline - time.monotonic()) > 0:
        if not select.select([terminal], [], [], left)[0]:
            return
        received = os.read(terminal, _CHUNK_BYTES)
        if not received:
            return
        for unit in splitter.feed(decoder.decode(received)):
            if is_report(unit):
                replies.take(unit.text)


@contextmanager
def _without_echo(terminal: int) -> Iterator[None]:
    """Have input delivered at once and not echoed; drop what has come of it by the end."""
    before = termios.tcgetattr(terminal)
    changed = termios.tcgetattr(terminal)
    changed[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(terminal, termios.TCSADRAIN, changed)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
