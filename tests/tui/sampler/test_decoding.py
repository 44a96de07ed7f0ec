"""What is slow is decoded beside the event loop, and little at a time."""

from __future__ import annotations

import threading
from threading import Event
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from textual.app import App, ComposeResult
from textual.widgets import Static

from tests.tui.recorder import Recorder
from tests.tui.sampler.sampling import samples
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.decoders import LoadedDecoder
from tui.sampler.decoding import Decoding
from tui.sampler.latent import Floats
from tui.sampler.latent_map import LatentMap
from tui.sampler.model import Sheet
from tui.sampler.screen import SamplerScreen
from vae_engine.image_shape import ImageShape
from vae_engine.inference import architecture
from vae_engine.settings import make_settings


class Slow:
    """Decodes when it is allowed to, and keeps what it has decoded."""

    def __init__(self) -> None:
        self.begun, self.allowed = Event(), Event()
        self.decoded: list[float] = []

    def is_quick(self, count: int) -> bool:
        return count < 2

    def levels(self, z: NDArray[np.float32]) -> NDArray[np.uint8]:
        self.begun.set()
        assert self.allowed.wait(60)
        self.decoded.append(float(z[0, 0]))
        return np.zeros((len(z), 8, 8), np.uint8)


class OneWidget(App[None]):
    def compose(self) -> ComposeResult:
        yield Static()


async def test_keys_go_on_while_a_thread_decodes_and_the_latest_wish_is_shown() -> None:
    app, slow, shown = OneWidget(), Slow(), list[Sheet]()
    decoder = cast("LoadedDecoder", slow)
    async with app.run_test() as pilot:
        decoding = Decoding(app.query_one(Static))
        for value in range(5):
            decoding.want(decoder, np.full((3, 2), value, np.float32), shown.append)
        await until(pilot, slow.begun.is_set)
        # The loop got here though nothing is decoded yet.
        assert decoding.busy
        assert not shown
        slow.allowed.set()
        await until(pilot, lambda: not decoding.busy)
        assert [sheet.z[0, 0] for sheet in shown] == slow.decoded
        assert slow.decoded[-1] == 4
        assert len(slow.decoded) <= 2
        decoding.want(decoder, np.full((1, 2), 9, np.float32), shown.append)
        assert shown[-1].z[0, 0] == 9


class Network:
    """Decodes z (n, d) to one colour, and knows how many it was given at once."""

    latent_dim = 2

    def __init__(self, shape: ImageShape) -> None:
        self.shape = shape
        self.pixels = self
        self.most = 0
        layers = architecture.decoder_layers(make_settings({}), shape)
        self.multiplications = sum(map(architecture.count_multiplications, layers))

    def decode_logits(self, z: NDArray[np.float32]) -> NDArray[np.float32]:
        self.most = max(self.most, len(z))
        return np.tile(z[:, :1, None, None], (1, *self.shape))

    def means(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        return logits


def loaded(shape: ImageShape) -> tuple[LoadedDecoder, Network]:
    network = Network(shape)
    return LoadedDecoder(None, network), network  # type: ignore[arg-type]


def test_large_images_are_decoded_in_parts_of_some_megabytes() -> None:
    decoder, network = loaded(ImageShape(256, 256, 3))
    z = np.linspace(0, 1, 26, dtype=np.float32).reshape(13, 2)
    levels = decoder.levels(z)
    assert levels.shape == (13, 256, 256, 3)
    assert levels[:, 0, 0, 0].tolist() == np.rint(z[:, 0] * 255).tolist()
    assert network.most * network.shape.values <= 2**20


def test_a_screen_of_small_images_is_quick_and_one_of_large_ones_is_not() -> None:
    assert loaded(ImageShape(28, 28, 1))[0].is_quick(100)
    assert not loaded(ImageShape(256, 256, 3))[0].is_quick(60)
    assert loaded(ImageShape(256, 256, 3))[0].is_quick(1)


async def test_the_sampler_works_with_a_decoder_that_is_slow(
    app: WorkbenchApp, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LoadedDecoder, "is_quick", lambda _, count: count < 1)
    levels, threads = LoadedDecoder.levels, set()

    def noted(decoder: LoadedDecoder, z: Floats) -> NDArray[np.uint8]:
        threads.add(threading.current_thread())
        return levels(decoder, z)

    monkeypatch.setattr(LoadedDecoder, "levels", noted)
    session = recorder.session("large")
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_sampler(session)
        screen = app.screen
        assert isinstance(screen, SamplerScreen)
        await until(pilot, lambda: screen.sampler and len(samples(screen).images))
        assert screen.sampler is not None

        def are_shown() -> bool:
            """Whether what is shown is what the sampler draws now."""
            assert screen.sampler is not None
            z = screen.sampler.drawn(samples(screen).room())
            return np.array_equal(samples(screen)._sheet.z, z)

        await until(pilot, are_shown)
        first = samples(screen).images
        await pilot.press("n", "n", "n")
        await until(pilot, are_shown)
        assert not np.array_equal(samples(screen).images, first)
        await pilot.press("b", "b", "b", "space", "right", "space", "S")
        path = screen.views.view
        await until(pilot, lambda: path.shown() is not None)
        await pilot.press("m")
        await until(
            pilot, lambda: screen.views.shown == "map" and screen.views.view.shown() is not None
        )
        latent_map = screen.query_one(LatentMap)

        def is_under_the_cursor() -> bool:
            chosen, z = latent_map.chosen(), latent_map.cursor.z
            return chosen is not None and z is not None and np.array_equal(chosen.z, z)

        await until(pilot, is_under_the_cursor)
        await pilot.press("right", "right", "up")
        await until(pilot, is_under_the_cursor)
        await pilot.press("escape")
        await until(pilot, lambda: screen.views.shown == "samples")
        await until(pilot, are_shown)
        assert np.array_equal(samples(screen).images, first)
    assert threads
    assert threading.main_thread() not in threads
