"""The app in real terminals, where they are installed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from tests.cli.terminal import VAE
from tests.terminals.drivers import PROMPT, Multiplexer, difference, emulator, multiplexer
from tests.tui.recorder import Recorder
from tests.waiting import wait_for
from vae_engine.sessions.store import SessionStore

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    recorder = Recorder(SessionStore(tmp_path / "sessions"))
    for name in ("one", "two"):
        recorder.session(name)
    return tmp_path


def app_below(folder: Path) -> psutil.Process:
    """The app that runs with its home in this folder."""

    def found() -> list[psutil.Process]:
        return [
            process
            for process in psutil.process_iter(["cmdline"])
            if str(VAE) in (process.info["cmdline"] or [])
            and process.environ().get("HOME") == str(folder)
        ]

    wait_for(lambda: bool(found()))
    return found()[0]


def at_the_prompt(window: Multiplexer) -> bool:
    text = window.text.rstrip()
    return text.endswith(PROMPT.strip()) and "2 sessions" not in text


def test_tmux_escape_and_a_letter_typed_at_once(folder: Path) -> None:
    with multiplexer("tmux", folder) as window:
        window.type(f"{VAE}\r")
        window.wait_for("2 sessions")
        window.type("/ab")
        window.wait_for("0 shown")
        # The Escape that empties the filter, then a key of the list.
        window.type("\x1b\x1ba")
        window.wait_for("2 selected")
        window.type("e77")
        window.wait_for("77")


@pytest.mark.parametrize("name", ["tmux", "screen"])
def test_nothing_of_the_app_stays_after_it_was_left(name: str, folder: Path) -> None:
    with multiplexer(name, folder) as window:
        window.type(f"{VAE}\r")
        window.wait_for("2 sessions")
        window.type("q")
        wait_for(lambda: at_the_prompt(window))
        window.type("echo 4$((1+1))\r")
        window.wait_for("42")
        assert "status" not in window.text


@pytest.mark.parametrize("name", ["tmux", "screen"])
def test_a_killed_app_leaves_a_multiplexer_usable(name: str, folder: Path) -> None:
    with multiplexer(name, folder) as window:
        window.type(f"{VAE}\r")
        window.wait_for("2 sessions")
        os.kill(app_below(folder).pid, signal.SIGKILL)
        wait_for(lambda: at_the_prompt(window))
        window.type("echo 4$((1+1))\r")
        window.wait_for("42")


@pytest.mark.parametrize("name", ["xterm", "urxvt", "kitty"])
def test_an_emulator_shows_the_app_and_can_be_used_after_a_kill(name: str, folder: Path) -> None:
    with emulator(name, folder) as window:
        before = window.wait_until_still()
        window.type(f"{VAE}\n")
        app = app_below(folder)
        wait_for(lambda: difference(window.picture(), before) > 0.01)
        first = window.wait_until_still()
        # Drawn whole again it is the same picture: nothing was left out and nothing was added.
        window.press("ctrl+l")
        assert difference(window.wait_until_still(), first) < 0.002
        # A dialog comes and goes without a trace.
        window.press("question")
        assert difference(window.wait_until_still(), first) > 0.01
        window.press("Escape")
        assert difference(window.wait_until_still(), first) < 0.002
        app.kill()
        wait_for(lambda: difference(window.picture(), first) > 0.01)
        window.type("echo typed > typed\n")
        wait_for((folder / "typed").exists)


def test_an_emulator_in_the_c_locale_is_readable(folder: Path) -> None:
    with emulator("xterm", folder, LC_ALL="C") as window:
        before = window.wait_until_still()
        window.type(f"{VAE}\n")
        wait_for(lambda: difference(window.picture(), before) > 0.01)
        first = window.wait_until_still()
        window.press("ctrl+l")
        assert difference(window.wait_until_still(), first) < 0.002
