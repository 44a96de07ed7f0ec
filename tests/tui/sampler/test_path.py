"""The path between two marked samples."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tui.sampler.sampling import (
    head,
    notices,
    path,
    sampler,
    samples,
    saying,
    z_values,
)
from tests.tui.watching import until, widget_text
from vae_engine.inference.sampling import draw_prior
from vae_engine.sessions.session import Session


async def test_two_marked_samples_give_the_path_between_them(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("space", "right", "right", "space", "S")
        await until(pilot, lambda: len(path(screen).images))
        grid = path(screen)
        shown = grid.shown()
        assert shown is not None
        z, drawn = shown.sheet.z, draw_prior(3, 2, seed=0)
        assert z[0] == pytest.approx(drawn[0])
        assert z[-1] == pytest.approx(drawn[2])
        assert z == pytest.approx(np.linspace(drawn[0], drawn[2], len(z)), abs=1e-6)
        assert "linear path" in head(screen)
        assert "sample 1 of seed 0" in head(screen)
        captions = [word for word in widget_text(grid).split() if word.isascii()]
        shares = [f"{share:.2f}" for share in np.linspace(0, 1, len(z))]
        assert captions == ["A", *shares[1:-1], "B"]
        await pilot.press("c")
        await saying(pilot, lambda: head(screen), "spherical path")
        curved = grid.shown()
        assert curved is not None
        assert np.abs(curved.sheet.z - z).max() > 0.01
        await pilot.press("end")
        assert z_values(screen) == pytest.approx(drawn[2], abs=0.005)
        await pilot.press("escape")
        assert screen.views.shown == "samples"
        assert pilot.app.screen is screen


async def test_marks_reach_over_draws(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("space", "n", "end", "space", "S")
        await until(pilot, lambda: len(path(screen).images))
        last = len(samples(screen).images)
        assert "A sample 1 of seed 0" in head(screen)
        assert f"B sample {last} of seed 1" in head(screen)


async def test_a_path_without_two_marks_says_what_to_do(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("space", "S")
        assert screen.views.shown == "samples"
        assert "Mark two samples with Space" in notices(pilot)
