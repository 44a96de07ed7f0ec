"""The app with a Textual that lacks a private part: it starts and works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import textual

from tests.cli.terminal import Attach, terminals
from tests.tui.recorder import Recorder
from tui.terminal.textual_internals import PARTS
from vae_engine.sessions.store import SessionStore

# By the name in `PARTS`: the words to rename, in every file of Textual, and the names of files.
RENAMED = {
    "textual._xterm_parser.XTermParser.feed": ("_xterm_parser", "XTermParser"),
    "LinuxDriver.run_input_thread": ("run_input_thread",),
    "App._background_screens": ("_background_screens",),
    "App._handle_exception": ("_handle_exception",),
    "__watchers": ("__watchers",),
    "textual._styles_cache.StylesCache.get_inner_outer.cache_clear": (
        "_styles_cache",
        "get_inner_outer",
    ),
    "textual.strip.Strip._segments": ("_segments", "_cell_length", "_maxsize"),
}
# Parts that the app could be tempted to use, and does not.
UNUSED = (
    *("_driver", "_exit", "_app", "_loop", "_file", "_mouse", "_debug", "_auto_restart"),
    *("_must_signal_resume", "_get_terminal_size", "_sigtstp_application", "_writer_thread"),
    *("_sigcont_application", "_enable_mouse_support", "_disable_mouse_support", "_key_thread"),
    *("_compositor", "_screen_stack", "_post_message", "_dirty_regions"),
)


def renamed_textual(folder: Path, *words: str) -> Path:
    """A folder with a Textual in which these words are others."""
    original = Path(textual.__file__).parent
    copy = folder / "textual"
    shutil.copytree(original, copy, copy_function=os.symlink)
    for word in words:
        pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        for path in sorted(copy.rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if pattern.search(text):
                path.unlink()
                path.write_text(pattern.sub(f"{word}_renamed", text), encoding="utf-8")
            if path.stem == word:
                path.rename(path.with_name(f"{word}_renamed.py"))
    return folder


@pytest.fixture
def attach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attach]:
    recorder = Recorder(SessionStore(tmp_path / "sessions"))
    for name in ("one", "two"):
        recorder.session(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VAE_SESSIONS", str(tmp_path / "sessions"))
    with terminals() as start:
        yield start


def works(attach: Attach) -> None:
    """Keys, a dialog, a screen, the mouse, a suspended app, and leaving it."""
    shown = attach()
    shown.wait_for("2 sessions")
    shown.press("?")
    shown.wait_for("g glyphs")
    shown.press("\x1b")
    shown.wait_until(lambda: "g glyphs" not in shown.text, "the list again")
    shown.press("/tw")
    shown.wait_for("1 shown")
    shown.press("\r")
    shown.press("\r")
    shown.wait_for("reconstruction")
    shown.press("?")
    shown.wait_for("g glyphs")
    shown.press("\x1b")
    shown.wait_until(lambda: "g glyphs" not in shown.text, "the dashboard again")
    shown.press("q")
    assert shown.wait() == 0


def test_every_part_is_renamed_in_turn() -> None:
    assert {part.name for part in PARTS} == RENAMED.keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", RENAMED)
def test_without_a_private_part_the_app_works(
    name: str, attach: Attach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(renamed_textual(tmp_path, *RENAMED[name])))
    works(attach)


@pytest.mark.slow
@pytest.mark.parametrize("word", UNUSED)
def test_a_part_that_is_not_used_may_go(
    word: str, attach: Attach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(renamed_textual(tmp_path, word)))
    works(attach)


def test_without_any_private_part_the_app_works(
    attach: Attach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [word for words in RENAMED.values() for word in words]
    monkeypatch.setenv("PYTHONPATH", str(renamed_textual(tmp_path, *words)))
    listed = "import tui.terminal.textual_internals as t; print([p.is_missing for p in t.PARTS])"
    told = subprocess.run(
        [sys.executable, "-c", listed], capture_output=True, text=True, check=True
    ).stdout
    assert told.strip() == str([True] * len(PARTS))
    works(attach)
