import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.recorder import Recorder
from tests.tui.watching import text_of, until
from tui.app import WorkbenchApp
from tui.dialogs import LineScreen
from tui.sampler.draws import Draw
from tui.sampler.latent_map import LatentMap
from tui.sampler.latent_vector import LatentVector
from tui.sampler.screen import SamplerScreen
from tui.sampler.views import PathView, SamplesView
from tui.widgets.images import ImageGrid
from vae_engine.inference.sampling import draw_prior, load_decoder, to_uint8
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.records import Label
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

SIZES = [(80, 24), (120, 40), (200, 60)]
KEYS = (
    "n b f plus minus equals_sign space i c m o x y p X Y v w tab left right up down "
    "h j k l H J K L 0 home end pageup pagedown left_square_bracket right_square_bracket enter"
)


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


def draw(screen: SamplerScreen) -> Draw:
    assert screen.sampler is not None
    return screen.sampler.draws.current


def head(screen: SamplerScreen) -> str:
    return (
        text_of(screen.query_one("#head-decoder")) + "\n" + text_of(screen.query_one("#head-view"))
    )


def z_values(screen: SamplerScreen) -> list[float]:
    lines = text_of(screen.query_one(LatentVector)).splitlines()
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


async def test_one_key_draws_anew_and_another_goes_back(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        first = samples(screen).images
        await pilot.press("n", "n")
        assert np.array_equal(samples(screen).images, decoded(recorded_session, len(first), seed=2))
        await saying(pilot, lambda: head(screen), "seed 2", "draw 3 of 3")
        await pilot.press("b", "b", "b")
        assert np.array_equal(samples(screen).images, first)
        await pilot.press("f")
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


async def test_two_marked_samples_give_the_path_between_them(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("space", "right", "right", "space", "i")
        await until(pilot, lambda: len(path(screen).images))
        grid = path(screen)
        shown = grid.shown()
        assert shown is not None
        z, drawn = shown.sheet.z, draw_prior(3, 2, seed=0)
        assert z[0] == pytest.approx(drawn[0])
        assert z[-1] == pytest.approx(drawn[2])
        assert z == pytest.approx(np.linspace(drawn[0], drawn[2], len(z)), abs=1e-6)
        assert "linear path" in head(screen)
        assert "sample 1 of seed 0" in head(screen)
        captions = [word for word in text_of(grid).split() if word.isascii()]
        shares = [f"{share:.2f}" for share in np.linspace(0, 1, len(z))]
        assert captions == ["A", *shares[1:-1], "B"]
        await pilot.press("c")
        await saying(pilot, lambda: head(screen), "spherical path")
        curved = grid.shown()
        assert curved is not None
        assert np.abs(curved.sheet.z - z).max() > 0.01
        await pilot.press("end")
        assert z_values(screen) == pytest.approx(drawn[2], abs=0.005)
        await pilot.press("escape")
        assert screen.view_name == "samples"
        assert pilot.app.screen is screen


async def test_marks_reach_over_draws(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("space", "n", "end", "space", "i")
        await until(pilot, lambda: len(path(screen).images))
        last = len(samples(screen).images)
        assert "A sample 1 of seed 0" in head(screen)
        assert f"B sample {last} of seed 1" in head(screen)


async def test_a_path_without_two_marks_says_what_to_do(recorded_session: Session) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("space", "i")
        assert screen.view_name == "samples"
        assert "Mark two samples with Space" in _notices(pilot)


@pytest.mark.parametrize("size", SIZES)
async def test_the_map_decodes_where_the_cursor_stands(
    recorded_session: Session, size: tuple[int, int]
) -> None:
    _embed(recorded_session, 2)
    async with sampler(recorded_session, size) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: plane(screen).shown() and len(plane(screen).embedded.places))
        assert z_values(screen) == [0.0, 0.0]
        await pilot.press("right", "up", "shift+right", "shift+up")
        x, y = z_values(screen)
        assert x > 0
        assert y > 0
        assert [x, y] == pytest.approx(plane(screen).coordinates, abs=0.005)
        portrait = screen.query_one("#portrait", ImageGrid)
        under_cursor = load_decoder(recorded_session).decode(plane(screen).z[None])
        assert np.array_equal(portrait.images, to_uint8(under_cursor))
        await pilot.press("home")
        assert z_values(screen) == [0.0, 0.0]


async def test_both_planes_of_the_map_are_the_same_plane(recorded_session: Session) -> None:
    _embed(recorded_session, 2)
    async with sampler(recorded_session, (200, 60)) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: len(plane(screen).embedded.places))
        decoded_plane, embedded = plane(screen).decoded, plane(screen).embedded
        assert decoded_plane.display
        assert embedded.display
        assert decoded_plane.canvas == embedded.canvas
        assert "200 test digits at epoch 4" in str(embedded.border_title)
        await pilot.press("left")
        assert decoded_plane.cursor == embedded.cursor


async def test_where_there_is_room_for_one_plane_a_key_shows_the_other(
    recorded_session: Session,
) -> None:
    async with sampler(recorded_session, (80, 24)) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: plane(screen).shown())
        assert (plane(screen).decoded.display, plane(screen).embedded.display) == (True, False)
        canvas = plane(screen).decoded.canvas
        await pilot.press("o")
        await until(pilot, lambda: plane(screen).embedded.canvas == canvas)
        assert (plane(screen).decoded.display, plane(screen).embedded.display) == (False, True)


async def test_more_dimensions_are_mapped_two_by_two_or_by_components(recorder: Recorder) -> None:
    session = recorder.session(latent_dim=4)
    _embed(session, 4)
    async with sampler(session) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: plane(screen).plane.names == ("PC1", "PC2"))
        assert "principal components" in head(screen)
        await pilot.press("p")
        assert plane(screen).plane.names == ("z0", "z1")
        await pilot.press("x", "y")
        assert plane(screen).plane.names == ("z2", "z3")
        await pilot.press("X")
        assert plane(screen).plane.names == ("z1", "z3")
        await pilot.press("right")
        values = z_values(screen)
        assert values[1] > 0
        assert (values[0], values[2]) == (0, 0)


async def test_without_all_test_digits_components_are_not_offered(recorder: Recorder) -> None:
    session = recorder.session(latent_dim=4, status="training", of=10)
    async with sampler(session) as (screen, pilot):
        await pilot.press("m")
        await until(pilot, lambda: len(plane(screen).embedded.places) == 10)
        await pilot.press("p")
        assert plane(screen).plane.names == ("z0", "z1")
        assert "best epoch" in _notices(pilot)


async def test_damaged_embeddings_are_said_on_the_map(recorded_session: Session) -> None:
    (recorded_session.folder / layout.EMBEDDINGS).write_bytes(b"PK no archive")
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("m")
        title = plane(screen).embedded
        await until(pilot, lambda: "damaged" in str(title.border_title))


async def test_the_decoder_of_an_earlier_epoch_can_be_chosen(recorder: Recorder) -> None:
    session = recorder.session(epochs=4)
    recorder.export(session, 1, 5, 9)
    async with sampler(session) as (screen, pilot):
        await pilot.press("left_square_bracket")
        await saying(pilot, lambda: head(screen), "decoder of epoch 5, the newest is of 9")
        await pilot.press("left_square_bracket")
        await saying(pilot, lambda: head(screen), "decoder of epoch 1, the newest is of 9")
        await pilot.press("right_square_bracket", "right_square_bracket")
        await saying(pilot, lambda: head(screen), "decoder of epoch 9, the newest")


async def test_while_training_a_newer_decoder_takes_over(recorder: Recorder) -> None:
    session = recorder.session(status="training", epochs=1, of=20)
    async with sampler(session) as (screen, pilot):
        assert "decoder of epoch 1, the newest so far" in head(screen)
        await pilot.press("n", "right")
        recorder.export(session, 1, 5)
        await saying(pilot, lambda: head(screen), "decoder of epoch 5, the newest so far")
        assert (draw(screen).seed, samples(screen).selected) == (1, 1)
        await pilot.press("left_square_bracket")
        await saying(pilot, lambda: head(screen), "epoch 1, the newest is of 5")
        recorder.export(session, 1, 5, 10)
        await saying(pilot, lambda: head(screen), "epoch 1, the newest is of 10")


async def test_before_any_export_a_sentence_says_so_and_samples_come_by_themselves(
    recorder: Recorder,
) -> None:
    session = recorder.session(status="training", epochs=0, of=10)
    async with sampler(session) as (screen, pilot):
        absent = screen.query_one("#absent")
        await saying(pilot, lambda: text_of(absent), "exported after epoch 1")
        await press_all(pilot, KEYS)
        assert pilot.app.screen is screen
        recorder.export(session, 1)
        await until(pilot, lambda: len(samples(screen).images))
        assert not absent.display


async def test_a_session_deleted_meanwhile_is_said_and_can_still_be_sampled(
    recorded_session: Session,
) -> None:
    async with sampler(recorded_session) as (screen, pilot):
        shutil.rmtree(recorded_session.folder)
        await saying(pilot, lambda: head(screen), "deleted or moved")
        before = samples(screen).images
        await pilot.press("n", "m")
        await until(pilot, lambda: plane(screen).shown())
        assert not np.array_equal(samples(screen).images, before)


async def test_a_damaged_session_says_what_is_wrong(recorded_session: Session) -> None:
    (recorded_session.folder / layout.export_file("decoder", 4)).write_bytes(b"none")
    async with sampler(recorded_session) as (screen, pilot):
        absent = screen.query_one("#absent")
        await saying(pilot, lambda: text_of(absent).replace("\n", " "), "refused")


@pytest.mark.parametrize("size", [(40, 10), (60, 20), (200, 60)])
async def test_no_key_at_any_time_is_a_failure(
    recorder: Recorder, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = recorder.session(latent_dim=4)
    async with sampler(session, size) as (screen, pilot):
        for keys in (KEYS, f"space right space i {KEYS}", f"m {KEYS}"):
            await press_all(pilot, keys)
            assert pilot.app.screen is screen
            await pilot.press("escape" if screen.view_name != "samples" else "home")
            assert screen.view_name == "samples"


async def test_what_is_shown_can_be_saved(
    recorded_session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("n", "+", "w")
        stem = f"{recorded_session.id}-epoch4-samples-seed1"
        await until(pilot, lambda: f"{stem}.png and .npz in {tmp_path}" in _notices(pilot))
        with np.load(tmp_path / f"{stem}.npz", allow_pickle=False) as arrays:
            assert np.array_equal(to_uint8(arrays["images"]), samples(screen).images)
            assert np.array_equal(arrays["z"], draw(screen).z(len(arrays["z"]), 2))
            assert (arrays["seed"], arrays["temperature"]) == (1, 1.1)
            assert (arrays["session"], arrays["epoch"]) == (recorded_session.id, 4)


async def test_path_and_map_can_be_saved(
    recorded_session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("space", "right", "space", "i")
        await until(pilot, lambda: path(screen).shown())
        await pilot.press("w")
        saved = tmp_path / f"{recorded_session.id}-epoch4-linear-path.npz"
        await until(pilot, saved.exists)
        with np.load(saved, allow_pickle=False) as arrays:
            assert (arrays["path"], arrays["seed"].tolist()) == ("linear", [0, 0])
            assert len(arrays["z"]) == len(path(screen).images)
        await pilot.press("m")
        await until(pilot, lambda: plane(screen).shown())
        await pilot.press("w")
        saved = tmp_path / f"{recorded_session.id}-epoch4-map.npz"
        await until(pilot, saved.exists)
        with np.load(saved, allow_pickle=False) as arrays:
            canvas = plane(screen).decoded.canvas
            assert len(arrays["images"]) == len(arrays["z"]) == canvas.across * canvas.down


async def test_a_folder_that_cannot_be_written_is_said(
    recorded_session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.setattr(Path, "cwd", lambda: folder)
    folder.rmdir()
    async with sampler(recorded_session) as (_, pilot):
        await pilot.press("w")
        await until(pilot, lambda: "Nothing was saved" in _notices(pilot))


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
        assert plane(screen).glyphs == "sextant"


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
        assert screen.view_name == "samples"
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is not screen)


def _embed(session: Session, latent_dim: int) -> None:
    rng = np.random.default_rng(0)
    z_mean = rng.normal(size=(200, latent_dim)).astype(np.float32)
    labels = rng.integers(0, 10, 200)
    write_npz(session.folder / layout.EMBEDDINGS, {"z_mean": z_mean, "labels": labels})


def _notices(pilot: Pilot[Any]) -> str:
    return "\n".join(notice.message for notice in pilot.app._notifications)
