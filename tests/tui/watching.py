"""Wait for a state of the app, with a deadline instead of a fixed time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Footer

from tests.tui.textual_internals import FooterKey, running
from tests.waiting import DEADLINE
from tui.app import WorkbenchApp
from tui.dashboard.header import SessionHeader
from tui.dashboard.screen import DashboardScreen
from tui.widgets.title_line import TitleLine
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore


async def until(pilot: Pilot[Any], reached: Callable[[], object]) -> None:
    """Let the app run until something is true.

    Without the pilot, whose every pause is a message to each widget.
    """
    deadline = time.monotonic() + DEADLINE
    while not reached():
        assert time.monotonic() < deadline, "it did not come about"
        await asyncio.sleep(0.02)
    await pilot.pause()


async def has_left(app: WorkbenchApp) -> None:
    """Wait until an app that was told to leave has ended."""
    await asyncio.wait_for(asyncio.shield(running(app)), DEADLINE)


def widget_text(widget: Widget) -> str:
    """What a widget shows, line by line, without the spaces at the ends of lines."""
    lines = widget.render_lines(widget.size.region)
    return "\n".join(line.text.rstrip() for line in lines)


async def open_dashboard(pilot: Pilot[Any], session: Session) -> DashboardScreen:
    """The dashboard of a session, once it shows its newest epoch."""
    screen = DashboardScreen(Session(session.folder))
    await pilot.app.push_screen(screen)
    await until(pilot, lambda: screen.snapshot is not None)
    await until(pilot, lambda: screen.epoch_shown == screen.timeline.newest)
    return screen


@asynccontextmanager
async def dashboard(
    store: SessionStore, session: Session, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[DashboardScreen, Pilot[Any]]]:
    """The dashboard of a session in the running app, once it shows its newest epoch."""
    async with WorkbenchApp(store).run_test(size=size) as pilot:
        yield await open_dashboard(pilot, session), pilot


def head(screen: DashboardScreen) -> str:
    return widget_text(screen.query_one(SessionHeader))


def title(screen: DashboardScreen, part: str = "digits") -> str:
    return screen.query_one(f"#{part}-title", TitleLine).text


def offered(screen: DashboardScreen) -> set[str]:
    return {key.description for key in screen.query_one(Footer).query(FooterKey)}


async def until_offered(pilot: Pilot[Any], screen: DashboardScreen, commands: set[str]) -> None:
    every = {"Pause", "Continue", "Resume", "Extend", "Stop"}
    await until(pilot, lambda: offered(screen) & every == commands)


async def until_shown(pilot: Pilot[Any], screen: DashboardScreen, epoch: int) -> None:
    await until(pilot, lambda: screen.epoch_shown == epoch)
