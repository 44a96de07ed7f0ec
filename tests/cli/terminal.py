"""`vae` on a terminal, with what that shows as text."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from select import select

import pyte

from tests.conftest import wait_for

VAE = Path(sys.executable).with_name("vae")


@dataclass
class Terminal:
    """`vae` on a terminal of its own, and what that shows."""

    process: subprocess.Popen[bytes]
    master: int
    screen: pyte.Screen
    stream: pyte.ByteStream

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def feed(self) -> None:
        while select([self.master], [], [], 0)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:  # The other end is closed.
                return
            self.stream.feed(data)

    def wait_for(self, part: str) -> None:
        def shown() -> bool:
            self.feed()
            return part in self.text

        try:
            wait_for(shown, 60)
        except AssertionError:
            raise AssertionError(f"no {part!r} in:\n{self.text}") from None

    def wait(self) -> int:
        def ended() -> bool:
            self.feed()
            return self.process.poll() is not None

        wait_for(ended, 60)
        self.feed()
        return self.process.returncode


Attach = Callable[..., Terminal]


@contextlib.contextmanager
def terminals() -> Iterator[Attach]:
    """What runs `vae` with arguments on a terminal of `columns` x 24; none outlives the block."""
    opened: list[Terminal] = []

    def start(*arguments: str, columns: int = 80, term: str = "xterm-256color") -> Terminal:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        environment = {**os.environ, "TERM": term}
        for name in ("COLUMNS", "LINES"):
            del environment[name]
        process = subprocess.Popen(
            [VAE, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        screen = pyte.Screen(columns, 24)
        opened.append(Terminal(process, master, screen, pyte.ByteStream(screen)))
        return opened[-1]

    try:
        yield start
    finally:
        for one in opened:
            if one.process.poll() is None:
                one.process.kill()
            one.process.wait()
            os.close(one.master)
