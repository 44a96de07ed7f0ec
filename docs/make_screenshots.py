"""Make the pictures of the screens in `docs/images` from real sessions.

Run with ``python docs/make_screenshots.py SESSIONS [PICTURE ...]``. SESSIONS is a folder of
sessions, two of them named `example`, with a latent dimension of 2, and `example-colour`. The
folder is copied, never written to. The newest sweep in it gives a picture too, if there is one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
from textual.app import App
from textual.pilot import Pilot

from tui.app import WorkbenchApp
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.listing import session_folders
from vae_engine.sessions.liveness import this_process
from vae_engine.sessions.records import LIVE
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.sweeps.store import SweepStore

IMAGES = Path(__file__).resolve().with_name("images")


class Shot(NamedTuple):
    """A picture: columns and lines, keys from the list, what to await, where the cursor is."""

    size: tuple[int, int]
    keys: tuple[str, ...]
    awaited: str
    session: str = "example"


PICTURES: dict[str, Shot] = {
    "sessions": Shot((120, 30), (), "example"),
    "dashboard": Shot((120, 36), ("enter",), "Worker"),
    "colour": Shot((120, 36), ("enter",), "Worker", "example-colour"),
    "colour-sampler": Shot((120, 36), ("g", "right"), "temperature", "example-colour"),
    "sampler": Shot((120, 36), ("g", "right", "right", "down"), "temperature"),
    "map": Shot((150, 36), ("g", "m"), "decoded"),
    "new-session": Shot((120, 36), ("n",), "images/s"),
    "sweep": Shot((130, 40), ("s", "enter"), "ELBO"),
}
_NEWEST_AGE_SECONDS = 40 * 60.0
# Of the worker's log: Keras names the machine's temporary folders.
_OWN_LINES = re.compile(r"[\d-]+ [\d:,]+ INFO (?!Assets)")
_DEADLINE_SECONDS = 60.0
_LOOK_SECONDS = 0.4
_RESTING_SECONDS = 4.0

# The cells of the pictures that Rich makes of a terminal, in pixels.
_CELL_WIDTH, _LINE_HEIGHT, _BASELINE = 12.2, 24.4, 18.5
_FONTS = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
_TEXT = re.compile(
    r'<text class="(?P<style>[^"]+)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)"[^>]*>(?P<text>[^<]*)<'
    r"/text>"
)
_DRAWN = re.compile(r"[\u2580-\u2590\u2596-\u259f\u2801-\u28ff]")

Rectangle = tuple[float, float, float, float]
"""Left, top, width and height in eighths of a cell."""

# Which quarters of the cell are filled from U+2596 on: upper left, upper right, lower left, right.
_QUADRANTS = ("2", "3", "0", "023", "03", "012", "013", "1", "12", "123")
# Where the bits of a braille character, from U+2800 on, have their dots.
_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sessions", type=Path, help="a folder of sessions")
    parser.add_argument("pictures", nargs="*", help="names of the pictures; all by default")
    arguments = parser.parse_args()
    sessions, wanted = arguments.sessions.resolve(), arguments.pictures or list(PICTURES)
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        # What the pictures show lies in ~/sessions, whoever makes them.
        os.environ.update(HOME=home, XDG_CONFIG_HOME=f"{home}/.config", COLORTERM="truecolor")
        os.environ.pop("NO_COLOR", None)
        store = copy_sessions(sessions, Path(home) / "sessions")
        os.chdir(home)
        for name in wanted:
            if name == "sweep" and not SweepStore(store).listings():
                continue
            svg = asyncio.run(picture(store, PICTURES[name]))
            (IMAGES / f"{name}.svg").write_text(svg)
            print(f"{name}.svg  {len(svg) / 1024:.0f} KiB")


def copy_sessions(source: Path, target: Path) -> SessionStore:
    """Copy the sessions without what is large, as if the newest had begun a little while ago.

    Those that train do so in the copy, held by this process.
    """
    live = [listing.id for listing in SessionStore(source).listings() if listing.status in LIVE]
    shutil.copytree(
        source, target, ignore=shutil.ignore_patterns("*.keras", "*.h5", "*.lock", ".trash")
    )
    sessions = [Session(folder) for folder in session_folders(target)]
    later = time.time() - _NEWEST_AGE_SECONDS - max(one.manifest.created for one in sessions)
    for session in sessions:
        manifest = msgspec.structs.replace(
            session.manifest, created=session.manifest.created + later
        )
        atomic.write_record(session.folder / layout.MANIFEST, manifest)
        log = session.folder / layout.LOG
        if log.exists():
            lines = log.read_text().splitlines(keepends=True)
            log.write_text("".join(line for line in lines if _OWN_LINES.match(line)))
        if session.id in live:
            atomic.write_record(session.folder / layout.WORKER, this_process(run=1))
    return SessionStore(target)


async def picture(store: SessionStore, shot: Shot) -> str:
    """The screen that these keys lead to, as SVG."""
    app = WorkbenchApp(store)
    async with app.run_test(size=shot.size) as pilot:
        await still(pilot, shot.session)
        await pilot.press("slash", *shot.session, "enter", "escape")
        await still(pilot, shot.session)
        for key in shot.keys:
            await pilot.press(key)
            await still(pilot)
        return freestanding(await still(pilot, shot.awaited))


async def still(pilot: Pilot[None], awaited: str = "") -> str:
    """The screen once it shows a word and has come to rest, but for times that go on."""
    app: App[None] = pilot.app
    deadline = time.monotonic() + _DEADLINE_SECONDS
    rest = _RESTING_SECONDS
    before, now = "", app.export_screenshot()
    while awaited not in now or (now != before and rest > 0):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{awaited!r} does not come to the screen")
        await pilot.pause(_LOOK_SECONDS)
        rest -= _LOOK_SECONDS if awaited in now else 0
        before, now = now, app.export_screenshot()
    return now


def freestanding(svg: str) -> str:
    """The picture without fonts from the network, with block and braille characters as shapes.

    A font's blocks seldom fill the cell: lines would show between them.
    """
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = svg.replace(' shape-rendering="crispEdges"', "")
    svg = svg.replace("<style>", "<style>g rect, g path { shape-rendering: crispEdges }", 1)
    svg = svg.replace("Fira Code, monospace", _FONTS).replace("arial", "sans-serif")
    svg = re.sub(r"terminal-\d+-", "t-", svg)
    # Rich lets the lines' backgrounds overlap: what is drawn upon them would not fit.
    svg = svg.replace('height="24.65"', f'height="{_LINE_HEIGHT}"')
    return _TEXT.sub(_draw_blocks, svg)


def _draw_blocks(match: re.Match[str]) -> str:
    """A run of text, its blocks drawn."""
    text = match["text"].replace("&#160;", " ")
    if not _DRAWN.search(text) or "&" in text:
        return match[0]
    left, top = float(match["x"]), float(match["y"]) - _BASELINE
    path = "".join(
        f"M{left + _CELL_WIDTH * (column + x / 8):.2f} {top + _LINE_HEIGHT * y / 8:.2f}"
        f"h{_CELL_WIDTH * width / 8:.2f}v{_LINE_HEIGHT * height / 8:.2f}"
        f"h-{_CELL_WIDTH * width / 8:.2f}z"
        for column, character in enumerate(text)
        for x, y, width, height in _rectangles(character)
    )
    shape = f'<path class="{match["style"]}" d="{path}"/>'
    letters = _DRAWN.sub(" ", text)
    if not letters.strip():
        return shape
    return shape + match[0].replace(match["text"], letters.replace(" ", "&#160;"))


def _rectangles(character: str) -> Iterator[Rectangle]:
    """The shapes that a character is made of; none for letters."""
    code = ord(character)
    if code == 0x2580:
        yield 0, 0, 8, 4
    elif 0x2581 <= code <= 0x2588:
        yield 0, 0x2588 - code, 8, code - 0x2580
    elif 0x2589 <= code <= 0x258F:
        yield 0, 0, 0x2590 - code, 8
    elif code == 0x2590:
        yield 4, 0, 4, 8
    elif 0x2596 <= code <= 0x259F:
        for quarter in map(int, _QUADRANTS[code - 0x2596]):
            yield 4 * (quarter % 2), 4 * (quarter // 2), 4, 4
    elif 0x2800 < code <= 0x28FF:
        for bit, (column, row) in enumerate(_DOTS):
            if code - 0x2800 & 1 << bit:
                yield 1 + 4 * column, 0.5 + 2 * row, 2, 1


if __name__ == "__main__":
    main()
