"""A session disappears, or is damaged, while it is on the screen."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.sampler.sampling import head as sampler_head
from tests.tui.sampler.sampling import sampler, samples
from tests.tui.watching import dashboard, head, offered, until
from vae_engine.sessions import layout
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore


def replace_by_a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("no folder")


def replace_the_log_by_a_link(folder: Path) -> None:
    (folder / layout.EVENTS).unlink()
    (folder / layout.EVENTS).symlink_to(folder / layout.MANIFEST)


def truncate_the_index(folder: Path) -> None:
    (folder / layout.EXPORTS / layout.INDEX).write_text("{")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (shutil.rmtree, "the session is no longer in"),
        (replace_by_a_file, "the session is no longer in"),
        (replace_the_log_by_a_link, "events.jsonl cannot be read: it is a link"),
    ],
)
async def test_the_dashboard_says_what_happened(
    store: SessionStore, recorded_session: Session, damage: Callable[[Path], object], told: str
) -> None:
    async with dashboard(store, recorded_session) as (screen, pilot):
        damage(recorded_session.folder)
        await until(pilot, lambda: told in head(screen))
        await until(pilot, lambda: not offered(screen) & {"Pause", "Resume", "Extend", "Stop"})
        await pilot.press("p", "x", "e", "left", "space")
        assert screen.epoch_shown
        assert pilot.app.screen is screen


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (shutil.rmtree, "This session was deleted or moved."),
        (replace_by_a_file, "No decoder can be loaded"),
        (truncate_the_index, "index.json is damaged"),
    ],
)
async def test_the_sampler_says_what_happened_and_continues_with_the_decoder_it_has(
    recorded_session: Session, damage: Callable[[Path], object], told: str
) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        damage(recorded_session.folder)
        await until(pilot, lambda: told in sampler_head(screen))
        before = samples(screen).images
        await pilot.press("n", "[", "]")
        assert (samples(screen).images != before).any()
        assert pilot.app.screen is screen
