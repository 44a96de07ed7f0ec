"""Closed screens are released from memory, with their decoders."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.textual_internals import styles_cache
from tests.tui.watching import dashboard, until
from tui.sampler.screen import SamplerScreen
from tui.widgets.key_line import KeyLine
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

OPENED = 5
# Textual itself may hold on to the last ones for a while; before, all of them stayed.
STILL_HELD = 2


async def loaded(pilot: Pilot[Any], sampler: SamplerScreen) -> list[weakref.ref[object]]:
    """Wait for the sampler's decoder; both of them, and the lines that were drawn."""
    await until(pilot, lambda: sampler.exports.supply.decoder is not None)
    held = (sampler, sampler.exports.supply.decoder, styles_cache(sampler))
    return [weakref.ref(one) for one in held]


async def test_a_sampler_that_was_left_takes_its_decoder_along(
    store: SessionStore, recorded_session: Session
) -> None:
    left: list[weakref.ref[object]] = []
    async with dashboard(store, recorded_session) as (screen, pilot):
        for _ in range(OPENED):
            await pilot.press("g")
            await until(pilot, lambda: isinstance(pilot.app.screen, SamplerScreen))
            sampler = pilot.app.screen
            assert isinstance(sampler, SamplerScreen)
            left += await loaded(pilot, sampler)
            del sampler
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen is screen)

        def gone() -> bool:
            gc.collect()
            return sum(reference() is not None for reference in left) <= 3 * STILL_HELD

        # Their threads look up from their work but once in a while.
        await until(pilot, gone)


async def test_keys_that_are_no_longer_shown_are_gone(
    store: SessionStore, recorded_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dashboard(store, recorded_session) as (screen, pilot):
        line = screen.query_one(KeyLine)
        await until(pilot, lambda: bool(line.children))
        shown: list[weakref.ref[object]] = []
        for opened in range(OPENED):
            # Only other keys are shown anew.
            dimmed = True if opened % 2 else None
            monkeypatch.setattr(screen, "check_action", lambda *_, dimmed=dimmed: dimmed)
            keys = list(line.children)
            shown += [weakref.ref(key) for key in keys]
            screen.refresh_bindings()
            await until(pilot, lambda keys=keys: bool(set(line.children) - set(keys)))  # type: ignore[misc]
            del keys
        still = len(line.children)

        def gone() -> bool:
            gc.collect()
            return sum(reference() is not None for reference in shown) <= STILL_HELD * still

        await until(pilot, gone)
