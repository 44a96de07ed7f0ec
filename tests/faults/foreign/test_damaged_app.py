"""The app over damaged sessions: every screen opens, says what is wrong, and changes nothing.

The long run is `python -m pytest -m slow tests/faults/foreign/test_damaged_app.py`.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st
from textual.pilot import Pilot

from tests.faults.foreign.commands import bounded_time, digest
from tests.faults.foreign.mutations import Mutation, mutations
from tests.tui.pilot import screen_text
from tests.tui.recorder import Recorder
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.dashboard.screen import DashboardScreen
from tui.sampler.screen import SamplerScreen
from tui.session_list.compare import CompareScreen
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

SEED = 5


def draw(folder: Path, count: int) -> list[list[Mutation]]:
    """So many lists of mutations of a session."""
    drawn: list[list[Mutation]] = []

    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
        deadline=None,
    )
    @hypothesis.given(st.lists(mutations(folder), min_size=1, max_size=2))
    def take(changes: list[Mutation]) -> None:
        drawn.append(changes)

    take()
    random.Random(SEED).shuffle(drawn)
    return drawn[:count]


@pytest.mark.parametrize("count", [4, pytest.param(150, marks=pytest.mark.slow)])
async def test_every_screen_opens_over_damaged_sessions(
    store: SessionStore,
    recorder: Recorder,
    tmp_path: Path,
    count: int,
) -> None:
    original = Recorder(SessionStore(tmp_path / "originals")).session("original").folder
    recorder.session("healthy")
    folders = []
    for number, changes in enumerate(draw(original, count)):
        # Each in a folder of its own, for what a mutation puts beside it.
        folder = store.root / f"20260101-000000-{number:04x}"
        shutil.copytree(original, folder)
        for change in changes:
            change.apply(folder)
        shutil.rmtree(store.root / "elsewhere", ignore_errors=True)
        folders.append(folder)
    before = digest(store.root)
    app = WorkbenchApp(store)
    with bounded_time(30 + 10 * count):
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            await until(pilot, lambda: app.entries is not None and len(app.entries) > count)
            for _ in range(min(count, 20)):
                await pilot.press("down")
            opened = [session for folder in folders if (session := _opened(folder))]
            for session in opened:
                await _look(pilot, session)
            await app.push_screen(CompareScreen(opened[:8]))
            await pilot.pause()
            assert "Traceback" not in screen_text(app)
            await pilot.press("v", "y", "escape")
    print(f"\n{count} damaged sessions in the list, {len(opened)} opened")
    assert digest(store.root) == before


def _opened(folder: Path) -> Session | None:
    try:
        return Session(folder)
    except SessionDamagedError:
        return None


async def _look(pilot: Pilot[None], session: Session) -> None:
    dashboard = DashboardScreen(session)
    await pilot.app.push_screen(dashboard)
    await until(pilot, lambda: dashboard.snapshot is not None)
    await pilot.press("home", "y", "end")
    assert "Traceback" not in screen_text(pilot.app)
    await pilot.app.push_screen(SamplerScreen(Session(session.folder)))
    await pilot.press("n", "m", "escape", "escape", "escape")
    assert "Traceback" not in screen_text(pilot.app)
    while len(pilot.app.screen_stack) > 1:
        pilot.app.pop_screen()
