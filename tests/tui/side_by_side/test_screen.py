"""Sessions side by side, by keys."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from textual.pilot import Pilot

from tests.tui.data_browser.local_feed import LocalFeed
from tests.tui.pilot import screen_text
from tests.tui.recorder import Recorder
from tests.tui.sampler.sampling import notices
from tests.tui.shaped import SETTINGS, give_shape
from tests.tui.watching import until
from tests.waiting import DEADLINE
from tui.app import WorkbenchApp
from tui.dashboard.screen import DashboardScreen
from tui.side_by_side.previews import Kind, Step, read_step
from tui.side_by_side.row_grid import RowGrid
from tui.side_by_side.screen import SideBySideScreen
from vae_engine.image_shape import ImageShape
from vae_engine.inference.pictures import picture
from vae_engine.inference.sampling import draw_prior, load_decoder
from vae_engine.sessions.manifest import read_label
from vae_engine.sessions.records import Label, Manifest
from vae_engine.sessions.session import Session


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.image_feed.ImageFeed", LocalFeed)


async def opened(
    app: WorkbenchApp, pilot: Pilot[Any], *sessions: Session, problem: bool = False
) -> SideBySideScreen:
    """The screen, once it has images, or says why not."""
    app.open_side_by_side(sessions)
    screen = app.screen
    assert isinstance(screen, SideBySideScreen)
    await until(pilot, lambda: screen.is_shown() or (problem and screen.exchange.problem()))
    return screen


async def shows(pilot: Pilot[Any], screen: SideBySideScreen, *texts: str) -> None:
    """Wait until the rows that are wanted are shown, with these texts."""
    await until(
        pilot,
        lambda: screen.is_shown() and all(text in screen_text(screen.app) for text in texts),
    )


async def saved(pilot: Pilot[Any], screen: SideBySideScreen, page: str) -> dict[str, NDArray[Any]]:
    """Save the page; the picture must have what is shown."""
    ids = "-".join(session.id.rpartition("-")[2] for session in screen.sessions)
    files = [Path(f"compare-{ids}-{page}{suffix}") for suffix in (".png", ".npz")]
    await pilot.press("w")
    await until(pilot, lambda: files[0].name in notices(pilot))
    sheet = screen.exchange.sheet
    assert sheet is not None
    rows, columns, *size = sheet.images.shape
    with Image.open(files[0]) as image:
        assert np.array_equal(
            np.asarray(image), picture(sheet.images.reshape(rows * columns, *size), columns)
        )
    with np.load(files[1], allow_pickle=False) as arrays:
        return dict(arrays)


@pytest.mark.usefixtures("local")
async def test_the_same_images_with_their_figures_and_differences(
    app: WorkbenchApp,
    recorder: Recorder,
    digits: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    one = recorder.session("first", dataset=str(digits))
    other = recorder.session("second", dataset=str(digits), latent_dim=4)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(app, pilot, one, other)
        await shows(pilot, screen, "A first epoch 4   B second epoch 4", "mean of 500 test images")
        assert screen.exchange.sheet is not None
        assert screen.exchange.sheet.terms is not None
        assert screen.exchange.sheet.images.shape[1:] == (3, 28, 28)
        scores = screen.state.split_scores
        assert scores is not None
        difference = scores.negative_elbo[1].astype(np.float64) - scores.negative_elbo[0]
        assert f"{difference.mean():+.2f}" in screen_text(app)
        assert f"±{difference.std(ddof=1) / np.sqrt(500):.2f}" in screen_text(app)
        readers: list[threading.Thread] = []

        def read_noted(folder: Path, manifest: Manifest) -> Label:
            readers.append(threading.current_thread())
            return read_label(folder, manifest)

        monkeypatch.setattr("vae_engine.sessions.session.read_label", read_noted)
        await pilot.press("down", "right")
        await shows(pilot, screen, "test image 1, class", "2 of 500")
        assert threading.main_thread() not in readers  # No key waits for a file.
        await pilot.press("pagedown")
        room = screen.query_one(RowGrid).room()
        await shows(pilot, screen, f"test image {room + 1}, class")
        await pilot.press("o")
        await shows(pilot, screen, "largest difference first   1 of 500")
        apart = np.abs(difference)
        assert screen.state.indices()[0] == int(apart.argmax())
        arrays = await saved(pilot, screen, "test-images")
        assert arrays["originals"].shape == (room, 28, 28)
        assert arrays["reconstructions"].shape == (2, room, 28, 28)
        assert np.array_equal(arrays["indices"], screen.state.indices()[:room])
        places = arrays["indices"]
        assert np.array_equal(arrays["labels"], screen.state.splits["test"].labels.values[places])
        for name in ("negative_elbo", "reconstruction_loss", "kl_loss", "squared_error"):
            of_all = getattr(scores, name)[:, places]
            assert arrays[name] == pytest.approx(of_all, rel=1e-3)
        assert arrays["sessions"].tolist() == [one.id, other.id]
        assert arrays["epochs"].tolist() == [4, 4]
        await pilot.press("t")
        await shows(pilot, screen, "validation images")
        # The original is the first column, so the second is the first session.
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        assert isinstance(app.screen, DashboardScreen)
        assert app.screen.session.id == one.id


@pytest.mark.usefixtures("local")
async def test_the_same_z_and_previews_in_step(
    app: WorkbenchApp,
    recorder: Recorder,
    digits: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    short = recorder.session("short", dataset=str(digits), epochs=2)
    long = recorder.session("long", dataset=str(digits), epochs=5)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await opened(app, pilot, short, long)
        await pilot.press("left_square_bracket")
        await shows(pilot, screen, "A short epoch 2   B long epoch 1")
        disk_answers = threading.Event()

        def read_slowly(folders: Sequence[Path], epoch: int, kind: Kind) -> Step:
            disk_answers.wait(DEADLINE)
            return read_step(folders, epoch, kind)

        monkeypatch.setattr("tui.side_by_side.screen.read_step", read_slowly)
        await pilot.press("3", "2")
        await shows(pilot, screen, "the same z, seed 0", "sample 1 of seed 0")
        disk_answers.set()
        await pilot.press("n", "down")
        await shows(pilot, screen, "sample 2 of seed 1")
        arrays = await saved(pilot, screen, "seed1")
        rows = screen.query_one(RowGrid).room()
        assert arrays["images"].shape == (2, rows, 28, 28)
        z = draw_prior(rows, arrays["z"].shape[1], seed=1)
        assert np.array_equal(arrays["z"], z)
        assert arrays["images"][0] == pytest.approx(load_decoder(short).decode(z) * 255, abs=1)
        assert arrays["squared_difference"].shape == (2, rows)
        await pilot.press("3")
        await shows(pilot, screen, "samples of epoch 5 of 5", "A 2", "B 5")
        assert screen.exchange.sheet is not None
        assert screen.exchange.sheet.epochs == (2, 5)
        arrays = await saved(pilot, screen, "epoch5")
        assert arrays["epochs"].tolist() == [2, 5]
        assert arrays["kind"] == "samples"
        await pilot.press("left_square_bracket", "left_square_bracket", "left_square_bracket")
        await shows(pilot, screen, "samples of epoch 2 of 5")
        assert screen.exchange.sheet.epochs == (2, 2)
        await pilot.press("left_square_bracket", "left_square_bracket", "t")
        await shows(pilot, screen, "reconstructions of epoch 1 of 5", "1 of 10")
        assert screen.exchange.sheet.epochs == (1, 1)
        recorder.finish_epoch(long, 6)
        screen.poller.poll_now()
        await until(pilot, lambda: screen.state.newest == 6)
        await pilot.press(*["right_square_bracket"] * 6)
        await shows(pilot, screen, "reconstructions of epoch 6 of 6")


@pytest.mark.usefixtures("local")
async def test_sessions_of_other_sizes_have_previews_and_a_reason(
    app: WorkbenchApp, recorder: Recorder
) -> None:
    colour = recorder.session("colour", epochs=2, **SETTINGS)
    give_shape(colour, ImageShape(32, 32, 3), 1, 2)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot, recorder.session("grey"), colour, problem=True)
        assert "28x28 grey" in " ".join(screen_text(app).split())
        await pilot.press("3")
        await shows(pilot, screen, "samples of epoch 4 of 4")
        assert screen.exchange.sheet is not None
        assert screen.exchange.sheet.images.shape[1:] == (2, 32, 32, 3)


@pytest.mark.usefixtures("local")
async def test_previews_are_shown_once_the_first_epoch_has_drawn_some(
    app: WorkbenchApp, recorder: Recorder
) -> None:
    sessions = [recorder.session(name, epochs=0) for name in "ab"]
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_side_by_side(sessions)
        screen = app.screen
        assert isinstance(screen, SideBySideScreen)
        await until(pilot, lambda: screen.is_mounted and screen.exchange.problem())
        await pilot.press("3")
        await until(pilot, lambda: "no session has previews yet" in screen_text(app))
        recorder.finish_epoch(sessions[1], 1)
        screen.poller.poll_now()
        await shows(pilot, screen, "samples of epoch 1 of 1")
        assert screen.exchange.sheet is not None
        assert screen.exchange.sheet.epochs == (None, 1)


@pytest.mark.usefixtures("local")
async def test_the_comparison_opens_its_sessions_side_by_side_if_there_are_letters(
    app: WorkbenchApp, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui.session_list.compare import CompareScreen

    sessions = [recorder.session(name) for name in "ab"]
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(CompareScreen(sessions))
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.is_mounted)
        with monkeypatch.context() as fewer:
            fewer.setattr("tui.session_list.compare.LETTERS", "A")
            await pilot.press("i")
            await until(pilot, lambda: "at most 1 sessions, these are 2" in notices(pilot))
        assert isinstance(app.screen, CompareScreen)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, SideBySideScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
