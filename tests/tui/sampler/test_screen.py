"""The sampler: draws from the prior, seeds, temperature, nudges, and any key at any time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from textual.widgets import Input

from tests.tui.recorder import Recorder
from tests.tui.sampler.sampling import (
    SIZES,
    decoded,
    draw,
    head,
    panes,
    press_all,
    sampler,
    samples,
    saying,
    z_values,
)
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.dialogs import LineScreen
from tui.widgets.images import ImageGrid
from vae_engine.inference.sampling import draw_prior
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import Label
from vae_engine.sessions.session import Session

KEYS = (
    "n b B plus minus equals_sign t z space S c m o x y p X Y v w tab left right up down "
    "h j k l H J K L 0 home end pageup pagedown left_square_bracket right_square_bracket enter"
)


@pytest.mark.parametrize("size", SIZES)
async def test_the_grid_is_full_of_samples_of_the_prior(
    recorded_session: Session, size: tuple[int, int]
) -> None:
    async with sampler(recorded_session, size) as (screen, _):
        grid = samples(screen)
        assert len(grid.images) == grid.room() >= 12
        assert np.array_equal(grid.images, decoded(recorded_session, grid.room(), seed=0))
        assert "seed 0" in head(screen)
        assert "decoder of epoch 4, the newest" in head(screen)


async def test_one_key_resamples_and_another_goes_back(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        first = samples(screen).images
        await pilot.press("n", "n")
        assert np.array_equal(samples(screen).images, decoded(recorded_session, len(first), seed=2))
        await saying(pilot, lambda: head(screen), "seed 2", "draw 3 of 3")
        await pilot.press("b", "b", "b")
        assert np.array_equal(samples(screen).images, first)
        await pilot.press("B")
        await saying(pilot, lambda: head(screen), "seed 1", "draw 2 of 3")


async def test_the_seed_can_be_typed(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, LineScreen))
        pilot.app.screen.query_one(Input).value = "-5"
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, LineScreen)
        pilot.app.screen.query_one(Input).value = "421"
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        grid = samples(screen)
        assert np.array_equal(grid.images, decoded(recorded_session, len(grid.images), seed=421))
        await saying(pilot, lambda: head(screen), "seed 421")


async def test_leaving_the_seed_changes_nothing(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("s", "7", "escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert draw(screen).seed == 0


async def test_temperature_goes_up_and_down(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("+", "+", "-", "=")
        await saying(pilot, lambda: head(screen), "temperature 1.2")
        grid = samples(screen)
        expected = decoded(recorded_session, len(grid.images), seed=0, temperature=1.2)
        assert np.array_equal(grid.images, expected)


async def test_arrows_select_a_sample_and_its_z_is_shown(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        grid = samples(screen)
        await pilot.press("right", "down", "j", "l")
        index = 2 * grid.tiling.across + 2
        assert grid.selected == index
        await until(pilot, lambda: f"sample {index + 1} of" in head(screen))
        z = draw_prior(len(grid.images), 2, seed=0)[index]
        assert z_values(screen) == pytest.approx(z, abs=0.005)
        portrait = screen.query_one("#portrait", ImageGrid)
        assert np.array_equal(portrait.images[0], grid.images[index])


async def test_a_nudged_value_changes_that_image_at_once(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        grid = samples(screen)
        before, z = grid.images.copy(), z_values(screen)
        await pilot.press("tab", "down", "right", "right", "shift+right", "left")
        assert z_values(screen) == pytest.approx([z[0], z[1] + 0.6], abs=0.011)
        changed = (grid.images != before).any(axis=(1, 2))
        assert changed.nonzero()[0].tolist() == [0]
        await saying(pilot, lambda: head(screen), "1 nudged")
        await pilot.press("0")
        assert np.array_equal(grid.images, before)
        assert "nudged" not in head(screen)
        await pilot.press("escape")
        assert pilot.app.screen is screen
        assert screen.focused is samples(screen)


@pytest.mark.parametrize("size", [(40, 10), (60, 20), (200, 60)])
async def test_no_key_at_any_time_is_a_failure(
    recorder: Recorder, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = recorder.session(latent_dim=4)
    async with sampler(session, size) as (screen, pilot):
        for keys in (KEYS, f"space right space S {KEYS}", f"m {KEYS}"):
            await press_all(pilot, keys)
            assert pilot.app.screen is screen
            # From z to the view, from there to the samples.
            for _ in range(2):
                await pilot.press("escape" if screen.views.shown != "samples" else "home")
            assert screen.views.shown == "samples"


async def test_names_are_shown_as_text(recorded_session: Session) -> None:
    label = Label(name="[bold]x[/] \x1b[31mred")
    atomic.write_record(recorded_session.folder / layout.LABEL, label)
    async with sampler(recorded_session) as (screen, _):
        assert head(screen).startswith("[bold]x[/] ?[31mred")


async def test_glyphs_follow_the_preferences(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        app = pilot.app
        assert isinstance(app, WorkbenchApp)
        app.remember(glyphs="sextant")
        await pilot.pause()
        assert {grid.glyphs for grid in screen.query(ImageGrid)} == {"sextant"}
        assert panes(screen).glyphs == "sextant"


async def test_resizing_changes_how_many_samples_there_are(recorded_session: Session) -> None:
    async with sampler(recorded_session, (80, 24)) as (screen, pilot):
        few = samples(screen).images
        await pilot.resize_terminal(200, 60)
        await until(pilot, lambda: len(samples(screen).images) > len(few))
        assert np.array_equal(samples(screen).images[: len(few)], few)
        await until(pilot, lambda: len(samples(screen).images) == samples(screen).room())


async def test_escape_leads_back_and_out(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("m", "escape")
        assert screen.views.shown == "samples"
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is not screen)
