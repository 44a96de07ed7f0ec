"""Bytes that dialogs cost over a slow link: 64 kbit/s carry 8,000 per second."""

from __future__ import annotations

import math
import shutil
import time
from pathlib import Path

import pytest

from tests.cli.terminal import Attach, Cell, Terminal
from tests.conftest import EXAMPLE

LIMIT = 8_000
# Not reached: below the dialog lies one picture, every cell of which has colours of its own.
LARGE_MAP_LIMIT = 14_000
ALL = [
    (colors, columns, rows)
    for colors in ("16", "256", "24bit")
    for columns, rows in ((80, 24), (120, 40), (200, 60))
]
# In the normal command; the others are slow tests.
QUICK = ("256", 80, 24)


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session whose model draws real digits, and a link through ssh."""
    shutil.copytree(EXAMPLE, tmp_path / "sessions" / EXAMPLE.name)
    monkeypatch.setenv("SSH_CONNECTION", "a 1 b 2")


def close(shown: Terminal, keys: tuple[str, str], seen: str) -> int:
    """Open a dialog and close it; returns the bytes from the second key on."""
    rest(shown)
    shown.press(keys[0])
    shown.wait_for(seen)
    rest(shown)
    before = len(shown.written)
    shown.press(keys[1])
    shown.wait_until(lambda: seen not in shown.text, "the screen of before")
    # After a second at rest the images' other colours begin to come.
    rest(shown, seconds=0.7)
    return len(shown.written) - before


# The same picture with its two colours swapped.
INVERSES = str.maketrans("▀▌▘▝▖▗▞", "▄▐▟▙▜▛▚")


def picture(shown: Terminal) -> list[list[Cell]]:
    """What is seen, whichever of two inverse glyphs draws it."""
    return [
        [
            (glyph.translate(INVERSES), behind, ink)
            if glyph.translate(INVERSES) != glyph
            else (glyph, ink, behind)
            for glyph, ink, behind in row
        ]
        for row in shown.cells
    ]


def rest(shown: Terminal, seconds: float = math.inf) -> None:
    """Wait until nothing was written for a while, so many seconds at most."""
    lengths = [0]
    end = time.monotonic() + seconds

    def rests() -> bool:
        lengths.append(len(shown.written))
        quiet = len(lengths) > 20 and lengths[-20] == lengths[-1]
        return quiet or time.monotonic() > end

    shown.wait_until(rests, "a screen at rest")


@pytest.mark.parametrize(
    ("colors", "columns", "rows"),
    [pytest.param(*one, marks=() if one == QUICK else pytest.mark.slow) for one in ALL],
)
def test_closing_a_dialog_takes_a_second_at_most(
    terminal: Attach, example: None, colors: str, columns: int, rows: int
) -> None:
    term = "xterm" if colors == "16" else "xterm-256color"
    shown = terminal("--colors", colors, columns=columns, rows=rows, term=term)
    shown.wait_for("1 session")
    told = {}
    for screen, enter, there in (
        ("list", "", "1 session"),
        ("dashboard", "\r", "reconstruction"),
        ("sampler", "g", "temperature"),
        ("map", "m", "z1 up"),
    ):
        shown.press(enter)
        shown.wait_for(there)
        for dialog, key, seen in (
            ("help", "?", "g glyphs"),
            ("words", "W", "Esc back"),
            ("palette", ":", "Search for commands"),
        ):
            told[f"{screen}, {dialog}"] = close(shown, (key, "\x1b"), seen)
        if screen == "list":
            told["list, confirm"] = close(shown, ("d", "n"), "trash")
    limits = {
        dialog: LARGE_MAP_LIMIT if dialog.startswith("map") and rows > 24 else LIMIT
        for dialog in told
    }
    assert all(told[dialog] <= limit for dialog, limit in limits.items()), told


@pytest.mark.parametrize("colors", ["256", pytest.param("24bit", marks=pytest.mark.slow)])
def test_after_a_dialog_the_images_get_all_their_colours_again(
    terminal: Attach, example: None, colors: str
) -> None:
    shown = terminal("--colors", colors)
    shown.wait_for("1 session")
    shown.press("\rg")
    shown.wait_for("temperature")
    seen: list[object] = []

    def rests() -> bool:
        seen.append(picture(shown))
        return len(seen) > 100 and seen[-100] == seen[-1]

    shown.wait_until(rests, "all colours")
    before = picture(shown)
    assert close(shown, ("?", "\x1b"), "g glyphs") <= LIMIT
    assert picture(shown) != before
    shown.wait_until(lambda: picture(shown) == before, "all colours")
