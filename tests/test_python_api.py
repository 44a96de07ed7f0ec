"""`import vae_engine` as a notebook uses it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import vae_engine
from vae_engine.sessions.session import Session


@pytest.fixture
def saved(trained_session: Session) -> vae_engine.SavedSession:
    return vae_engine.load_session(trained_session.id, trained_session.folder.parent)


def test_importing_the_package_imports_neither_tensorflow_nor_litert() -> None:
    script = (
        "import sys, vae_engine\n"
        "print([name for name in ('tensorflow', 'keras', 'ai_edge_litert') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_public_name_exists_and_is_documented() -> None:
    for name in vae_engine.__all__:
        assert getattr(vae_engine, name).__doc__, name
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = vae_engine.nothing_of_the_kind


def test_sessions_are_listed_and_found(saved: vae_engine.SavedSession) -> None:
    folder = saved.session.folder.parent
    assert saved.id in [session.id for session in vae_engine.list_sessions(folder)]
    assert vae_engine.load_session("latest", folder).status == "completed"
    assert saved.id in repr(saved)
    with pytest.raises(vae_engine.SessionNotFoundError, match="no session 'other'"):
        vae_engine.load_session("other", folder)


def test_the_folder_may_come_from_the_environment(
    saved: vae_engine.SavedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_SESSIONS", str(saved.session.folder.parent))
    assert vae_engine.load_session(saved.id).id == saved.id


def test_history_is_one_array_a_figure(saved: vae_engine.SavedSession) -> None:
    history = saved.history()
    epochs = len(history["epoch"])
    assert history["epoch"].tolist() == list(range(1, epochs + 1))
    assert history["kl_per_dimension"].shape == (epochs, saved.settings.latent_dim)
    np.testing.assert_allclose(
        history["kl_per_dimension"].sum(axis=1), history["val_kl_loss"], rtol=1e-6
    )


def test_samples_repeat_with_their_seed_and_follow_the_temperature(
    saved: vae_engine.SavedSession,
) -> None:
    images = saved.sample(300, seed=5)
    assert images.shape == (300, 28, 28)
    assert 0 <= images.min() <= images.max() <= 1
    np.testing.assert_array_equal(images[:7], saved.sample(7, seed=5))
    assert not np.array_equal(images[:7], saved.sample(7, seed=6))
    frozen = saved.sample(3, temperature=0.0)
    np.testing.assert_array_equal(frozen[0], frozen[2])


def test_embeddings_and_reconstructions_agree_with_keras(
    saved: vae_engine.SavedSession,
) -> None:
    images = vae_engine.load_dataset("mnist").test_images[:20]
    z_mean, z_log_var = saved.embed(images)
    networks = saved.networks()
    pixels = images[..., np.newaxis].astype(np.float32) / 255
    expected_mean, expected_log_var = networks.encoder(pixels)
    np.testing.assert_allclose(z_mean, expected_mean.numpy(), atol=1e-5)
    np.testing.assert_allclose(z_log_var, expected_log_var.numpy(), atol=1e-5)
    expected = networks.decoder(expected_mean).numpy()[..., 0]
    np.testing.assert_allclose(saved.reconstruct(images), expected, atol=1e-5)


def test_images_in_other_forms_are_right_or_refused(saved: vae_engine.SavedSession) -> None:
    images = vae_engine.load_dataset("mnist").test_images[:5]
    expected, _ = saved.embed(images)
    for same in (images.astype("int64"), images[..., np.newaxis], images.astype("float32")):
        np.testing.assert_array_equal(saved.embed(same)[0], expected)
    with pytest.raises(ValueError, match=r"images has the shape \(28, 28\).*np.newaxis"):
        saved.embed(images[0])


def test_loaded_networks_are_the_recorded_ones(saved: vae_engine.SavedSession) -> None:
    from vae_engine.model.network import weights_sha256

    result = saved.result()
    assert result is not None
    assert weights_sha256(saved.networks()) == result.weights_sha256


def test_bad_settings_start_nothing(tmp_path: Path) -> None:
    with pytest.raises(vae_engine.SettingError, match="latent_dim is 0"):
        vae_engine.train(tmp_path / "sessions", latent_dim=0)
    with pytest.raises(vae_engine.DatasetError):
        vae_engine.train(tmp_path / "sessions", dataset=str(tmp_path / "absent.npz"))
    assert not (tmp_path / "sessions").exists()


def test_training_returns_at_once_and_can_be_waited_for(tmp_path: Path) -> None:
    saved = vae_engine.train(
        tmp_path / "sessions", name="api", limit=256, epochs=1, filters=(4, 8), dense_units=(16,)
    )
    assert saved.status in ("starting", "training")
    with pytest.raises(vae_engine.SessionError, match="no exported decoder yet"):
        saved.sample()
    assert saved.wait() == "completed"
    assert saved.name == "api"
    assert len(saved.history()["epoch"]) == 1
