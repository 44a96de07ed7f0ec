"""A program on a pseudo-terminal of its own: what it writes, when, and what that costs it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import pyte

DEADLINE_SECONDS = 90.0
# A frame is written at once: so long a pause ends it.
FRAME_SECONDS = 0.04
QUIET_SECONDS = 0.25
_CHUNK = 65536
_LINK_CHUNK = 1024

WORKBENCH = ("-m", "tui", "--sessions-dir")
EMPTY_APP = ("-m", "benchmarks.empty_app")


class Terminal:
    """A Python program on a terminal, read as it writes.

    Attributes:
        process: the program.
        output: the bytes that it has written.
        arrivals: (time, bytes) of every piece of them.
    """

    def __init__(
        self,
        arguments: Sequence[str | Path],
        home: Path,
        *,
        size: tuple[int, int] = (130, 40),
        bytes_per_second: int = 0,
        over_ssh: bool = False,
    ) -> None:
        """Start Python with these arguments.

        Args:
            arguments: of Python.
            home: a folder for what the program remembers between runs.
            size: columns and lines.
            bytes_per_second: of the link in between, 0 for no limit.
            over_ssh: have the program take its terminal for one at the other end of ssh, as it
                does at any limited link.
        """
        self.master, slave = pty.openpty()
        columns, lines = size
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        # Installed packages have their bytecode.
        for name in ("NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "PYTHONDONTWRITEBYTECODE"):
            environment.pop(name, None)
        if bytes_per_second or over_ssh:
            environment["SSH_CONNECTION"] = "127.0.0.1 50000 127.0.0.1 22"
        self.begun = time.perf_counter()
        self.process = psutil.Popen(
            [sys.executable, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**environment, "XDG_CONFIG_HOME": str(home)},
        )
        os.close(slave)
        self.output = bytearray()
        self.arrivals: list[tuple[float, int]] = []
        self._rate = bytes_per_second
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._drawn = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the program."""
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def read(self, seconds: float) -> bool:
        """Take the next piece of what is written; False if none came in time."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        piece = os.read(self.master, _LINK_CHUNK if self._rate else _CHUNK)
        if self._rate:
            time.sleep(len(piece) / self._rate)
        self.output += piece
        self.arrivals.append((time.perf_counter(), len(piece)))
        return True

    def read_for(self, seconds: float) -> None:
        """Take all that is written in a span of time."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)

    def read_until(self, *wanted: bytes, after: int = 0) -> float:
        """Read until all of these were written, from byte `after` on; returns when they were.

        Raises:
            TimeoutError: they were not.
        """
        end = time.perf_counter() + DEADLINE_SECONDS
        while not all(self.output.find(part, after) >= 0 for part in wanted):
            if time.perf_counter() > end:
                raise TimeoutError(f"not on the screen: {wanted!r}")
            self.read(0.1)
        return time.perf_counter()

    def settle(self, quiet: float = QUIET_SECONDS) -> None:
        """Read until nothing has been written for a while."""
        while self.read(quiet):
            pass

    def press(self, keys: str) -> float:
        """Type; returns when."""
        os.write(self.master, keys.encode())
        return time.perf_counter()

    def answer(self, keys: str, *wanted: bytes) -> float:
        """Type, and return the seconds to the end of the frame that holds `wanted`."""
        before = len(self.output)
        pressed = self.press(keys)
        self.read_until(*(wanted or (b"\x1b",)), after=before)
        self.settle(FRAME_SECONDS)
        last, _ = self.arrivals[-1]
        self.settle()
        return last - pressed

    def screen(self) -> list[str]:
        """The lines that the terminal shows now."""
        self._stream.feed(bytes(self.output[self._drawn :]))
        self._drawn = len(self.output)
        return list(self._screen.display)

    def processor_seconds(self) -> float:
        """What the program has used of the processors."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def resident_megabytes(self) -> float:
        """Its memory, libraries that it shares with others included, in 10^6 bytes."""
        return float(self.process.memory_info().rss) / 1e6
