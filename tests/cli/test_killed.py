"""A killed app leaves a usable terminal."""

from __future__ import annotations

import os
import re
import signal
import termios

import psutil
import pyte
import pytest

from tests.cli.terminal import Attach, Terminal
from tests.tui.recorder import Recorder
from tests.waiting import DEADLINE

DEADLY = [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT, signal.SIGALRM]
# A mode of pyte: the number of a private mode, shifted.
PRIVATE = 5


@pytest.fixture
def shown(terminal: Attach, recorder: Recorder) -> Terminal:
    recorder.session("mine", previews=False)
    shown = terminal(columns=100)
    shown.wait_for("1 session")
    shown.wait_for("Help")
    return shown


def modes_of(shown: Terminal) -> set[int]:
    """The modes that differ from those of a terminal that was just opened."""
    modes: set[int] = shown.screen.mode ^ pyte.Screen(80, 24).mode
    return modes


def is_usable(shown: Terminal) -> bool:
    flags = termios.tcgetattr(shown.master)[3]
    wanted = termios.ECHO | termios.ICANON | termios.ISIG
    return not modes_of(shown) and not shown.screen.cursor.hidden and flags & wanted == wanted


@pytest.mark.parametrize("number", DEADLY, ids=lambda number: signal.Signals(number).name)
def test_killed_by_a_signal_it_gives_the_terminal_back(shown: Terminal, number: int) -> None:
    assert 1049 << PRIVATE in modes_of(shown)
    assert not is_usable(shown)
    shown.process.send_signal(number)
    assert shown.process.wait(timeout=DEADLINE) == -number
    shown.wait_until(lambda: is_usable(shown), "a usable terminal")


def test_killed_with_all_of_its_group_it_gives_the_terminal_back(shown: Terminal) -> None:
    os.killpg(shown.process.pid, signal.SIGKILL)
    shown.process.wait(timeout=DEADLINE)
    shown.wait_until(lambda: is_usable(shown), "a usable terminal")


def test_nothing_writes_to_the_terminal_of_a_shell_after_it_was_left(shown: Terminal) -> None:
    helpers = psutil.Process(shown.process.pid).children()
    shown.press("q")
    assert shown.wait() == 0
    assert is_usable(shown)
    psutil.wait_procs(helpers, timeout=DEADLINE)
    shown.feed()
    written = len(shown.written)
    shown.feed()
    assert len(shown.written) == written
    # The terminal shows no more of the app than its last lines, second screen or not.
    assert "1 session" not in shown.text


def test_killed_while_suspended_nothing_is_written(shown: Terminal) -> None:
    process = psutil.Process(shown.process.pid)
    helpers = process.children()
    shown.press("\x1a")
    shown.wait_until(lambda: process.status() == psutil.STATUS_STOPPED, "stopped")
    shown.feed()
    written = len(shown.written)
    process.kill()
    shown.process.wait(timeout=DEADLINE)
    psutil.wait_procs(helpers, timeout=DEADLINE)
    shown.feed()
    assert len(shown.written) == written
    assert is_usable(shown)


def test_no_keyboard_protocol_and_no_focus_reports_are_asked_for(shown: Terminal) -> None:
    # They would outlive a lost connection, and letters would be typed as numbers.
    assert not re.search(rb"\x1b\[>[0-9;]*[um]", shown.written)
    assert b"\x1b[?1004h" not in shown.written
