"""A z from elsewhere in the sampler: opened with it, typed, pasted, copied, saved, found again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from textual import events
from textual.widgets import Input

from tests.tui.pilot import screen_text, text_of
from tests.tui.sampler.sampling import (
    draw,
    head,
    notices,
    path,
    plane,
    sampler,
    samples,
    saying,
    z_values,
)
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.dialogs import LineScreen
from tui.sampler.latent_vector import LatentVector
from tui.sampler.points_screen import PointsScreen
from tui.sampler.screen import SamplerScreen
from vae_engine.datasets import to_float
from vae_engine.inference.sampling import draw_prior, load_encoder
from vae_engine.inference.z_text import read_z
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.points import read_points
from vae_engine.sessions.records import Point, Points
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


async def test_a_z_is_copied_typed_and_pasted(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        app = screen.app
        assert isinstance(app, WorkbenchApp)
        await pilot.press("right", "z")
        copied = read_z(app.copied, 2)
        assert np.array_equal(copied, draw(screen).z_of(1, 2))
        app.post_message(events.Paste("array([0.5, -1.25], dtype=float32)\n"))
        await until(pilot, lambda: z_values(screen) == [0.5, -1.25])
        assert "z as typed" in head(screen)
        await pilot.press("Z")
        await until(pilot, lambda: isinstance(app.screen, LineScreen))
        field = app.screen.query_one(Input)
        assert field.value == "0.5 -1.25"
        field.value = "1 2 3"
        await pilot.press("enter")
        assert isinstance(app.screen, LineScreen)
        assert "2 numbers are needed" in text_of(app, ".dialog-detail")
        field.value = "3, 4"
        await pilot.press("enter")
        await until(pilot, lambda: z_values(screen) == [3.0, 4.0])
        await pilot.press("backspace", "home", "right")
        await until(pilot, lambda: z_values(screen) == pytest.approx(copied, abs=0.006))


async def test_what_is_pasted_and_no_z_changes_nothing(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        before = z_values(screen)
        for pasted in ("rm -rf \x1b[31m", "1 2 3"):
            screen.app.post_message(events.Paste(pasted))
        await until(pilot, lambda: "2 numbers are needed" in notices(pilot))
        assert z_values(screen) == before
        assert "\x1b" not in notices(pilot)
        await pilot.press("m")
        screen.app.post_message(events.Paste("1 2"))
        await until(pilot, lambda: "Go back to the samples" in notices(pilot))


async def test_the_value_of_one_dimension_is_typed(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        drawn = z_values(screen)
        screen.query_one(LatentVector).focus()
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, LineScreen))
        field = pilot.app.screen.query_one(Input)
        field.value = "x"
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, LineScreen)
        field.value = "-2.5"
        await pilot.press("enter")
        await until(pilot, lambda: z_values(screen) == [drawn[0], -2.5])
        await pilot.press("0")
        await until(pilot, lambda: z_values(screen) == drawn)


async def test_an_image_file_takes_the_place_of_the_sample(
    recorded_session: Session, tmp_path: Path
) -> None:
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 12:16] = 255
    Image.fromarray(digit).save(tmp_path / "digit.png")
    z_mean, _ = load_encoder(recorded_session).encode(to_float(digit[None]))
    async with sampler(recorded_session) as (screen, pilot):
        for name, seen in (
            ("nowhere.png", lambda: "No z" in notices(pilot)),
            ("digit.png", lambda: "digit.png" in head(screen)),
        ):
            await pilot.press("I")
            await until(pilot, lambda: isinstance(pilot.app.screen, LineScreen))
            pilot.app.screen.query_one(Input).value = str(tmp_path / name)
            await pilot.press("enter")
            await until(pilot, seen)
        assert draw(screen).z_of(0, 2) == pytest.approx(z_mean[0], abs=1e-5)
        assert "No z" in notices(pilot)


async def test_enter_takes_what_the_map_and_the_path_show(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("m")
        await pilot.press("H", "K")
        z = plane(screen).cursor.z
        assert z is not None
        await pilot.press("enter")
        await until(pilot, lambda: screen.views.shown == "samples")
        assert np.array_equal(draw(screen).z_of(0, 2), z)
        await saying(pilot, lambda: head(screen), "from the map")
        await pilot.press("space", "right", "space", "S")
        await until(pilot, lambda: len(path(screen).images))
        await pilot.press("end", "enter")
        await until(pilot, lambda: screen.views.shown == "samples")
        assert draw(screen).z_of(1, 2) == pytest.approx(draw_prior(2, 2, seed=0)[1])


async def test_a_point_is_named_and_found_again(
    recorded_session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("g")
        await until(pilot, lambda: "No point has a name yet" in notices(pilot))
        await pilot.press("right", "R")
        await until(pilot, lambda: isinstance(pilot.app.screen, LineScreen))
        assert pilot.app.screen.query_one(Input).value == "point 1"
        pilot.app.screen.query_one(Input).value = "smile"
        await pilot.press("enter")
        await until(pilot, lambda: "smile is kept" in notices(pilot))
        drawn = draw_prior(2, 2, seed=0)[1]
        (kept,) = read_points(recorded_session)
        assert (kept.name, kept.epoch, kept.origin) == ("smile", 4, "sample 2 of seed 0")
        assert np.array_equal(np.array(kept.z, np.float32), drawn)
        await pilot.press("n", "g")
        await until(pilot, lambda: isinstance(pilot.app.screen, PointsScreen))
        assert "smile" in screen_text(pilot.app)
        await pilot.press("enter")
        await until(pilot, lambda: "point smile" in head(screen))
        assert np.array_equal(draw(screen).z_of(1, 2), drawn)
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, PointsScreen))
        await pilot.press("d")
        await until(pilot, lambda: pilot.app.screen is screen)
        await until(pilot, lambda: read_points(recorded_session) == ())


async def test_a_strangers_points_are_shown_without_their_escapes(
    recorded_session: Session,
) -> None:
    evil = Point(name="\x1b[31m[bold]red", z=[1.0, 2.0], origin="\x1b]0;x\x07")
    atomic.write_record(recorded_session.folder / layout.POINTS, Points(points=[evil]))
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("g")
        await until(pilot, lambda: isinstance(pilot.app.screen, PointsScreen))
        assert "\x1b" not in screen_text(pilot.app)
        assert "[bold]red" in screen_text(pilot.app)
        await pilot.press("enter")
        await until(pilot, lambda: z_values(screen) == [1.0, 2.0])
        (recorded_session.folder / layout.POINTS).write_text("{")
        await pilot.press("g")
        await until(pilot, lambda: "points.json is damaged" in notices(pilot))
