"""Restores the terminal when the app is killed: by SIGKILL, a crash or the out-of-memory killer.

A shell of a few hundred kB waits at the other end of a pipe. The kernel closes the app's end before
anybody learns of its death. The app stays the process that the shell started: its id, exit code,
job control and signals are its own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import termios
from collections.abc import Iterator
from typing import Any

# A string that the app was in the middle of ends; then mouse, in-band resizes, focus reports,
# bracketed paste, synchronized output, line wrap, colours, the second screen and the cursor.
TAKE_BACK = (
    r"\033\\\033[?1000l\033[?1002l\033[?1003l\033[?1015l\033[?1006l\033[?1016l\033[?2048l"
    r"\033[?1004l\033[?2004l\033[?2026l\033[?7h\033[m\033[H\033[2J\033[?1049l\033[?25h"
)
"""Resets the modes that the app sets, as a format of `printf`."""

# The sequences go first, before a shell has written its prompt. One that was faster has its prompt
# on the second screen, and draws it again when told of a window's change; others ignore that. It
# has set its own modes, too, which stay: the app alone turns off both line editing and signal keys.
# The terminal is on stdout.
_SCRIPT = """
exec 3>&1
trap '' HUP INT QUIT TERM
state=off
images=
while IFS= read -r line; do
    case $line in
    images*) images=${{line#images}} ;;
    *) state=$line ;;
    esac
done
[ "$state" = on ] || exit 0
printf "$images"
printf '{sequences}'
case $(stty -a <&3) in
*-isig*-icanon*|*-icanon*-isig*) stty {saved} <&3 ;;
esac
kill -s WINCH {parent} 2>/dev/null
"""


class TerminalGuard:
    """A process that restores the terminal if this one dies while the app uses it."""

    def __init__(self, terminal: int) -> None:
        """Start it.

        Args:
            terminal: descriptor of the terminal, whose present modes are those to restore.
        """
        self._pipe = _start(terminal)

    def hold(self) -> None:
        """Call when the terminal has the app's modes."""
        self._say(b"on\n")

    def take_back_images(self, sequences: str) -> None:
        """Have images forgotten too; call with none when there are none any more.

        Args:
            sequences: control sequences that do it, without `%`.
        """
        # A string that the app was in the middle of ends first.
        told = f"\x1b\\{sequences}" if sequences else ""
        told = told.replace("\\", r"\\").replace("\x1b", r"\033")
        self._say(f"images{told}\n".encode())

    def release(self) -> None:
        """Call when the app has restored the terminal itself."""
        self._say(b"off\n")

    def close(self) -> None:
        """End the shell."""
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None

    def _say(self, line: bytes) -> None:
        if self._pipe is None:
            return
        # The shell is gone, so there is nothing to tell it.
        with contextlib.suppress(BrokenPipeError, BlockingIOError):
            os.write(self._pipe, line)


@contextlib.contextmanager
def guarded(terminal: int) -> Iterator[None]:
    """Restore the terminal if this process dies within the block."""
    guard = TerminalGuard(terminal)
    guard.hold()
    try:
        yield
    finally:
        guard.release()
        guard.close()


def _start(terminal: int) -> int | None:
    """Start the shell and return the pipe to it; None if there is no shell."""
    shell = shutil.which("sh", path=os.defpath)
    try:
        attributes = termios.tcgetattr(terminal)
    except termios.error:
        return None
    if shell is None:
        return None
    script = _SCRIPT.format(saved=_stty_words(attributes), sequences=TAKE_BACK, parent=os.getppid())
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    actions = [
        # First, since the terminal is usually descriptor 0.
        (os.POSIX_SPAWN_DUP2, terminal, 1),
        (os.POSIX_SPAWN_DUP2, reader, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    environment = {"PATH": os.defpath, "LC_ALL": "C"}
    try:
        # A session of its own: keys, hang-ups and kills of the app's group do not reach it.
        os.posix_spawn(shell, ["sh", "-c", script], environment, file_actions=actions, setsid=True)
    except (OSError, NotImplementedError):
        os.close(writer)
        return None
    finally:
        os.close(reader)
    return writer


def _stty_words(attributes: list[Any]) -> str:
    """Format attributes of a terminal like `stty -g`, as arguments of `stty`."""
    if not sys.platform.startswith("linux"):
        return "sane"
    flags, characters = attributes[:4], attributes[6]
    numbers = [*flags, *(char if isinstance(char, int) else ord(char) for char in characters)]
    return ":".join(f"{number:x}" for number in numbers)
