"""The screens as pictures of text, at three sizes, beside this file in `pictures/`.

`VAE_PICTURES=draw` draws them anew instead of comparing; look at what `git diff` says then.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.data_browser.local_feed import LocalFeed
from tests.tui.pilot import screen_text
from tests.tui.recorded_sweeps import record_sweep, revive, session_folder
from tests.tui.recorder import Recorder, progress
from tests.tui.watching import until
from tests.waiting import DEADLINE
from tui.app import WorkbenchApp
from tui.dashboard.screen import DashboardScreen
from tui.data_browser.screen import DataBrowserScreen
from tui.new_session.screen import NewSessionScreen
from tui.sampler.latent_vector import LatentVector
from tui.sampler.screen import SamplerScreen
from tui.session_list.screen import SessionsScreen
from tui.sweeps.list_screen import SweepsScreen
from tui.sweeps.screen import SweepScreen
from tui.widgets.images import ImageGrid
from vae_engine.sessions import layout
from vae_engine.sessions.liveness import beat
from vae_engine.sessions.records import Status
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.sweeps.record import RECORD

PICTURES = Path(__file__).with_name("pictures")
DRAW = os.environ.get("VAE_PICTURES") == "draw"
SIZES = [(80, 24), (120, 40), (200, 60)]
DAY = 86_400.0
NOW = 1.8e9
STILL_SECONDS = 3.0
# What differs from run to run and from machine to machine, at its own width.
CHANGING = (
    re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}"),
    re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"),
)

# Sizes on disk, of whatever width, which stand at the right of their column.
SIZE = re.compile(r" {2,5}\d+(?:\.\d)?[BKM]\b")

# The same in the preview, at the left of the other parts; a live session is measured again.
PREVIEW_SIZE = re.compile(r"(?<= size )\d+(?:\.\d)?[BKM]\b *")

# Of an image: models give the same on every machine, but for the last bits.
LOSS = re.compile(r"[-+]?\d+\.\d\d")

Opens = Callable[[WorkbenchApp, Pilot[Any], Session], Awaitable[None]]


async def list_of_sessions(app: WorkbenchApp, pilot: Pilot[Any], _: Session) -> None:
    await until(pilot, lambda: isinstance(app.screen, SessionsScreen))
    await until(pilot, lambda: all(entry.size is not None for entry in app.entries or ()))
    # The cursor stays with the session that was seen first, which may be any.
    await pilot.press("home")


async def dashboard(app: WorkbenchApp, pilot: Pilot[Any], session: Session) -> None:
    screen = DashboardScreen(session)
    await app.push_screen(screen)
    await until(pilot, lambda: screen.epoch_shown == 3)


async def folded_sweep(app: WorkbenchApp, pilot: Pilot[Any], _: Session) -> None:
    """A folded sweep, and below it one whose trials are listed."""
    recorder = Recorder(app.store)
    for name in ("unfolded", "folded"):
        record_sweep(recorder, {1: "completed", 2: "failed"}, name=name)
    app.refresh_sessions()
    await until(pilot, lambda: len(app.entries or ()) == 7)
    await list_of_sessions(app, pilot, _)
    await pilot.press("2", "G", "z")
    await until(pilot, lambda: "▾ unfolded" in screen_text(app))
    await until(pilot, lambda: "2 waiting" in screen_text(app))


async def sampler(app: WorkbenchApp, pilot: Pilot[Any], session: Session) -> None:
    screen = SamplerScreen(session)
    await app.push_screen(screen)
    await until(pilot, lambda: "sample 1 of" in screen_text(app))


async def traversal(app: WorkbenchApp, pilot: Pilot[Any], session: Session) -> None:
    await sampler(app, pilot, session)
    await pilot.press("t")
    await until(pilot, lambda: "KL 3.00" in screen_text(app))


async def images(app: WorkbenchApp, pilot: Pilot[Any], session: Session) -> None:
    app.open_data_browser(session)
    await until(pilot, lambda: "test image 0, class 7" in screen_text(app))


async def form(app: WorkbenchApp, pilot: Pilot[Any], _: Session) -> None:
    await app.push_screen(NewSessionScreen(app.store))
    await until(pilot, lambda: "$ vae train" in screen_text(app))


async def unfolded_form(app: WorkbenchApp, pilot: Pilot[Any], _: Session) -> None:
    await form(app, pilot, _)
    await pilot.press("f8", "ctrl+o")
    await until(pilot, lambda: "adam_beta_1" in screen_text(app) or "seed" in screen_text(app))


async def sweeps(app: WorkbenchApp, pilot: Pilot[Any], _: Session) -> None:
    recorder = Recorder(app.store)
    record_sweep(recorder, {1: "completed"}, name=None)
    record_sweep(recorder, {}, name="damaged").folder.joinpath(RECORD).unlink()
    await app.push_screen(SweepsScreen(app.store))
    await until(pilot, lambda: "2 sweeps" in screen_text(app))


async def sweep(app: WorkbenchApp, pilot: Pilot[Any], _: Session) -> None:
    recorder = Recorder(app.store)
    statuses: dict[int, Status] = {1: "completed", 2: "completed", 3: "completed", 4: "training"}
    running = record_sweep(recorder, {**statuses, 5: "failed"}, name="evening", seeds=3)
    for folder in (running.folder, session_folder(running, 4)):
        beat(folder)
        os.utime(folder / layout.HEARTBEAT, (NOW, NOW))
    revive(running, NOW)
    await app.push_screen(SweepScreen(running))
    await until(pilot, lambda: "-ELBO" in screen_text(app))


async def glossary(app: WorkbenchApp, pilot: Pilot[Any], session: Session) -> None:
    await dashboard(app, pilot, session)
    await pilot.press("W")
    await until(pilot, lambda: "On this screen" in screen_text(app))


SCREENS: dict[str, Opens] = {
    "glossary": glossary,
    "folded-sweep": folded_sweep,
    "unfolded-form": unfolded_form,
    "sessions": list_of_sessions,
    "dashboard": dashboard,
    "sampler": sampler,
    "traversal": traversal,
    "images": images,
    "new-session": form,
    "sweeps": sweeps,
    "sweep": sweep,
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", ["welcome", *SCREENS])
async def test_it_looks_as_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, size: tuple[int, int]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(time, "time", lambda: NOW)
    monkeypatch.setattr("tui.image_feed.ImageFeed", LocalFeed)
    store = SessionStore(Path("sessions"))
    async with running(store, size) as (app, pilot):
        if name == "welcome":
            await until(pilot, lambda: bool(app.screen.query("#welcome-strip")))
        else:
            session = record(Recorder(store))
            app.refresh_sessions()
            await until(pilot, lambda: len(app.entries or ()) == 3)
            await SCREENS[name](app, pilot, session)
        path = PICTURES / f"{name}-{size[0]}x{size[1]}.txt"
        if DRAW:
            path.write_text(await still(app, pilot))
        assert await settled(app, pilot, path.read_text()) == path.read_text()


async def settled(app: WorkbenchApp, pilot: Pilot[Any], expected: str) -> str:
    """The screen when it looks as expected, else as it stays: its parts come one by one.

    Without anything expected, when it has stayed the same for a while.
    """
    # Long, for a machine that is busy elsewhere.
    deadline = time.monotonic() + DEADLINE
    picture, since = drawn(app), time.monotonic()
    while picture != expected and time.monotonic() < deadline:
        if not expected and time.monotonic() > since + 3.0:
            break
        await pilot.pause(0.02)
        if (now := drawn(app)) != picture:
            picture, since = now, time.monotonic()
    return picture


async def still(app: WorkbenchApp, pilot: Pilot[Any]) -> str:
    """The screen once nothing has come for a while."""
    picture, since = drawn(app), time.monotonic()
    while time.monotonic() < since + STILL_SECONDS:
        await pilot.pause(0.05)
        if (now := drawn(app)) != picture:
            picture, since = now, time.monotonic()
    return picture


@asynccontextmanager
async def running(
    store: SessionStore, size: tuple[int, int]
) -> AsyncIterator[tuple[WorkbenchApp, Pilot[Any]]]:
    app = WorkbenchApp(store)
    async with app.run_test(size=size) as pilot:
        yield app, pilot


def record(recorder: Recorder) -> Session:
    """Three sessions of different kinds; the second is returned, trains and is the newest."""
    recorder.session("first try", created=NOW - 40 * DAY, latent_dim=8, epochs=20, of=50)
    live = recorder.session("evening", created=NOW, status="training", epochs=3, of=20)
    recorder.emit(live, progress(4, 12))
    os.utime(live.folder / layout.HEARTBEAT, (NOW, NOW))
    recorder.session(
        "too fast", created=NOW - 2 * DAY, status="diverged", epochs=2, tags=["lr"], beta=4.0
    )
    recorder.export(live, 3)
    return Session(live.folder)


def drawn(app: WorkbenchApp) -> str:
    """The screen, with what changes from run to run and what a model drew blotted out."""
    lines = screen_text(app).splitlines()
    if isinstance(app.screen, SamplerScreen | SweepScreen):
        for widget in (*app.screen.query(ImageGrid), *app.screen.query(LatentVector)):
            if widget.region:
                lines = _blotted(lines, widget)
    if isinstance(app.screen, DataBrowserScreen):
        for grid in app.screen.query(ImageGrid):
            lines = _blotted(lines, grid) if grid.region else lines
        lines = [LOSS.sub(lambda found: "#" * len(found[0]), line) for line in lines]
    text = "\n".join(line.rstrip() for line in lines) + "\n"
    for changing in CHANGING:
        text = changing.sub(lambda found: "#" * len(found[0]), text)
    text = PREVIEW_SIZE.sub(lambda found: "####".ljust(len(found[0])), text)
    return SIZE.sub(lambda found: "####".rjust(len(found[0])), text)


def _blotted(lines: list[str], widget: ImageGrid | LatentVector) -> list[str]:
    """Models draw the same on every machine, but for the last bits."""
    region = widget.content_region
    return [
        line[: region.x] + "▒" * region.width + line[region.right :]
        if region.y <= at < region.bottom
        else line
        for at, line in enumerate(lines)
    ]
