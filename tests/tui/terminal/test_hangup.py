"""The app on a pseudo-terminal that disappears."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import DEADLINE

_CODE = """
import sys
from pathlib import Path
from tui.cli.screen import run_app
from vae_engine.sessions.store import SessionStore
print("farewell:", run_app(SessionStore(Path(sys.argv[1]))))
"""


class Terminal:
    """The app in a process of its own, and the other end of its terminal."""

    def __init__(self, folder: Path, *, ignore_hangup: bool = False) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN) if ignore_hangup else None
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _CODE, str(folder)],
                stdin=slave,
                stdout=slave,
                stderr=slave,
                start_new_session=True,
                env={**os.environ, "TERM": "xterm-256color"},
            )
        finally:
            if before is not None:
                signal.signal(signal.SIGHUP, before)
        os.close(slave)
        self.output = b""

    def read_until(self, wanted: bytes) -> None:
        """Read what the app writes."""
        deadline = time.monotonic() + DEADLINE
        while wanted not in self.output:
            assert time.monotonic() < deadline, self.output[-2000:]
            ready, _, _ = select.select([self.master], [], [], 0.1)
            if ready:
                try:
                    self.output += os.read(self.master, 65536)
                except OSError:
                    break
        assert wanted in self.output

    def hang_up(self) -> None:
        """Take the terminal away."""
        if self.master >= 0:
            os.close(self.master)
            self.master = -1


@contextlib.contextmanager
def terminal(folder: Path, *, ignore_hangup: bool = False) -> Iterator[Terminal]:
    opened = Terminal(folder, ignore_hangup=ignore_hangup)
    try:
        yield opened
    finally:
        opened.process.kill()
        opened.process.wait()
        opened.hang_up()


@pytest.mark.parametrize("ignore_hangup", [False, True])
def test_the_app_goes_with_its_terminal(tmp_path: Path, ignore_hangup: bool) -> None:
    # No controlling terminal, so no SIGHUP comes at all: the hardest case.
    with terminal(tmp_path / "sessions", ignore_hangup=ignore_hangup) as opened:
        opened.read_until(b"Help")
        opened.hang_up()
        assert opened.process.wait(DEADLINE) == 128 + signal.SIGHUP


def test_a_hangup_signal_ends_it(tmp_path: Path) -> None:
    with terminal(tmp_path / "sessions") as opened:
        opened.read_until(b"Help")
        opened.process.send_signal(signal.SIGHUP)
        assert opened.process.wait(DEADLINE) == 128 + signal.SIGHUP


def test_termination_leaves_the_terminal_sane(tmp_path: Path) -> None:
    with terminal(tmp_path / "sessions") as opened:
        opened.read_until(b"Help")
        opened.process.send_signal(signal.SIGTERM)
        opened.read_until(b"\x1b[?1049l")
        opened.read_until(b"\x1b[?25h")
        assert opened.process.wait(DEADLINE) == 128 + signal.SIGTERM
        attributes = termios.tcgetattr(opened.master)
        assert attributes[3] & termios.ECHO


def test_quitting_returns_the_exit_lines(tmp_path: Path) -> None:
    with terminal(tmp_path / "sessions") as opened:
        opened.read_until(b"Help")
        os.write(opened.master, b"q")
        opened.read_until(b"farewell: []")
        assert opened.process.wait(DEADLINE) == 0
