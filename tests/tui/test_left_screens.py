"""Screens that were left are gone from memory, with the decoders they had loaded."""

from __future__ import annotations

import gc
import weakref
from typing import Any

from textual.pilot import Pilot

from tests.tui.watching import dashboard, until
from tui.screens.sampler import SamplerScreen
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

OPENED = 5
# Textual itself may hold on to the last ones for a while; before, all of them stayed.
STILL_HELD = 2


async def loaded(pilot: Pilot[Any], sampler: SamplerScreen) -> list[weakref.ref[object]]:
    """Wait for the sampler's decoder; both of them."""
    await until(pilot, lambda: sampler.supply.decoder is not None)
    return [weakref.ref(sampler), weakref.ref(sampler.supply.decoder)]


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
            return sum(reference() is not None for reference in left) <= 2 * STILL_HELD

        # Their threads look up from their work but once in a while.
        await until(pilot, gone)
