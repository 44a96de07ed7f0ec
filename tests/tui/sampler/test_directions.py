"""Directions between the means of classes and of groups of samples."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tui.pilot import screen_text
from tests.tui.sampler.sampling import draw, head, notices, sampler, samples, saying
from tests.tui.watching import until
from tui.choice_list import ChoiceScreen
from tui.sampler.draws import Draw, Groups
from vae_engine.inference.sampling import draw_prior
from vae_engine.sessions import layout
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.session import Session


@pytest.fixture
def embedded(recorded_session: Session) -> Session:
    """A session whose embeddings have two classes, with means (0, 1) and (2, 0)."""
    z_mean = np.array([[-1, 1], [1, 1], [2, 0]], np.float32)
    arrays = {"z_mean": z_mean, "labels": np.array([4, 4, 9])}
    write_npz(recorded_session.folder / layout.EMBEDDINGS, arrays)
    return recorded_session


def test_a_sample_is_in_a_group_until_it_is_taken_out() -> None:
    groups, first, second = Groups(), Draw(0), Draw(1)
    groups.toggle(1, first, 3)
    groups.toggle(2, first, 3)
    groups.toggle(1, second, 3)
    assert groups.letters(first) == {3: "12"}
    groups.toggle(1, first, 3)
    assert (groups.letters(first), groups.letters(second)) == ({3: "2"}, {3: "1"})


async def test_the_selected_sample_moves_from_class_to_class(embedded: Session) -> None:
    async with sampler(embedded) as (screen, pilot):
        await pilot.press("right", "full_stop")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
        await pilot.press("enter")
        await until(pilot, lambda: "From 4 to the mean of" in screen_text(pilot.app))
        await pilot.press("enter")
        await saying(pilot, lambda: head(screen), "4 to 9 +0.00")
        await pilot.press("full_stop", "full_stop", "full_stop")
        await saying(pilot, lambda: head(screen), "4 to 9 +0.75")
        drawn = draw_prior(2, 2, seed=0)[1]
        assert draw(screen).z_of(1, 2) == pytest.approx(np.add(drawn, [1.5, -0.75]), abs=1e-5)
        await pilot.press(*["comma"] * 3)
        await saying(pilot, lambda: head(screen), "4 to 9 +0.00")
        assert draw(screen).nudges == {}


async def test_groups_of_samples_have_a_direction_of_their_own(
    recorded_session: Session,
) -> None:
    for path in (recorded_session.folder / "previews").glob("originals*"):
        path.unlink()
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: "put samples into two groups" in notices(pilot))
        await pilot.press("1", "right", "1", "right", "2")
        assert dict(samples(screen).marks) == {0: "1", 1: "1", 2: "2"}
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "From group 2" in screen_text(pilot.app))
        await pilot.press("enter")
        await saying(pilot, lambda: head(screen), "group 2 to group 1 +0.00")
        z = draw_prior(3, 2, seed=0)
        assert screen.sampler is not None
        assert screen.sampler.direction is not None
        expected = z[:2].mean(axis=0) - z[2]
        assert screen.sampler.direction.vector == pytest.approx(expected, abs=1e-6)
