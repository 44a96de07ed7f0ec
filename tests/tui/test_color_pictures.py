"""The dashboard's colours, cell by cell, at 256 and at 16 colours, beside this file in `pictures/`.

Each run of a line is written as its colours and its width. `VAE_PICTURES=draw` draws them anew.
"""

from __future__ import annotations

import time
from itertools import groupby
from pathlib import Path

import pytest
from rich.color import Color

from tests.tui.recorder import Recorder
from tests.tui.terminal.test_colors import set_colors
from tests.tui.test_pictures import DRAW, NOW, PICTURES, dashboard, record, running
from tests.tui.textual_internals import screen_lines
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.terminal.colors import TerminalColors
from tui.themes import DARK, LIGHT
from vae_engine.sessions.store import SessionStore

# The header, the charts' titles and the keys; images are looked at elsewhere.
LINES = (0, 1, 2, 3, 12, 22, 35, 36, 39)


def colors_of(app: WorkbenchApp) -> str:
    """`fg/bg*width` for each run of some lines; a colour is its number."""
    lines = screen_lines(app)
    told = []
    for at in LINES:
        cells = [
            (number(segment.style.color), number(segment.style.bgcolor), bool(segment.style.bold))
            for segment in lines[at]
            if segment.style is not None
            for _ in range(segment.cell_length)
        ][:44]
        runs = ((key, len(list(run))) for key, run in groupby(cells))
        told.append(
            f"{at:>2} "
            + " ".join(f"{ink}/{paper}{'b' * bold}*{width}" for (ink, paper, bold), width in runs)
        )
    return "\n".join(told) + "\n"


def number(color: Color | None) -> str:
    return "-" if color is None or color.number is None else str(color.number)


@pytest.mark.parametrize(("depth", "name"), [("256", "256"), ("standard", "16")])
async def test_the_dashboard_has_its_colours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, depth: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(time, "time", lambda: NOW)
    store = SessionStore(Path("sessions"))
    async with running(store, (120, 40)) as (app, pilot):
        session = record(Recorder(store))
        await dashboard(app, pilot, session)
        app._terminal_colors = TerminalColors(depth)
        await set_colors(app, pilot, depth, LIGHT)
        await set_colors(app, pilot, depth, DARK)
        path = PICTURES / f"dashboard-{name}-colours.txt"
        if DRAW:
            await pilot.pause(2.0)
            path.write_text(colors_of(app))
        await until(pilot, lambda: colors_of(app) == path.read_text())
