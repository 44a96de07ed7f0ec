"""A z from elsewhere in the sampler: opened with it, typed, pasted, copied, saved, found again."""

from __future__ import annotations

import numpy as np

from tests.tui.sampler.sampling import head, samples, z_values
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.sampler.screen import SamplerScreen
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore


async def test_the_sampler_opens_with_a_z_as_its_first_sample(recorded_session: Session) -> None:
    app = WorkbenchApp(SessionStore(recorded_session.folder.parent))
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_sampler(recorded_session, np.array([1.5, -2.25], np.float32), "test image 12")
        await until(pilot, lambda: isinstance(app.screen, SamplerScreen))
        screen = app.screen
        assert isinstance(screen, SamplerScreen)
        await until(pilot, lambda: len(samples(screen).images))
        await until(pilot, lambda: "test image 12" in head(screen))
        assert z_values(screen) == [1.5, -2.25]
