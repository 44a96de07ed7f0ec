"""`vae priors`, and the commands that draw from the mixture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Vae
from tests.tui.recorder import Recorder
from tui.cli.starts import read_start
from vae_engine.errors import SettingError
from vae_engine.inference.sampling import find_export, load_decoder, to_uint8
from vae_engine.priors.keeping import kept_prior
from vae_engine.priors.session_priors import prior_named
from vae_engine.sessions import layout
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.session import Session

DOCUMENT = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()


@pytest.fixture
def session(recorder: Recorder) -> Session:
    """A session whose dataset is gone, with embeddings of 200 test images."""
    recorded = recorder.session("recorded", latent_dim=2, dataset="gone.npz")
    rng = np.random.default_rng(0)
    embeddings = {
        "z_mean": rng.normal(size=(200, 2)).astype(np.float32) + 1,
        "z_log_var": np.full((200, 2), -3, np.float32),
        "labels": np.full(200, -1),
    }
    write_npz(recorded.folder / layout.EMBEDDINGS, embeddings)
    return recorded


def test_both_priors_stand_beside_each_other(vae: Vae, session: Session) -> None:
    done = vae("priors", "recorded")
    assert done.code == 0, done
    assert "fitted to 100 test images" in done.lines[0]
    assert "half of the embedded test images" in done.lines[1]
    assert [line.split()[0] for line in done.lines[3:6]] == ["standard", "gmm", "(posteriors)"]
    kept = kept_prior(session, find_export(session))
    assert kept is not None
    for line, name in zip(done.lines[3:5], ("standard", "gmm"), strict=True):
        found = kept.metrics[name]  # type: ignore[index]
        shown = [f"{found.precision:.3f}", f"{found.recall:.3f}", f"{found.coverage:.3f}"]
        assert line.split()[1:] == shown
    told = json.loads(vae("priors", "recorded", "--json").out)
    for name in (*told, *told["priors"]["gmm"]):
        assert f"`{name}`" in DOCUMENT, name
    assert told["components"] == len(told["weights"]) == kept.components
    assert told["priors"]["gmm"]["latent_recall"] == kept.metrics["gmm"].recall
    assert told["held_out_images"] == 100


def test_samples_of_both_priors_are_saved(vae: Vae, session: Session, tmp_path: Path) -> None:
    done = vae("priors", "recorded", "-o", "a.png", "-o", "a.npz", "--json")
    assert done.code == 0, done
    metrics = json.loads(done.out)["priors"]
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        arrays = dict(file)
    for name in arrays:
        assert f"`{name}`" in DOCUMENT, name
    decoder = load_decoder(session)
    for at, name in enumerate(arrays["priors"].tolist()):
        prior, _ = prior_named(session, name, report=lambda *_: None)
        np.testing.assert_array_equal(arrays["z"][at], prior.draw(10, seed=0))
        np.testing.assert_allclose(arrays["images"][at], decoder.decode(arrays["z"][at]), atol=1e-6)
    for at, name in enumerate(arrays["compared"].tolist()):
        assert arrays["latent_recall"][at] == metrics[name]["latent_recall"]
    with Image.open(tmp_path / "a.png") as image:
        above, below = np.asarray(image)[:28], np.asarray(image)[30:]
    for row, images in zip((above, below), arrays["images"], strict=True):
        np.testing.assert_array_equal(row[:, :28], to_uint8(images)[0])


def test_too_few_test_images_are_not_compared(vae: Vae, session: Session) -> None:
    few = {name: np.zeros((8, 2), np.float32) for name in ("z_mean", "z_log_var")}
    write_npz(session.folder / layout.EMBEDDINGS, {**few, "labels": np.zeros(8, np.int64)})
    done = vae("priors", "recorded")
    assert done.code == 0, done
    assert done.lines[-1] == "too few test images to compare: at least 6 are needed"
    assert json.loads(vae("priors", "recorded", "--json").out)["priors"] == {}


def test_samples_of_the_mixture_are_its_draws(vae: Vae, session: Session, tmp_path: Path) -> None:
    for name in ("standard", "gmm"):
        done = vae("sample", "recorded", "-n", 5, "--seed", 3, "--prior", name, "-o", "a.npz")
        assert done.code == 0, done
        with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
            arrays = dict(file)
        prior, _ = prior_named(session, name)
        np.testing.assert_array_equal(arrays["z"], prior.draw(5, seed=3))
        np.testing.assert_array_equal(arrays["images"], load_decoder(session).decode(arrays["z"]))
        assert arrays["prior"].item() == name
    start = read_start("--from", "gmm:3:5", session)
    np.testing.assert_array_equal(start.z, arrays["z"][4])
    assert start.origin == "sample 5 of seed 3 of the mixture"


@pytest.mark.parametrize("text", ["gmm:", "gmm:1:0", "gmm:1:10001", "gmm:-1", "GMM:1", "gmm:1:2:3"])
def test_no_sample_of_the_mixture_is_refused(session: Session, text: str) -> None:
    with pytest.raises(SettingError, match="it must be"):
        read_start("--from", text, session)


def test_neighbours_record_the_prior(
    vae: Vae, recorder: Recorder, digits: Path, tmp_path: Path
) -> None:
    session = recorder.session("small", dataset=str(digits), limit=300)
    done = vae("neighbours", "small", "-n", 2, "--prior", "gmm", "--json", "-o", "a.npz")
    assert done.code == 0, done
    assert json.loads(done.out)["prior"] == "gmm"
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert file["prior"].item() == "gmm"
        prior, _ = prior_named(session, "gmm")
        np.testing.assert_array_equal(file["z"], prior.draw(2, seed=0))


def test_a_damaged_mixture_is_one_line(vae: Vae, session: Session) -> None:
    (session.folder / layout.MIXTURE).write_bytes(b"\x1b]0;owned\x07" * 9)
    for command in (("sample", "--prior", "gmm"), ("priors",), ("traverse", "--from", "gmm:1")):
        name, *options = command
        line = vae(name, "recorded", *options).error(1)
        assert "mixture.npz is damaged" in line
        assert "delete it" in line


def test_without_images_and_embeddings_it_says_where_the_dataset_was(
    vae: Vae, session: Session
) -> None:
    (session.folder / layout.EMBEDDINGS).unlink()
    assert "gone.npz" in vae("sample", "recorded", "--prior", "gmm").error(1)
