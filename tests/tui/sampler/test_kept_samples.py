"""Images are taken into the sampler one by one: marks and groups outlive it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from tests.tui.sampler.sampling import draw, head, samples
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.sampler import kept_samples
from tui.sampler.kept_samples import keep, put_back
from tui.sampler.latent import Floats
from tui.sampler.model import Sampler
from tui.sampler.screen import SamplerScreen
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    kept_samples._kept.clear()
    yield
    kept_samples._kept.clear()


async def opened(
    app: WorkbenchApp,
    pilot: Pilot[Any],
    session: Session,
    z: Floats | None = None,
    origin: str = "",
) -> SamplerScreen:
    """The sampler, once it shows samples."""
    app.open_sampler(Session(session.folder), z, origin)
    screen = app.screen
    assert isinstance(screen, SamplerScreen)
    await until(pilot, lambda: screen.sampler and len(samples(screen).images))
    return screen


async def test_two_images_are_marked_one_after_the_other(recorded_session: Session) -> None:
    app = WorkbenchApp(SessionStore(recorded_session.folder.parent))
    first, second = np.array([[1.5, -0.5], [-1, 0.25]], np.float32)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(app, pilot, recorded_session, first, "test image 3")
        await pilot.press("space", "1", "escape")
        await until(pilot, lambda: not isinstance(app.screen, SamplerScreen))
        screen = await opened(app, pilot, recorded_session, second, "test image 8")
        await pilot.press("space", "1")
        assert dict(samples(screen).marks) == {0: "B1", 1: "A1"}
        assert np.array_equal(draw(screen).z_of(1, 2), first)
        await pilot.press("S")
        await until(pilot, lambda: "A test image 3   B test image 8" in head(screen))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: not isinstance(app.screen, SamplerScreen))
        # Without an image the sampler begins anew.
        again = await opened(app, pilot, recorded_session)
        assert not samples(again).marks


def test_what_was_kept_of_another_latent_dimension_is_left_out() -> None:
    class Decoder:
        def __init__(self, latent_dim: int) -> None:
            self.latent_dim = latent_dim

    def made(latent_dim: int) -> Sampler:
        return Sampler(Decoder(latent_dim))  # type: ignore[arg-type]

    before, after, other = made(2), made(2), made(3)
    before.draws.resample()
    before.marks.toggle(before.draws.current, 4)
    before.groups.toggle(2, before.draws.current, 4)
    before.groups.toggle(1, before.draws.current, 5)
    keep(Path("a"), before)
    for sampler in (after, other):
        put_back(Path("a"), sampler, 1)
        put_back(Path("b"), sampler, 1)
    assert after.letters() == {1: "A2", 2: "1"}
    assert np.array_equal(after.drawn(3)[1:], before.drawn(6)[4:])
    assert after.draws.current.origin(1) == "sample 5 of seed 1"
    assert other.letters() == {}
