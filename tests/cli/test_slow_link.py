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


def cost(shown: Terminal, keys: tuple[str, str], seen: str, *, opening: bool) -> int:
    """Open a dialog and close it; returns the bytes of closing, or of what takes more."""
    # The images' other colours begin to come after a second at rest.
    rest(shown, polls=75 if opening else 20)
    before = len(shown.written)
    shown.press(keys[0])
    shown.wait_for(seen)
    rest(shown, seconds=0.7)
    opened = len(shown.written) - before
    rest(shown)
    closed = close(shown, keys[1], seen)
    return max(opened, closed) if opening else closed


def close(shown: Terminal, key: str, seen: str) -> int:
    """Close a dialog; returns the bytes from the key on."""
    before = len(shown.written)
    shown.press(key)
    shown.wait_until(lambda: seen not in shown.text, "the screen of before")
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


def rest(shown: Terminal, seconds: float = math.inf, polls: int = 20) -> None:
    """Wait until nothing was written for so many polls, so many seconds at most."""
    lengths = [0]
    end = time.monotonic() + seconds

    def rests() -> bool:
        lengths.append(len(shown.written))
        quiet = len(lengths) > polls and lengths[-polls] == lengths[-1]
        return quiet or time.monotonic() > end

    shown.wait_until(rests, "a screen at rest")


@pytest.mark.parametrize(
    ("colors", "columns", "rows"),
    [pytest.param(*one, marks=() if one == QUICK else pytest.mark.slow) for one in ALL],
)
def test_a_dialog_takes_a_second_at_most(
    terminal: Attach, example: None, colors: str, columns: int, rows: int
) -> None:
    quick = (colors, columns, rows) == QUICK
    term = "xterm" if colors == "16" else "xterm-256color"
    shown = terminal("--colors", colors, columns=columns, rows=rows, term=term)
    shown.wait_for("1 session")
    everywhere = (
        ("help", "?", "\x1b", "g glyphs"),
        ("words", "W", "\x1b", "Esc back"),
        ("palette", ":", "\x1b", "Search for commands"),
    )
    own = {
        "list": (
            ("delete", "d", "n", "trash"),
            ("rename", "R", "\x1b", "Name of 2"),
            ("note", "A", "\x1b", "Note on"),
            ("tags", "#", "\x1b", "Tags of"),
            ("export", "w", "\x1b", "Export example"),
        ),
        "dashboard": (("extend", "e", "\x1b", "epochs more"),),
        "sampler": (("seed", "s", "\x1b", "Seed of the draw"),),
        "map": (),
    }
    screens = (
        ("list", "", "1 session"),
        ("dashboard", "\r", "reconstruction"),
        ("sampler", "g", "temperature"),
        ("map", "m", "z1 up"),
    )
    told = {}
    # The one in the normal command: from the list to the sampler.
    for screen, enter, there in screens[::2] if quick else screens:
        shown.press(enter)
        shown.wait_for(there)
        for dialog, key, leave, seen in everywhere[::2] if quick else (*everywhere, *own[screen]):
            told[f"{screen}, {dialog}"] = cost(shown, (key, leave), seen, opening=not quick)
    assert not {dialog: taken for dialog, taken in told.items() if taken > LIMIT}, told


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
    shown.press("?")
    shown.wait_for("g glyphs")
    rest(shown)
    assert close(shown, "\x1b", "g glyphs") <= LIMIT
    assert picture(shown) != before
    shown.wait_until(lambda: picture(shown) == before, "all colours")
