"""The example session of the repository: browsing and sampling work at once."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

import vae_engine
from tests.conftest import EXAMPLE
from vae_engine.inference.sampling import find_export
from vae_engine.priors.keeping import kept_prior
from vae_engine.sessions.example import EXAMPLES
from vae_engine.sessions.listing import read_listing
from vae_engine.sessions.manifest import read_manifest
from vae_engine.sessions.previews import read_originals

SESSIONS = EXAMPLE.parent


def test_a_session_from_before_a_setting_existed_is_read_as_it_was_trained(tmp_path: Path) -> None:
    manifest = json.loads((EXAMPLE / "session.json").read_text())
    manifest["settings"].pop("activation", None)
    (tmp_path / "session.json").write_text(json.dumps(manifest))
    assert read_manifest(tmp_path).settings.activation == "relu"
    manifest["settings"]["activation"] = "silu"
    (tmp_path / "session.json").write_text(json.dumps(manifest))
    assert read_manifest(tmp_path).settings.activation == "silu"


@pytest.fixture(scope="module")
def example() -> vae_engine.SavedSession:
    return vae_engine.load_session("example", SESSIONS)


def tracked_files() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z", "sessions"],
        cwd=SESSIONS.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return [SESSIONS.parent / name for name in done.stdout.split("\0") if name]


def test_it_was_trained_on_all_of_mnist_at_two_dimensions(
    example: vae_engine.SavedSession,
) -> None:
    assert example.status == "completed"
    # The defaults of its day.
    settings = vae_engine.make_settings(
        threads=example.settings.threads,
        learning_rate=2e-3,
        adam_beta_2=0.999,
        decay_epochs=6,
        patience=4,
        filters=(16, 32),
        dense_units=(256, 256),
        activation="relu",
        clip_norm=0,
        weight_decay=0,
    )
    assert example.settings == settings
    prepared = example.session.log.prepared
    assert prepared is not None
    assert prepared.dataset["train_images"] == 55_000
    assert prepared.dataset["sha256"] == vae_engine.load_dataset("mnist").sha256
    assert len(example.history()["epoch"]) >= 20


def test_it_is_slim() -> None:
    files = tracked_files()
    assert {path.relative_to(SESSIONS).parts[0] for path in files} == {one.id for one in EXAMPLES}
    for one in EXAMPLES:
        own = [path for path in files if path.is_relative_to(SESSIONS / one.id)]
        assert 1_000_000 < sum(path.stat().st_size for path in own) < 5_000_000


def test_the_colour_example_has_the_mixture_of_its_training_images() -> None:
    session = vae_engine.load_session("example-colour", SESSIONS).session
    fitted = kept_prior(session, find_export(session))
    assert fitted is not None
    assert (fitted.split, fitted.images, fitted.held_out) == ("train", 3410, 213)
    assert fitted.metrics["gmm"].recall > fitted.metrics["standard"].recall


def test_the_colour_example_tells_its_images_and_nothing_of_the_machine() -> None:
    colour = vae_engine.load_session("example-colour", SESSIONS)
    session = colour.session
    session.poll()
    assert session.image_shape == (32, 32, 3)
    assert session.likelihood == "gaussian"
    prepared = session.log.prepared
    assert prepared is not None
    assert prepared.dataset["name"] == colour.settings.dataset == "tango-icons"
    assert prepared.label_names[:3] == ("actions", "apps", "categories")
    assert "public domain" in session.label.note
    for path in session.folder.rglob("*.json*"):
        assert not re.search(r'"/\w+/', path.read_text()), path
    read = read_listing(session.folder).summary
    assert read is not None
    assert read.log_bytes == (session.folder / "events.jsonl").stat().st_size


def test_the_colour_example_reconstructs_what_it_has_not_trained_on() -> None:
    """Better than the mean image by far: its icons are recognised."""
    colour = vae_engine.load_session("example-colour", SESSIONS)
    originals = read_originals(colour.session.folder)
    assert originals is not None
    x = originals.images / 255.0
    z_mean, _ = colour.embed(originals.images)
    error = np.mean((colour.decode(z_mean) - x) ** 2)
    assert error < 0.25 * np.mean((x - x.mean(axis=0)) ** 2)
    samples = colour.sample(4, seed=1)
    assert samples.shape == (4, 32, 32, 3)
    assert samples.std(axis=-1).max() > 0.1  # In colour.


def test_its_test_loss_can_be_measured_again(example: vae_engine.SavedSession) -> None:
    result = example.result()
    assert result is not None
    images = vae_engine.load_dataset("mnist").test_images
    z_mean, z_log_var = example.embed(images)
    rng = np.random.default_rng(0)
    z = z_mean + np.exp(0.5 * z_log_var) * rng.standard_normal(z_mean.shape)
    p = np.clip(example.decode(z.astype(np.float32)), 1e-7, 1 - 1e-7).astype(np.float64)
    x = images / 255.0
    reconstruction = -(x * np.log(p) + (1 - x) * np.log1p(-p)).sum(axis=(1, 2)).mean()
    kl = 0.5 * (z_mean**2 + np.exp(z_log_var) - z_log_var - 1).sum(axis=1).mean()
    assert kl == pytest.approx(result.test_kl_loss, rel=1e-3)
    # Other noise: the mean over 10,000 images moves by a few hundredths of a nat.
    assert reconstruction + kl == pytest.approx(result.test_loss, abs=0.3)


def test_its_embeddings_are_those_of_the_test_split(example: vae_engine.SavedSession) -> None:
    dataset = vae_engine.load_dataset("mnist")
    with np.load(example.session.folder / "embeddings.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["labels"], dataset.test_labels)
        z_mean, _ = example.embed(dataset.test_images[:100])
        np.testing.assert_allclose(arrays["z_mean"][:100], z_mean, atol=1e-4)
