"""Run `vae` on a terminal emulator and read its screen as text."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from select import select

import pyte

from tests.waiting import wait_for

VAE = Path(sys.executable).with_name("vae")

Cell = tuple[str, str, str]
"""A character, its colour and that of its background."""


@dataclass
class Terminal:
    """`vae` on a terminal of its own, and what that shows."""

    process: subprocess.Popen[bytes]
    master: int
    screen: pyte.Screen
    stream: pyte.ByteStream
    written: bytearray = field(default_factory=bytearray)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    @property
    def cells(self) -> list[list[Cell]]:
        """What is seen in every cell, row by row; of a space that is only what is behind it."""
        rows, columns = range(self.screen.lines), range(self.screen.columns)
        written = ((self.screen.buffer[row][column] for column in columns) for row in rows)
        return [
            [(cell.data, "" if cell.data == " " else cell.fg, cell.bg) for cell in row]
            for row in written
        ]

    def press(self, keys: str | bytes) -> None:
        """Type characters, or the sequences that a terminal sends for other keys."""
        os.write(self.master, keys if isinstance(keys, bytes) else keys.encode())

    def feed(self) -> None:
        while select([self.master], [], [], 0)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:  # The other end is closed.
                return
            self.written += data
            self.stream.feed(data)

    def wait_for(self, part: str) -> None:
        self.wait_until(lambda: part in self.text, part)

    def wait_until(self, reached: Callable[[], object], wanted: str) -> None:
        """Take in what is written until something is true of it."""

        def shown() -> bool:
            self.feed()
            return bool(reached())

        try:
            wait_for(shown)
        except AssertionError:
            raise AssertionError(f"no {wanted!r} in:\n{self.text}") from None

    def hang_up(self) -> None:
        """Take the terminal away."""
        os.close(self.master)
        self.master = -1

    def wait(self) -> int:
        def ended() -> bool:
            self.feed()
            return self.process.poll() is not None

        wait_for(ended)
        self.feed()
        return self.process.returncode


Attach = Callable[..., Terminal]


@contextlib.contextmanager
def terminals() -> Iterator[Attach]:
    """What runs `vae` with arguments on a terminal of its own; none outlives the block."""
    opened: list[Terminal] = []

    def start(
        *arguments: str,
        columns: int = 80,
        rows: int = 24,
        term: str = "xterm-256color",
        prefix: Sequence[str] = (),
    ) -> Terminal:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {**os.environ, "TERM": term}
        for name in ("COLUMNS", "LINES"):
            environment.pop(name, None)
        process = subprocess.Popen(
            [*prefix, VAE, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            # A prefix such as `setsid --ctty` makes a session of its own.
            start_new_session=not prefix,
        )
        os.close(slave)
        screen = pyte.Screen(columns, rows)
        opened.append(Terminal(process, master, screen, pyte.ByteStream(screen)))
        return opened[-1]

    try:
        yield start
    finally:
        for one in opened:
            if one.process.poll() is None:
                one.process.kill()
            one.process.wait()
            if one.master >= 0:
                one.hang_up()
