"""The keys of the map: t-SNE, a box, density, class means, a legend that filters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray
from textual.geometry import Region

from tests.tui.data_browser.local_feed import LocalFeed
from tests.tui.pilot import screen_text
from tests.tui.recorder import Recorder
from tests.tui.sampler.sampling import head, notices, panes, plane, sampler
from tests.tui.watching import until
from tui.data_browser.screen import DataBrowserScreen
from tui.sampler import map_tsne
from tui.sampler.map_legend import Legend
from tui.sampler.screen import SamplerScreen
from vae_engine.errors import EngineError
from vae_engine.sessions import layout
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.previews import read_originals
from vae_engine.sessions.session import Session

COUNT = 200
LABELS = np.arange(COUNT) % 4


class FakeProcess:
    """Takes the place of `TsneProcess`: computes when it is let, or until it is cancelled."""

    made: ClassVar[list[FakeProcess]] = []

    def __init__(self) -> None:
        self.let = threading.Event()
        self.cancelled = False
        self.fails = False
        FakeProcess.made.append(self)

    def run(
        self, z_mean: NDArray[np.float32], report: Callable[[int, int], object]
    ) -> NDArray[np.float32] | None:
        report(150, 750)
        assert self.let.wait(60)
        if self.fails:
            raise EngineError("t-SNE needs at least 5 images: there are 2")
        return None if self.cancelled else z_mean[:, :2]

    def cancel(self) -> None:
        self.cancelled = True
        self.let.set()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[FakeProcess]:
    monkeypatch.setattr(map_tsne, "TsneProcess", FakeProcess)
    monkeypatch.setattr(FakeProcess, "made", [])
    map_tsne._kept.clear()
    return FakeProcess.made


def embed(session: Session, latent_dim: int, labels: NDArray[np.int64] = LABELS) -> None:
    z_mean = np.random.default_rng(0).normal(size=(len(labels), latent_dim)).astype(np.float32)
    write_npz(session.folder / layout.EMBEDDINGS, {"z_mean": z_mean, "labels": labels})


def classes(screen: SamplerScreen) -> list[int]:
    return sorted(set(panes(screen).embedded.labels.tolist()))


def the_legend(screen: SamplerScreen) -> Legend:
    return screen.query_one(Legend)


async def test_t_sne_places_the_images_by_a_key_and_a_plane_comes_back(
    recorder: Recorder, made: list[FakeProcess]
) -> None:
    session = recorder.session(latent_dim=4)
    embed(session, 4)
    async with sampler(session) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: plane(screen).axes.plane.names == ("PC1", "PC2"))
        before = panes(screen).embedded.places
        await pilot.press("T")
        await until(pilot, lambda: "t-SNE: 20 %" in head(screen))
        await until(pilot, lambda: "principal components" in head(screen))
        made[0].let.set()
        await until(pilot, lambda: "map by t-SNE" in head(screen))
        await until(pilot, lambda: "nearest test image" in head(screen))
        assert len(panes(screen).embedded.places) == COUNT
        assert not np.array_equal(panes(screen).embedded.places, before)
        assert not panes(screen).embedded.has_scale
        chosen = plane(screen).chosen()
        assert chosen is not None
        embeddings = plane(screen).points.embeddings
        assert embeddings is not None
        assert chosen.z.tolist() in embeddings.z_mean.tolist()
        shown = plane(screen).shown()
        assert shown is not None
        assert shown.name == "map-tsne"
        assert np.isnan(shown.sheet.z).any()
        await pilot.press("T")
        await until(pilot, lambda: "principal components" in head(screen))
        assert panes(screen).embedded.has_scale
        assert np.array_equal(panes(screen).embedded.places, before)
        # What was computed once is there at once, also after the map was left.
        await pilot.press("T", "escape", "m")
        await until(pilot, lambda: "map by t-SNE" in head(screen))
        await pilot.press("x")
        await until(pilot, lambda: "map of dimensions" in head(screen))
        assert len(made) == 1


async def test_escape_stops_t_sne_and_leaves_the_map_as_it_was(
    recorder: Recorder, made: list[FakeProcess]
) -> None:
    session = recorder.session(latent_dim=4)
    embed(session, 4)
    async with sampler(session) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: plane(screen).axes.plane.names == ("PC1", "PC2"))
        await pilot.press("T")
        await until(pilot, lambda: "t-SNE: 20 %" in head(screen))
        await pilot.press("escape")
        await until(pilot, lambda: "t-SNE" not in head(screen))
        assert made[0].cancelled
        assert screen.views.shown == "map"
        await pilot.press("T")
        await until(pilot, lambda: len(made) == 2)
        made[1].fails = True
        made[1].let.set()
        await until(pilot, lambda: "at least 5 images" in notices(pilot))
        await until(pilot, lambda: "principal components" in head(screen))
        await pilot.press("T")
        await until(pilot, lambda: len(made) == 3)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: screen.views.shown == "samples")
    assert made[2].cancelled


async def test_what_has_no_t_sne_is_told_why(
    recorder: Recorder, made: list[FakeProcess], recorded_session: Session
) -> None:
    async with sampler(recorded_session) as (_, pilot):
        await pilot.press("m", "T")
        await until(pilot, lambda: "more than two dimensions" in notices(pilot))
    live = recorder.session(latent_dim=4, status="training", of=10)
    async with sampler(live) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: len(panes(screen).embedded.places) == 10)
        await pilot.press("T")
        await until(pilot, lambda: "t-SNE uses all test images" in notices(pilot))
    assert made == []


async def test_a_box_is_stretched_by_the_arrows_and_dropped_by_escape(
    recorded_session: Session,
) -> None:
    embed(recorded_session, 2)
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: len(panes(screen).embedded.places) == COUNT)
        await pilot.press("space", *["shift+right"] * 2, *["shift+up"] * 2)
        latent_map = plane(screen)
        boxed = latent_map.cursor.boxed()
        assert boxed is not None
        assert 0 < len(boxed) < COUNT
        await until(pilot, lambda: f"box {len(boxed)} images" in head(screen))
        canvas = panes(screen).plane_shown.canvas
        (x0, y0), (x1, y1) = (
            canvas.cell(panes(screen).corner or (0, 0)),
            canvas.cell(panes(screen).place),
        )
        assert (x1 - x0, y0 - y1) == (10, 10)
        corners = [panes(screen).plane_shown.render_line(y).text for y in (y0, y1)]
        assert "└" in corners[0]
        assert "┌" in corners[1]
        await pilot.press("escape")
        assert panes(screen).corner is None
        assert screen.views.shown == "map"
        assert "┌" not in panes(screen).plane_shown.render_line(y1).text
        await pilot.press("space", "space")
        assert panes(screen).corner is None
        await pilot.press("escape")
        await until(pilot, lambda: screen.views.shown == "samples")


async def test_the_mouse_draws_a_box_too(recorded_session: Session) -> None:
    embed(recorded_session, 2)
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: len(panes(screen).embedded.places) == COUNT)
        shown = panes(screen).plane_shown
        await pilot.mouse_down(shown, offset=(12, 4))
        await pilot.hover(shown, offset=(20, 9))
        await until(pilot, lambda: "box" in head(screen))
        await pilot.mouse_up(shown, offset=(20, 9))
        corner = panes(screen).corner
        assert corner is not None
        (x0, y0), (x1, y1) = shown.canvas.cell(corner), shown.canvas.cell(panes(screen).place)
        assert (x1 - x0, y1 - y0) == (8, 5)


async def test_enter_shows_the_images_of_the_box_and_escape_goes_one_step_back(
    recorder: Recorder, digits: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.image_feed.ImageFeed", LocalFeed)
    session = recorder.session("small", dataset=str(digits))
    embed(session, 2)
    async with sampler(session) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: len(panes(screen).embedded.places) == COUNT)
        await pilot.press("space", "enter")
        await until(pilot, lambda: "no test images in the box" in notices(pilot))
        await pilot.press(*["shift+right", "shift+up"] * 3, "c")
        boxed = plane(screen).cursor.boxed()
        assert boxed is not None
        assert set(LABELS[boxed].tolist()) == {0}
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DataBrowserScreen))
        images = pilot.app.screen
        assert isinstance(images, DataBrowserScreen)
        await until(pilot, lambda: images.page is not None)
        assert images.browse.indices.tolist() == sorted(boxed.tolist())
        await until(pilot, lambda: "test images in the box" in screen_text(pilot.app))
        # One key shows the whole split, and one what was chosen again.
        await pilot.press("t")
        await until(pilot, lambda: len(images.browse.indices) > len(boxed))
        await pilot.press(*"ttt")
        await until(pilot, lambda: images.browse.shows_selection)
        await until(pilot, lambda: images.page_shown())
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen not in (screen, images))
        assert isinstance(pilot.app.screen, SamplerScreen)
        await until(pilot, lambda: f"test image {boxed.min()}" in screen_text(pilot.app))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is images)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert panes(screen).corner is not None


async def test_a_box_on_a_live_session_has_the_images_that_it_saved(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.image_feed.ImageFeed", LocalFeed)
    session = recorder.session(status="training", of=10)
    async with sampler(session) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: len(panes(screen).embedded.places) == 10)
        panes(screen).go((0.999, 0.001), (0.001, 0.999))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DataBrowserScreen))
        images = pilot.app.screen
        assert isinstance(images, DataBrowserScreen)
        await until(pilot, lambda: images.page is not None and images.browse.shows_selection)
        assert images.page is not None
        originals = read_originals(session.folder)
        assert originals is not None
        count = len(images.page.images.indices)
        assert np.array_equal(images.page.images.originals.values, originals.images[:count])


async def test_the_legend_shows_and_hides_classes(recorded_session: Session) -> None:
    embed(recorded_session, 2)
    async with sampler(recorded_session, (80, 24)) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: len(panes(screen).embedded.places) == COUNT)
        assert not the_legend(screen).display
        await pilot.press("slash")
        await until(pilot, lambda: screen.focused is the_legend(screen))
        assert panes(screen).embedded.display
        await pilot.press("down", "space")
        await until(pilot, lambda: classes(screen) == [0, 2, 3])
        await until(pilot, lambda: "3 of 4 classes" in head(screen))
        await until(pilot, lambda: "3 of 4 shown" in screen_text(pilot.app))
        await pilot.press("j", "enter")
        await until(pilot, lambda: classes(screen) == [2])
        await until(pilot, lambda: "class 2 only" in head(screen))
        await pilot.press("a")
        await until(pilot, lambda: classes(screen) == [0, 1, 2, 3])
        await pilot.press("escape")
        await until(pilot, lambda: screen.focused is plane(screen))
        assert not the_legend(screen).display
        await pilot.press("c", "c")
        await until(pilot, lambda: classes(screen) == [1])
        await pilot.press("C")
        await until(pilot, lambda: classes(screen) == [0])


async def test_more_classes_than_rows_scroll(recorded_session: Session) -> None:
    embed(recorded_session, 2, np.arange(400) % 80)
    async with sampler(recorded_session, (200, 30)) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: the_legend(screen).display)
        await pilot.press("slash", "end", "enter")
        await until(pilot, lambda: classes(screen) == [79])
        assert the_legend(screen).scroll_offset.y > 0


async def test_images_without_labels_have_no_legend(recorded_session: Session) -> None:
    embed(recorded_session, 2, np.full(COUNT, -1))
    async with sampler(recorded_session, (200, 60)) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: len(panes(screen).embedded.places) == COUNT)
        await pilot.press("slash", "c", "M")
        await until(pilot, lambda: "no labels" in notices(pilot))
        assert not the_legend(screen).display
        assert len(panes(screen).embedded.places) == COUNT


async def test_means_and_density_are_shown_by_keys(recorded_session: Session) -> None:
    embed(recorded_session, 2)
    async with sampler(recorded_session, (200, 60)) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: len(panes(screen).embedded.places) == COUNT)
        await pilot.press("M", "D")
        embedded = panes(screen).embedded
        await until(pilot, lambda: embedded.shaded and len(embedded.means) == 4)
        await until(pilot, lambda: "nearest mean" in head(screen))
        text = "\n".join(embedded.render_line(y).text for y in range(embedded.canvas.height))
        assert "▀" not in text
        assert sum(str(label) in text for label in range(4)) >= 2
        await pilot.press("M", "D")
        await until(pilot, lambda: not (embedded.shaded or embedded.means))
        await until(pilot, lambda: "nearest mean" not in head(screen))


async def test_a_step_and_a_box_repaint_their_edges_only(
    recorded_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed(recorded_session, 2)
    async with sampler(recorded_session, (200, 60)) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: len(panes(screen).embedded.places) == COUNT)
        await pilot.press("M")
        embedded = panes(screen).embedded
        regions: list[Region] = []
        drawn = embedded._lines
        monkeypatch.setattr(embedded, "refresh", lambda *found, **_: regions.extend(found))
        await pilot.press("right", "space", "shift+right", "shift+down")
        assert regions
        assert embedded._lines is drawn
        whole = embedded.canvas.width * embedded.canvas.height
        assert max(region.area for region in regions) < whole / 10
        assert {region.height for region in regions if region.width > 20} <= {1}
