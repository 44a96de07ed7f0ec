"""The map of latent space: decoded plane and embedded test images."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tui.pilot import screen_text
from tests.tui.recorder import Recorder
from tests.tui.sampler.sampling import (
    SIZES,
    head,
    notices,
    panes,
    plane,
    sampler,
    z_values,
)
from tests.tui.watching import until
from tui.widgets.images import ImageGrid
from vae_engine.inference.sampling import load_decoder, to_uint8
from vae_engine.sessions import layout
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.session import Session


@pytest.mark.parametrize("size", SIZES)
async def test_the_map_decodes_where_the_cursor_stands(
    recorded_session: Session, size: tuple[int, int]
) -> None:
    _embed(recorded_session, 2)
    async with sampler(recorded_session, size) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: plane(screen).shown() and len(panes(screen).embedded.places))
        assert z_values(screen) == [0.0, 0.0]
        await pilot.press("right", "up", "shift+right", "shift+up")
        x, y = z_values(screen)
        assert x > 0
        assert y > 0
        assert [x, y] == pytest.approx(plane(screen).cursor.coordinates, abs=0.005)
        portrait = screen.query_one("#portrait", ImageGrid)
        z = plane(screen).cursor.z
        assert z is not None
        under_cursor = load_decoder(recorded_session).decode(z[None])
        assert np.array_equal(portrait.images, to_uint8(under_cursor))
        await pilot.press("home")
        assert z_values(screen) == [0.0, 0.0]


async def test_both_planes_of_the_map_are_the_same_plane(recorded_session: Session) -> None:
    _embed(recorded_session, 2)
    async with sampler(recorded_session, (200, 60)) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: len(panes(screen).embedded.places))
        decoded_plane, embedded = panes(screen).decoded, panes(screen).embedded
        assert decoded_plane.display
        assert embedded.display
        assert decoded_plane.canvas == embedded.canvas
        assert "200 test images at epoch 4" in str(embedded.border_title)
        await pilot.press("left")
        assert decoded_plane.cursor == embedded.cursor


async def test_where_there_is_room_for_one_plane_a_key_shows_the_other(
    recorded_session: Session,
) -> None:
    async with sampler(recorded_session, (80, 24)) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: plane(screen).shown())
        assert (panes(screen).decoded.display, panes(screen).embedded.display) == (
            True,
            False,
        )
        canvas = panes(screen).decoded.canvas
        await pilot.press("o")
        await until(pilot, lambda: panes(screen).embedded.canvas == canvas)
        assert (panes(screen).decoded.display, panes(screen).embedded.display) == (
            False,
            True,
        )


async def test_more_dimensions_are_mapped_two_by_two_or_by_components(recorder: Recorder) -> None:
    session = recorder.session(latent_dim=4)
    _embed(session, 4)
    async with sampler(session) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: plane(screen).axes.plane.names == ("PC1", "PC2"))
        assert "principal components" in head(screen)
        await pilot.press("p")
        assert plane(screen).axes.plane.names == ("z0", "z1")
        await pilot.press("x", "y")
        assert plane(screen).axes.plane.names == ("z2", "z3")
        await pilot.press("X")
        assert plane(screen).axes.plane.names == ("z1", "z3")
        await pilot.press("right")
        values = z_values(screen)
        assert values[1] > 0
        assert (values[0], values[2]) == (0, 0)


async def test_without_all_test_digits_components_are_not_offered(recorder: Recorder) -> None:
    session = recorder.session(latent_dim=4, status="training", of=10)
    async with sampler(session) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: len(panes(screen).embedded.places) == 10)
        await pilot.press("p")
        assert plane(screen).axes.plane.names == ("z0", "z1")
        assert "best epoch" in notices(pilot)


async def test_damaged_embeddings_are_reported_on_the_map(recorded_session: Session) -> None:
    (recorded_session.folder / layout.EMBEDDINGS).write_bytes(b"PK no archive")
    async with sampler(recorded_session, (80, 24)) as (_, pilot):
        await pilot.press("m", "o")
        await until(pilot, lambda: "embeddings.npz" in screen_text(pilot.app))
        assert "damaged" in screen_text(pilot.app)


def _embed(session: Session, latent_dim: int) -> None:
    rng = np.random.default_rng(0)
    z_mean = rng.normal(size=(200, latent_dim)).astype(np.float32)
    labels = rng.integers(0, 10, 200)
    write_npz(session.folder / layout.EMBEDDINGS, {"z_mean": z_mean, "labels": labels})
