"""The sampler in the running app, and its texts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from textual.pilot import Pilot

from tests.tui.textual_internals import notifications
from tests.tui.watching import until, widget_text
from tui.app import WorkbenchApp
from tui.sampler.draws import Draw
from tui.sampler.latent_map import LatentMap
from tui.sampler.latent_vector import LatentVector
from tui.sampler.map_panes import MapPanes
from tui.sampler.screen import SamplerScreen
from tui.sampler.views import PathView, SamplesView
from vae_engine.inference.sampling import draw_prior, load_decoder, to_uint8
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

SIZES = [(80, 24), (120, 40), (200, 60)]


@asynccontextmanager
async def sampler(
    session: Session, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[SamplerScreen, Pilot[Any]]]:
    """The sampler of a session in the running app, once it shows samples or says why not."""
    app = WorkbenchApp(SessionStore(session.folder.parent))
    async with app.run_test(size=size) as pilot:
        screen = SamplerScreen(Session(session.folder))
        await app.push_screen(screen)
        await until(pilot, lambda: screen.exports.supply.problem or len(samples(screen).images))
        yield screen, pilot


def samples(screen: SamplerScreen) -> SamplesView:
    return screen.query_one(SamplesView)


def path(screen: SamplerScreen) -> PathView:
    return screen.query_one(PathView)


def plane(screen: SamplerScreen) -> LatentMap:
    return screen.query_one(LatentMap)


def panes(screen: SamplerScreen) -> MapPanes:
    return screen.query_one(MapPanes)


def draw(screen: SamplerScreen) -> Draw:
    assert screen.sampler is not None
    return screen.sampler.draws.current


def head(screen: SamplerScreen) -> str:
    return (
        widget_text(screen.query_one("#head-decoder"))
        + "\n"
        + widget_text(screen.query_one("#head-view"))
    )


def z_values(screen: SamplerScreen) -> list[float]:
    lines = widget_text(screen.query_one(LatentVector)).splitlines()
    return [float(line.split()[1]) for line in lines if line.strip()]


def decoded(session: Session, count: int, **options: Any) -> NDArray[np.uint8]:
    decoder = load_decoder(session)
    return to_uint8(decoder.decode(draw_prior(count, decoder.latent_dim, **options)))


async def press_all(pilot: Pilot[Any], keys: str) -> None:
    """Press keys faster than the app can follow."""
    for key in keys.split():
        pilot.app.simulate_key(key)
    await pilot.pause()


async def saying(pilot: Pilot[Any], said: Callable[[], str], *words: str) -> None:
    await until(pilot, lambda: all(word in said() for word in words))


def notices(pilot: Pilot[Any]) -> str:
    return "\n".join(notice.message for notice in notifications(pilot.app))
