"""Samples, reconstructions and embeddings of a model trained by a real worker."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from rich.cells import cell_len

from tests.cli.conftest import Spawn, Vae, finish
from tests.cli.terminal import Attach
from tests.tui.recorder import Recorder
from vae_engine.datasets import load_dataset, to_float
from vae_engine.datasets.binarization import as_evaluated, own_as_evaluated
from vae_engine.inference.dataset import session_dataset
from vae_engine.inference.sampling import draw_prior, load_decoder, load_encoder
from vae_engine.sessions import layout
from vae_engine.sessions.session import Session

Arrays = dict[str, NDArray[Any]]


@pytest.fixture(autouse=True)
def sessions_of_the_trained(trained_session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_SESSIONS", str(trained_session.folder.parent))


def arrays(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        assert image.mode == "L"
        return image.size


def test_samples_are_what_the_decoder_makes_of_the_prior(
    vae: Vae, trained_session: Session, tmp_path: Path
) -> None:
    done = vae("sample", "trained", "-n", 5, "--seed", 7, "--temperature", 0.5, "-o", "a.npz")
    assert done.out == "wrote 5 samples of seed 7 to a.npz\n"
    found = arrays(tmp_path / "a.npz")
    z = draw_prior(5, 2, seed=7, temperature=0.5)
    np.testing.assert_array_equal(found["z"], z)
    assert found["images"].dtype == np.float32
    np.testing.assert_array_equal(found["images"], load_decoder(trained_session).decode(z))
    assert (found["seed"].item(), found["temperature"].item()) == (7, 0.5)
    assert (found["session"].item(), found["epoch"].item()) == (trained_session.id, 1)


def test_samples_and_reconstructions_as_json_are_those_of_the_arrays(
    vae: Vae, tmp_path: Path
) -> None:
    document = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()
    told = json.loads(vae("sample", "latest", "-n", 3, "--seed", 2, "--json", "-o", "a.npz").out)
    np.testing.assert_allclose(told["z"], arrays(tmp_path / "a.npz")["z"])
    assert (told["seed"], told["prior"], told["epoch"]) == (2, "standard", 1)
    found = json.loads(vae("reconstruct", "latest", "-n", 4, "--json", "-o", "b.npz").out)
    saved = arrays(tmp_path / "b.npz")
    errors = np.square(saved["originals"] - saved["reconstructions"]).mean(axis=(1, 2))
    images = found["images"]
    np.testing.assert_allclose([one["squared_error"] for one in images], errors, rtol=1e-5)
    np.testing.assert_allclose([one["z_mean"] for one in images], saved["z_mean"])
    assert [one["label"] for one in images] == saved["labels"].tolist()
    for name in (*told, *found, *images[0]):
        assert f"`{name}`" in document, name


def test_the_same_seed_draws_the_same_images_however_many(vae: Vae, tmp_path: Path) -> None:
    for count, seed, name in ((3, 0, "few"), (70, 0, "many"), (3, 1, "other")):
        assert vae("sample", "latest", "-n", count, "--seed", seed, "-o", f"{name}.npz").code == 0
    few, many, other = (arrays(tmp_path / f"{name}.npz") for name in ("few", "many", "other"))
    np.testing.assert_array_equal(few["z"], many["z"][:3])
    np.testing.assert_allclose(few["images"], many["images"][:3], atol=1e-6)
    assert not np.array_equal(few["z"], other["z"])


def test_at_temperature_zero_all_samples_are_alike(vae: Vae, tmp_path: Path) -> None:
    assert vae("sample", "latest", "-n", 3, "--temperature", 0, "-o", "a.npz").code == 0
    images = arrays(tmp_path / "a.npz")["images"]
    np.testing.assert_array_equal(images[0], images[2])


@pytest.mark.parametrize(
    ("count", "across", "down"), [(1, 1, 1), (2, 2, 1), (64, 8, 8), (65, 9, 8)]
)
def test_a_picture_has_all_samples(
    vae: Vae, tmp_path: Path, count: int, across: int, down: int
) -> None:
    assert vae("sample", "latest", "-n", count, "-o", "a.PNG").code == 0
    assert size(tmp_path / "a.PNG") == (across * 30 - 2, down * 30 - 2)


@pytest.mark.parametrize("command", [["sample"], ["sample", "-n", "1"], ["reconstruct"]])
def test_off_a_terminal_images_are_drawn_without_control_characters(
    vae: Vae, command: list[str]
) -> None:
    done = vae(*command, "latest")
    assert done.code == 0
    assert len(done.lines) >= 5
    assert all(line.isprintable() and cell_len(line) <= 80 for line in done.lines)


def test_a_poor_locale_gets_ascii(spawn: Spawn) -> None:
    done = finish(spawn("sample", "latest", "-n", 4, LC_ALL="C"))
    assert (done.code, done.err) == (0, "")
    assert done.out.isascii()
    assert done.out.strip()


@pytest.mark.parametrize("columns", [50, 80, 200])
def test_on_a_terminal_images_are_drawn_in_greys(terminal: Attach, columns: int) -> None:
    shown = terminal("reconstruct", "latest", "-n", "5", columns=columns)
    assert shown.wait() == 0
    colors = {cell.bg for line in shown.screen.buffer.values() for cell in line.values()}
    assert len(colors) > 5


def test_no_color_draws_with_shapes_alone(spawn: Spawn) -> None:
    done = finish(spawn("reconstruct", "latest", NO_COLOR="1", TERM="xterm-256color"))
    assert "\x1b" not in done.out
    assert re.search("[▀▄█▌▐░▒▓]", done.out)


def test_reconstructions_stand_beside_their_originals(
    vae: Vae, trained_session: Session, tmp_path: Path
) -> None:
    assert vae("reconstruct", "latest", "-n", 12, "-o", "a.npz").code == 0
    found = arrays(tmp_path / "a.npz")
    mnist = load_dataset("mnist")
    np.testing.assert_array_equal(found["originals"], to_float(mnist.test_images[:12])[..., 0])
    assert mnist.test_labels is not None
    np.testing.assert_array_equal(found["labels"], mnist.test_labels[:12])
    z_mean, _ = load_encoder(trained_session).encode(to_float(mnist.test_images[:12]))
    np.testing.assert_array_equal(found["z_mean"], z_mean)
    np.testing.assert_array_equal(
        found["reconstructions"], load_decoder(trained_session).decode(z_mean)
    )
    assert (found["session"].item(), found["epoch"].item()) == (trained_session.id, 1)


def test_a_picture_has_originals_above_reconstructions(vae: Vae, tmp_path: Path) -> None:
    assert vae("reconstruct", "latest", "-n", 12, "-o", "a.png").code == 0
    assert size(tmp_path / "a.png") == (10 * 30 - 2, 4 * 30 - 2)
    with Image.open(tmp_path / "a.png") as image:
        pixels = np.asarray(image)
    originals = load_dataset("mnist").test_images
    np.testing.assert_array_equal(pixels[:28, :28], originals[0])
    np.testing.assert_array_equal(pixels[60:88, 30:58], originals[11])
    assert not pixels[60:88, 60:].any()


@pytest.mark.parametrize(("split", "count"), [("test", 10_000), ("train", 256)])
def test_embeddings_cover_the_split(
    vae: Vae, trained_session: Session, tmp_path: Path, split: str, count: int
) -> None:
    assert vae("embed", "latest", "--split", split, "-o", "a.npz").code == 0
    found = arrays(tmp_path / "a.npz")
    assert found["z_mean"].shape == found["z_log_var"].shape == (count, 2)
    mnist = load_dataset("mnist")
    labels = mnist.test_labels if split == "test" else mnist.train_labels
    assert labels is not None
    np.testing.assert_array_equal(found["labels"], labels[:count])
    assert (found["split"].item(), found["session"].item()) == (split, trained_session.id)
    if split == "test":
        by_keras = arrays(trained_session.folder / layout.EMBEDDINGS)
        for name in ("z_mean", "z_log_var"):
            np.testing.assert_allclose(found[name], by_keras[name], atol=1e-4)


def test_binarized_sessions_are_used_with_the_images_that_they_learn(
    vae: Vae, recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_SESSIONS", str(recorder.store.root))
    grey = np.random.default_rng(0).integers(0, 256, (70, 28, 28), np.uint8)
    np.savez(tmp_path / "x.npz", images=grey)
    static = recorder.session("static", dataset=str(tmp_path / "x.npz"), binarize="static", seed=3)
    drawn = as_evaluated(session_dataset(static), static.settings)
    encoder = load_encoder(static)
    assert vae("reconstruct", static.id, "-n", len(drawn.test_images), "-o", "a.npz").code == 0
    originals = to_float(drawn.test_images)
    np.testing.assert_array_equal(arrays(tmp_path / "a.npz")["originals"], originals[..., 0])
    for split, images in (("test", drawn.test_images), ("train", drawn.train_images)):
        assert vae("embed", static.id, "--split", split, "-o", "b.npz").code == 0
        z_mean, _ = encoder.encode(to_float(images))
        np.testing.assert_array_equal(arrays(tmp_path / "b.npz")["z_mean"], z_mean)
    assert vae("embed", static.id, "--images", "x.npz", "-o", "c.npz").code == 0
    z_mean, _ = encoder.encode(to_float(own_as_evaluated(grey, static.settings)))
    np.testing.assert_array_equal(arrays(tmp_path / "c.npz")["z_mean"], z_mean)


def test_more_reconstructions_than_test_images_are_refused(
    vae: Vae, recorder: Recorder, tmp_path: Path
) -> None:
    images = np.zeros((70, 28, 28), np.uint8)
    np.savez(tmp_path / "few.npz", images + np.arange(28, dtype=np.uint8))
    session = recorder.session(dataset=str(tmp_path / "few.npz"))
    few = ("reconstruct", session.id, "--sessions-dir", recorder.store.root, "-n")
    assert "n is 11: it must be at most 10, the images of the test split" in vae(*few, 11).error(2)
    assert vae(*few, 10, "-o", "a.npz").code == 0
    assert arrays(tmp_path / "a.npz")["labels"].tolist() == [-1] * 10


def test_other_images_than_it_trained_on_are_refused(
    vae: Vae, own_trained_session: Session, tmp_path: Path
) -> None:
    log = own_trained_session.folder / layout.EVENTS
    log.write_text(re.sub(r'"sha256":"[0-9a-f]{64}"', f'"sha256":"{"0" * 64}"', log.read_text()))
    for command in (["reconstruct"], ["embed", "-o", "a.npz"]):
        line = vae(*command, "latest", "--sessions-dir", tmp_path / "sessions").error(1)
        assert "other images" in line


@pytest.mark.parametrize("command", [["sample"], ["reconstruct"], ["embed", "-o", "a.npz"]])
def test_before_the_first_export_there_is_nothing_to_use(
    vae: Vae, recorder: Recorder, command: list[str]
) -> None:
    session = recorder.session(status="starting")
    line = vae(*command, session.id, "--sessions-dir", recorder.store.root).error(1)
    assert "no exported decoder yet" in line


@pytest.mark.parametrize("command", ["sample", "reconstruct", "embed"])
def test_a_damaged_export_is_one_line(
    vae: Vae, own_trained_session: Session, tmp_path: Path, command: str
) -> None:
    for path in (own_trained_session.folder / layout.EXPORTS).glob("*coder-*"):
        path.write_bytes(path.read_bytes()[:-1])
    line = vae(command, "latest", "-o", "a.npz", "--sessions-dir", tmp_path / "sessions").error(1)
    assert ".npz is not the file that was exported" in line
    assert not (tmp_path / "a.npz").exists()


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("sample", "no/such/a.png"),
        ("sample", "no/such/a.npz"),
        ("reconstruct", "no/such/a.png"),
        ("reconstruct", "no/such/a.npz"),
        ("embed", "no/such/a.npz"),
    ],
)
def test_a_place_that_cannot_be_written_is_one_line(vae: Vae, command: str, output: str) -> None:
    line = vae(command, "latest", "-o", output).error(1)
    assert line == f"vae: {output} cannot be written: No such file or directory"


def test_a_failed_write_leaves_the_older_file(vae: Vae, tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    assert "a.png cannot be written" in vae("sample", "latest", "-n", 1, "-o", "a.png").error(1)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
