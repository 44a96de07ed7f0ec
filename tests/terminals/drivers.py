"""Drive real terminals: multiplexers, and emulators on a virtual display."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.waiting import wait_for

_DISPLAY = ":97"
PROMPT = "ready> "


def need(*programs: str) -> None:
    """Skip the test where one of these is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """That of a shell in `folder`, without what a terminal itself would set."""
    (folder / "rc").write_text(f"PS1='{PROMPT}'\n")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("COLUMNS", "LINES", "COLORTERM", "TMUX", "STY")
    }
    return {**kept, "LANG": "C.UTF-8", "HOME": str(folder), "SHELL": "/bin/bash", **more}


class Multiplexer:
    """A window of tmux or GNU screen with a shell in it."""

    def __init__(self, folder: Path, run: Callable[..., str]) -> None:
        self.folder = folder
        self.run = run

    @property
    def text(self) -> str:
        raise NotImplementedError

    def type(self, keys: str) -> None:
        """Type characters, all at once."""
        raise NotImplementedError

    def wait_for(self, part: str) -> None:
        try:
            wait_for(lambda: part in self.text)
        except AssertionError:
            raise AssertionError(f"no {part!r} in:\n{self.text}") from None


class Tmux(Multiplexer):
    @property
    def text(self) -> str:
        return self.run("tmux", "-L", "vae-test", "capture-pane", "-p")

    def type(self, keys: str) -> None:
        self.run("tmux", "-L", "vae-test", "send-keys", "-l", keys)


class Screen(Multiplexer):
    @property
    def text(self) -> str:
        copy = self.folder / "hardcopy"
        self.run("screen", "-S", "vae-test", "-p", "0", "-X", "hardcopy", str(copy))
        return copy.read_text(errors="replace") if copy.exists() else ""

    def type(self, keys: str) -> None:
        self.run("screen", "-S", "vae-test", "-p", "0", "-X", "stuff", keys)


@contextmanager
def multiplexer(
    name: str, folder: Path, *, columns: int = 100, rows: int = 30
) -> Iterator[Multiplexer]:
    """A window of `tmux` or `screen` as they come, at a prompt."""
    need(name, "bash")
    sockets = folder / "sockets"
    sockets.mkdir(mode=0o700)
    around = environment(
        folder, TERM="xterm-256color", SCREENDIR=str(sockets), TMUX_TMPDIR=str(sockets)
    )

    def run(*words: str) -> str:
        done = subprocess.run(
            words, env=around, cwd=folder, capture_output=True, text=True, check=False
        )
        return done.stdout

    shell = ["bash", "--rcfile", str(folder / "rc")]
    if name == "tmux":
        size = ["-x", str(columns), "-y", str(rows)]
        run("tmux", "-L", "vae-test", "-f", "/dev/null", "new", "-d", *size, " ".join(shell))
        window: Multiplexer = Tmux(folder, run)
    else:
        run("screen", "-c", "/dev/null", "-dmS", "vae-test", "-T", "screen-256color", *shell)
        window = Screen(folder, run)
    try:
        window.wait_for(PROMPT.strip())
        yield window
    finally:
        quit_words = (
            ("-L", "vae-test", "kill-server")
            if name == "tmux"
            else ("-S", "vae-test", "-X", "quit")
        )
        run(name, *quit_words)


class Emulator:
    """A terminal emulator on a display, known by its picture alone."""

    def __init__(self, around: dict[str, str], folder: Path) -> None:
        self._around, self._folder = around, folder

    def type(self, keys: str) -> None:
        self._run("xdotool", "type", "--delay", "15", keys)

    def press(self, key: str) -> None:
        self._run("xdotool", "key", key)

    def picture(self) -> NDArray[np.float64]:
        """What is seen, in grey from 0 to 1, averaged over squares of 10 pixels."""
        path = self._folder / "seen.png"
        self._run("import", "-window", "root", str(path))
        with Image.open(path) as image:
            grey = np.asarray(image.convert("L"), dtype=np.float64) / 255
        rows, columns = grey.shape[0] // 10, grey.shape[1] // 10
        squares = grey[: rows * 10, : columns * 10].reshape(rows, 10, columns, 10)
        averaged: NDArray[np.float64] = squares.mean((1, 3))
        return averaged

    def wait_until_still(self) -> NDArray[np.float64]:
        """The picture once it stays as it is for a second."""
        seen = [self.picture()]

        def still() -> bool:
            time.sleep(1)
            seen.append(self.picture())
            return difference(seen[-2], seen[-1]) < 0.001

        wait_for(still)
        return seen[-1]

    def _run(self, *words: str) -> None:
        subprocess.run(words, env=self._around, check=True, capture_output=True)


def difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The mean difference of two pictures; a cursor counts for nearly nothing."""
    return float(np.abs(one - other).mean())


@contextmanager
def emulator(name: str, folder: Path, **more: str) -> Iterator[Emulator]:
    """A window of `xterm`, `urxvt` or `kitty` with a shell at its prompt."""
    need(name, "Xvfb", "xdotool", "import", "bash")
    around = environment(folder, DISPLAY=_DISPLAY, LIBGL_ALWAYS_SOFTWARE="1", **more)
    shell = ["bash", "--rcfile", str(folder / "rc")]
    command = {
        "xterm": ["xterm", "-geometry", "100x30", "-e", *shell],
        "urxvt": ["urxvt", "-geometry", "100x30", "-e", *shell],
        "kitty": [
            *("kitty", "-o", "shell_integration=disabled", "-o", "update_check_interval=0"),
            *("-o", "cursor_blink_interval=0", *shell),
        ],
    }[name]
    none = subprocess.DEVNULL
    size = ["-screen", "0", "900x600x24"]
    server = subprocess.Popen(["Xvfb", _DISPLAY, *size], stdout=none, stderr=none)
    try:
        wait_for(lambda: Path(f"/tmp/.X11-unix/X{_DISPLAY[1:]}").exists())
        window = Emulator(around, folder)
        blank = window.picture()
        terminal = subprocess.Popen(command, env=around, cwd=folder, stdout=none, stderr=none)
        try:
            wait_for(lambda: bool((window.picture() != blank).any()))
            # Without a window manager the pointer has the focus.
            window._run("xdotool", "mousemove", "200", "200")
            window.wait_until_still()
            yield window
        finally:
            terminal.kill()
            terminal.wait()
    finally:
        server.kill()
        server.wait()
