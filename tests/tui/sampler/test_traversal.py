"""Traversals in the sampler: what each dimension does to the selected sample."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tui.recorder import Recorder
from tests.tui.sampler.sampling import draw, head, sampler, samples, saying, z_values
from tests.tui.shaped import give_shape
from tests.tui.watching import until, widget_text
from tui.sampler.latent_vector import LatentVector
from tui.sampler.screen import SamplerScreen
from tui.sampler.traversal import RowNames, TraversalView
from vae_engine.image_shape import ImageShape
from vae_engine.inference.sampling import draw_prior, load_decoder, to_uint8
from vae_engine.inference.traversal import traversal_values, traverse
from vae_engine.sessions.session import Session


def traversal(screen: SamplerScreen) -> TraversalView:
    return screen.query_one(TraversalView)


def names(screen: SamplerScreen) -> list[str]:
    text = widget_text(screen.query_one(RowNames)).split()
    return [word for word in text if word.startswith("z")]


async def test_rows_are_ordered_by_kl_and_decoded_from_the_selected_sample(
    recorder: Recorder,
) -> None:
    session = recorder.session(latent_dim=4, epochs=4)
    recorder.finish_epoch(session, 4, kl_per_dimension=[0.1, 2.0, 0.0, 5.5])
    async with sampler(session) as (screen, pilot):
        await pilot.press("right", "right", "enter")
        await until(pilot, lambda: names(screen) == ["z3", "z1", "z0", "z2"])
        assert "KL 5.50" in widget_text(screen.query_one(RowNames))
        assert "from sample 3 of seed 0" in head(screen)
        grid, shown = traversal(screen).grid, traversal(screen).shown()
        assert shown is not None
        columns = grid.room_for_rows().columns
        assert columns % 2 == 1
        start = draw_prior(3, 4, seed=0)[2]
        z = traverse(start, [3, 1, 0, 2], traversal_values(columns))
        assert np.array_equal(shown.sheet.z, z)
        assert np.array_equal(grid.images, to_uint8(load_decoder(session).decode(z)))
        assert shown.facts["kl"] == [5.5, 2.0, 0.1, 0.0]
        await pilot.press("escape")
        assert screen.views.shown == "samples"


async def test_rows_follow_nudges_and_enter_goes_on_from_the_cursor(
    recorded_session: Session,
) -> None:
    async with sampler(recorded_session, (80, 24)) as (screen, pilot):
        await pilot.press("t")
        await until(pilot, lambda: names(screen) == ["z0", "z1"])
        drawn = z_values(screen)
        before = traversal(screen).grid.images
        screen.query_one(LatentVector).focus()
        await pilot.press("down", "right", "right")
        await until(pilot, lambda: z_values(screen) == pytest.approx([drawn[0], drawn[1] + 0.2]))
        assert not np.array_equal(traversal(screen).grid.images, before)
        traversal(screen).grid.focus()
        await pilot.press("home", "enter")
        await until(pilot, lambda: z_values(screen) == pytest.approx([-3.0, drawn[1] + 0.2]))
        await pilot.press("backspace")
        await until(pilot, lambda: z_values(screen) == pytest.approx(drawn))
        await pilot.press("o")
        await until(pilot, lambda: z_values(screen) == [0.0, 0.0])
        assert "from the prior's mean" in head(screen)
        await pilot.press("o", "n")
        await saying(pilot, lambda: head(screen), "from sample 1 of seed 1")
        await pilot.press("escape")
        assert np.array_equal(draw(screen).z_of(0, 2), draw_prior(1, 2, seed=1)[0])
        assert len(samples(screen).images)


async def test_dimensions_out_of_sight_come_with_the_cursor(recorder: Recorder) -> None:
    session = recorder.session(latent_dim=64, epochs=1)
    give_shape(session, ImageShape(16, 24, 3), 1)
    async with sampler(session, (80, 24)) as (screen, pilot):
        await pilot.press("t")
        await until(pilot, lambda: len(names(screen)) >= 3)
        rows = len(names(screen))
        assert names(screen)[0] == "z0"
        await pilot.press(*["down"] * rows)
        await until(pilot, lambda: names(screen)[0] == "z1")
        await pilot.press("pagedown", "pagedown")
        await until(pilot, lambda: names(screen)[0] != "z1")
        await pilot.press(*["pagedown"] * 64)
        await until(pilot, lambda: names(screen)[-1] == "z63")
        assert f"rows {65 - rows} to 64 of 64" in head(screen)
