"""The images of a session, by keys."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from PIL import Image
from textual.pilot import Pilot

from tests.tui.data_browser.local_feed import LocalFeed
from tests.tui.pilot import screen_text, toasts, type_text
from tests.tui.recorder import Recorder, change_export
from tests.tui.shaped import SETTINGS, give_shape
from tests.tui.watching import until
from tests.waiting import wait_for
from tui.app import WorkbenchApp
from tui.dashboard.screen import DashboardScreen
from tui.data_browser.pair_grid import PairGrid
from tui.data_browser.screen import DataBrowserScreen
from tui.sampler.screen import SamplerScreen
from vae_engine.datasets import Dataset
from vae_engine.image_shape import ImageShape
from vae_engine.inference.dataset import session_dataset
from vae_engine.inference.exported import load_model
from vae_engine.sessions.session import Session


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.image_feed.ImageFeed", LocalFeed)


async def opened(app: WorkbenchApp, pilot: Pilot[Any], session: Session) -> DataBrowserScreen:
    """The screen, once it has images."""
    app.open_data_browser(session)
    screen = app.screen
    assert isinstance(screen, DataBrowserScreen)
    await until(pilot, lambda: screen.page is not None)
    return screen


def losses(screen: DataBrowserScreen) -> list[float]:
    assert screen.page is not None
    found: list[float] = screen.page.scores().negative_elbo.tolist()
    return found


@pytest.mark.usefixtures("local")
async def test_images_are_ordered_filtered_and_taken_into_the_sampler(
    app: WorkbenchApp, recorder: Recorder, digits: Path, tmp_path: Path
) -> None:
    session = recorder.session("small", dataset=str(digits))
    dataset = session_dataset(session)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(app, pilot, session)
        assert screen.page is not None
        room = screen.query_one(PairGrid).room()
        assert screen.page.images.indices == tuple(range(room))
        np.testing.assert_array_equal(
            screen.page.images.originals.values, dataset.test_images[:room]
        )
        await pilot.press("pagedown", "right")
        await until(pilot, lambda: screen.page and screen.page.images.indices[0] == room)
        assert f"test image {room + 1}, class" in screen_text(app)
        await pilot.press("o")
        await until(pilot, lambda: "worst first   1 of 500" in screen_text(app))
        await until(pilot, lambda: losses(screen) == sorted(losses(screen), reverse=True))
        assert screen.browse.split is not None
        assert screen.browse.split.scores is not None
        worst = screen.browse.split.scores.negative_elbo
        assert losses(screen)[0] == pytest.approx(worst.max(), rel=1e-4)
        assert "mean -ELBO by class, hardest first" in screen_text(app)
        await pilot.press("slash")
        await type_text(pilot, "7")
        await pilot.press("enter")
        await until(pilot, lambda: "test images of class 7" in screen_text(app))
        await until(pilot, lambda: screen.page and screen.page.asked[1] == screen.wanted_page()[1])
        index = int(screen.browse.indices[0])
        assert dataset.test_labels is not None
        assert dataset.test_labels[index] == 7
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SamplerScreen))
        await until(pilot, lambda: f"test image {index}, class 7" in screen_text(app))
        z = load_model(session).encoder.encode(
            (dataset.test_images[index : index + 1] / np.float32(255)).astype(np.float32)[..., None]
        )[0][0]
        sampler = app.screen
        assert isinstance(sampler, SamplerScreen)
        await until(pilot, lambda: sampler.sampler is not None)
        assert sampler.sampler is not None
        np.testing.assert_allclose(sampler.sampler.drawn(1)[0], z, atol=1e-5)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)

        Image.fromarray(dataset.test_images[3]).save(tmp_path / "own.png")
        await pilot.press("I")
        await type_text(pilot, str(tmp_path / "own.png"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SamplerScreen))
        await until(pilot, lambda: "own image 0" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert screen.browse.title() == "own images"
        await pilot.press("I")
        await type_text(pilot, "no/such/file")
        await pilot.press("enter")
        await until(pilot, lambda: any("does not exist" in toast for toast in toasts(app)))


@pytest.mark.usefixtures("local")
async def test_brackets_show_the_same_image_by_the_models_of_other_epochs(
    app: WorkbenchApp, recorder: Recorder, digits: Path
) -> None:
    session = recorder.session("small", dataset=str(digits))
    recorder.export(session, 1, 4)
    change_export(session, 1)
    async with app.run_test(size=(160, 40)) as pilot:
        screen = await opened(app, pilot, session)
        await pilot.press("end")
        await until(pilot, lambda: screen.page_shown())
        assert screen.page is not None
        newest, index = screen.page, screen.browse.index
        await pilot.press("left_square_bracket", "left_square_bracket")
        await until(pilot, lambda: screen.page is not newest and screen.page_shown())
        assert screen.browse.index == index
        assert screen.page.images.weights != newest.images.weights
        assert (screen.page.pairs != newest.pairs).any()
        await until(pilot, lambda: "epoch 1 " in screen_text(app))
        assert "of epochs 1 4" in screen_text(app)
        await pilot.press("o")
        await until(pilot, lambda: screen.browse.position == 0 and screen.page_shown())
        hardest = losses(screen)[0]
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "epoch 4 " in screen_text(app) and screen.page_shown())
        assert losses(screen)[0] != hardest
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: screen.page_shown() and losses(screen)[0] == hardest)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SamplerScreen))
        # The z of an epoch's encoder is decoded by the same epoch's decoder.
        await until(pilot, lambda: "decoder of epoch 1" in screen_text(app))
        await pilot.press("N")
        await until(pilot, lambda: "nearest first" in screen_text(app))
        assert "epoch 1 " in screen_text(app)


@pytest.mark.usefixtures("local")
async def test_a_text_says_what_is_waited_for(
    app: WorkbenchApp, recorder: Recorder, digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, go_on = recorder.session("small", dataset=str(digits)), Event()

    def waiting(reading: Session, place: str | None = None, report: Any = None) -> Dataset:
        report("decoding", 30, 60)
        go_on.wait(60)
        return session_dataset(reading, place)

    monkeypatch.setattr("vae_engine.inspection.inspector.session_dataset", waiting)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_data_browser(session)
        try:
            await until(pilot, lambda: "Reading the images" in screen_text(app))
            await until(pilot, lambda: "The model is that of epoch 4." in screen_text(app))
        finally:
            go_on.set()
        await until(pilot, lambda: "test images   by index   1 of 500" in screen_text(app))
        assert "Reading the images" not in screen_text(app)


@pytest.mark.usefixtures("local")
async def test_a_sample_and_an_image_have_their_nearest_training_images(
    app: WorkbenchApp, recorder: Recorder, digits: Path
) -> None:
    session = recorder.session("small", dataset=str(digits))
    async with app.run_test(size=(120, 40)) as pilot:
        app.open_sampler(session)
        await until(pilot, lambda: "sample 1 of" in screen_text(app))
        await pilot.press("N")
        await until(pilot, lambda: "nearest training images   nearest first" in screen_text(app))
        screen = app.screen
        assert isinstance(screen, DataBrowserScreen)
        await until(pilot, lambda: screen.page and screen.page.images.split == "nearest")
        first = screen.page
        assert screen.browse.split is not None
        near = screen.browse.split.nearness
        assert near is not None
        await until(pilot, lambda: "distance" in screen_text(app))
        text = screen_text(app)
        assert f"training image {near.indices.values[0]}, class" in text
        assert f"distance {near.distances.values[0]:.3f}" in text
        assert f"test images' median {near.usual:.3f}" in text
        assert f"{near.distances.values[1]:.3f}" in text
        assert "sample" in text
        await pilot.press("t")
        await until(pilot, lambda: screen.page and screen.page.images.split != "nearest")
        await pilot.press("N")
        await until(pilot, lambda: screen.page and screen.page.images.split == "nearest")
        assert screen.page is not first


@pytest.mark.usefixtures("local")
async def test_without_its_dataset_a_session_shows_the_images_that_it_saved(
    app: WorkbenchApp, recorder: Recorder, tmp_path: Path
) -> None:
    session = recorder.session("gone", dataset=str(tmp_path / "gone.npz"))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, session)
        assert screen.browse.title() == "saved test images"
        assert "saved test images   no dataset" in screen_text(app)
        assert any("gone.npz" in toast for toast in toasts(app))
        await pilot.press("end", "o")
        await until(pilot, lambda: "worst first   1 of 10" in screen_text(app))


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize(
    ("shape", "size"),
    [
        (ImageShape(64, 64, 3), (80, 24)),
        (ImageShape(48, 80, 1), (200, 60)),
        (ImageShape(256, 40, 1), (80, 24)),
    ],
    ids=lambda value: value.text if isinstance(value, ImageShape) else f"{value[0]}x{value[1]}",
)
async def test_images_of_any_shape_are_whole(
    app: WorkbenchApp, recorder: Recorder, shape: ImageShape, size: tuple[int, int]
) -> None:
    session = recorder.session("shaped", epochs=2, **SETTINGS)
    give_shape(session, shape, 1, 2)
    async with app.run_test(size=size) as pilot:
        screen = await opened(app, pilot, session)
        grid = screen.query_one(PairGrid)
        assert grid.images.shape[1:3] == (shape.height, 2 * shape.width + grid_gap(shape))
        assert grid.tiling.visible >= 1
        await pilot.press("v", "right", "down")
        await until(pilot, lambda: screen.browse.position > 0)


def grid_gap(shape: ImageShape) -> int:
    from tui.data_browser.page import pair_gap

    return pair_gap(shape.width)


async def test_a_key_on_the_dashboard_opens_them_in_a_process_that_ends_with_the_screen(
    app: WorkbenchApp, recorder: Recorder, digits: Path
) -> None:
    session = recorder.session("small", dataset=str(digits))
    async with app.run_test(size=(120, 40)) as pilot:
        await app.push_screen(DashboardScreen(session))
        await pilot.press("i")
        screen = app.screen
        assert isinstance(screen, DataBrowserScreen)
        await until(pilot, lambda: screen.page is not None or screen.exchange.problem)
        assert not screen.exchange.problem
        process = screen.feed._process.process
        assert process is not None
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        wait_for(lambda: process.poll() is not None)


async def test_a_session_without_a_model_says_so(app: WorkbenchApp, recorder: Recorder) -> None:
    session = recorder.session("new", status="starting")
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_data_browser(session)
        await until(pilot, lambda: "no exported decoder yet" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, DataBrowserScreen))
