"""`import vae_engine` as a notebook uses it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas
import pytest

import vae_engine
from vae_engine.api.arguments import fits_memory
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
    np.testing.assert_array_equal(images, saved.sample(300, seed=5))
    # How many are decoded at once decides the last bits.
    np.testing.assert_allclose(images[:7], saved.sample(7, seed=5), atol=1e-6)
    assert not np.allclose(images[:7], saved.sample(7, seed=6), atol=1e-6)
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


@pytest.mark.usefixtures("forked")
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


def test_a_history_is_a_data_frame(saved: vae_engine.SavedSession) -> None:
    history = saved.history()
    frame = pandas.DataFrame(history)
    assert len(frame) == len(history["epoch"])
    columns = [f"kl_z{dimension}" for dimension in range(saved.settings.latent_dim)]
    np.testing.assert_array_equal(frame[columns], history["kl_per_dimension"])
    with pytest.raises(KeyError, match="no_metric"):
        history["no_metric"]


def test_damaged_epochs_have_nan_where_a_dimension_is_missing(
    saved: vae_engine.SavedSession,
) -> None:
    saved.session.poll()
    epochs = saved.session.log.history
    history = vae_engine.History(epochs, saved.settings.latent_dim + 1)
    assert np.isnan(history["kl_per_dimension"][:, -1]).all()
    assert vae_engine.History([], 3)["kl_per_dimension"].shape == (0, 3)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"count": 0}, "count is 0"),
        ({"count": 2.5}, "count is 2.5"),
        ({"count": True}, "count is True"),
        ({"count": "4"}, "count is '4'"),
        ({"count": 10**30}, "count is 10+"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": None}, "seed is None"),
        ({"temperature": -1}, "temperature is -1"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"temperature": float("inf")}, "temperature is inf"),
        ({"temperature": "hot"}, "temperature is 'hot'"),
    ],
    ids=str,
)
def test_wrong_arguments_of_sample_are_value_errors_that_name_them(
    saved: vae_engine.SavedSession, arguments: dict[str, object], named: str
) -> None:
    with pytest.raises(ValueError, match=f"^{named}: it must be ") as caught:
        saved.sample(**arguments)  # type: ignore[arg-type]
    assert isinstance(caught.value, vae_engine.ArgumentError)


def test_points_without_an_image_do_not_blame_the_session(
    saved: vae_engine.SavedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_image(*_: object) -> None:
        raise vae_engine.SessionDamagedError("not finite")

    # Whether float32 overflows depends on the weights.
    monkeypatch.setattr("vae_engine.inference.networks.Decoder.decode", no_image)
    for temperature in (1e38, 1e300):
        with pytest.raises(vae_engine.ArgumentError, match=r"^temperature leads to z of "):
            saved.sample(2, temperature=temperature)
    with pytest.raises(vae_engine.ArgumentError, match=r"^z leads to z of 1e\+38"):
        saved.decode(np.full((1, 2), 1e38))
    with pytest.raises(vae_engine.SessionDamagedError, match="not finite"):
        saved.sample(2)


class Tensor:
    """An array of another library that cannot be had as it is, as PyTorch's with a gradient."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        raise self.error


@pytest.mark.parametrize("error", [RuntimeError("Tensor that requires grad"), TypeError("Tensor")])
def test_arrays_of_other_libraries_that_cannot_be_had_are_named(
    saved: vae_engine.SavedSession, error: Exception
) -> None:
    with pytest.raises(vae_engine.ArrayError, match=r"^images is not an array.*detach\(\)\.cpu"):
        saved.embed(Tensor(error))  # type: ignore[arg-type]
    with pytest.raises(vae_engine.ArgumentError, match=r"^z is not an array"):
        saved.decode(Tensor(error))  # type: ignore[arg-type]


def test_more_than_fits_into_memory_is_an_argument_error() -> None:
    with (
        pytest.raises(vae_engine.ArgumentError, match="count needs more images than fit"),
        fits_memory("count"),
    ):
        np.empty((10**15, 2))


def test_wrong_arguments_of_train_resume_and_load_are_value_errors_that_name_them(
    saved: vae_engine.SavedSession, tmp_path: Path
) -> None:
    wrong: list[tuple[str, Callable[[], object]]] = [
        ("name is", lambda: vae_engine.train(tmp_path, name=5)),  # type: ignore[arg-type]
        ("settings is", lambda: vae_engine.train(tmp_path, settings=[("beta", 1)])),  # type: ignore[arg-type]
        ("dataset is", lambda: vae_engine.train(tmp_path, dataset=np.zeros((9, 28, 28)))),
        ("latent_dim is '2'", lambda: vae_engine.train(tmp_path, latent_dim="2")),
        ("dataset is 5", lambda: saved.resume(epochs=1, dataset=5)),  # type: ignore[arg-type]
        ("dataset is", lambda: saved.evaluate(dataset=np.zeros(3))),  # type: ignore[arg-type]
        ("name is", lambda: vae_engine.load_dataset(None)),  # type: ignore[arg-type]
        ("name is", lambda: vae_engine.load_dataset(np.zeros((9, 28, 28)))),  # type: ignore[arg-type]
    ]
    for words, call in wrong:
        with pytest.raises(ValueError, match=f"^{words}") as caught:
            call()
        assert isinstance(caught.value, vae_engine.EngineError)
    assert list(tmp_path.iterdir()) == []


def test_numpy_numbers_are_arguments(saved: vae_engine.SavedSession) -> None:
    np.testing.assert_array_equal(
        saved.sample(np.int64(3), seed=np.uint8(5), temperature=np.float32(0.5)),
        saved.sample(3, seed=5, temperature=0.5),
    )


@pytest.mark.parametrize(
    ("z", "message"),
    [
        (np.zeros(2), r"z has the shape \(2,\): .* pass z\[None\]"),
        (np.zeros((4, 3)), r"z has the shape \(4, 3\): it must be \(n, 2\)"),
        (np.zeros((0, 2)), r"z has the shape \(0, 2\)"),
        (np.full((1, 2), np.nan), "z holds NaN or infinity"),
        (np.full((1, 2), 1e300), "z holds NaN or infinity"),
        ([[1.0], [1.0, 2.0]], "z is not an array"),
        (None, "z has the type object"),
        ("01", "z has the type <U2"),
    ],
    ids=str,
)
def test_wrong_latent_points_are_value_errors(
    saved: vae_engine.SavedSession, z: object, message: str
) -> None:
    assert saved.settings.latent_dim == 2
    with pytest.raises(ValueError, match=f"^{message}"):
        saved.decode(z)  # type: ignore[arg-type]


def test_latent_points_may_be_lists_and_whole_numbers(saved: vae_engine.SavedSession) -> None:
    np.testing.assert_array_equal(
        saved.decode([[0, 1]]),  # type: ignore[arg-type]
        saved.decode(np.array([[0.0, 1.0]], np.float64)),
    )


def test_images_of_any_accepted_form_have_one_embedding(saved: vae_engine.SavedSession) -> None:
    images = vae_engine.load_dataset("mnist").test_images[:6]
    expected, _ = saved.embed(images)
    for same in (images.astype("int64"), images[..., None], images[:, None], images / 255.0):
        np.testing.assert_allclose(saved.embed(same)[0], expected, atol=1e-6)
        np.testing.assert_allclose(saved.reconstruct(same), saved.reconstruct(images), atol=1e-6)


@pytest.mark.parametrize("wrong", [np.zeros((28, 28), np.uint8), np.zeros((2, 27, 28)), "text"])
def test_wrong_images_are_value_errors_that_name_them(
    saved: vae_engine.SavedSession, wrong: object
) -> None:
    with pytest.raises(ValueError, match=r"^images "):
        saved.embed(wrong)  # type: ignore[arg-type]


def test_sessions_are_a_table(saved: vae_engine.SavedSession) -> None:
    sessions = vae_engine.list_sessions(saved.session.folder.parent)
    assert sessions[0].id == sessions[:1][0].id
    assert len(repr(sessions).splitlines()) == len(sessions) + 1
    assert saved.id in repr(sessions)
    assert f"<td>{saved.id}</td>" in sessions._repr_html_()
    frame = pandas.DataFrame(sessions.rows()).set_index("id")
    assert frame.loc[saved.id, "latent_dim"] == saved.settings.latent_dim
    assert frame.loc[saved.id, "best_val_loss"] == pytest.approx(saved.history()["val_loss"].min())


def test_the_table_of_no_sessions_is_its_header(tmp_path: Path) -> None:
    sessions = vae_engine.list_sessions(tmp_path)
    assert (len(sessions), len(repr(sessions).splitlines())) == (0, 1)


def test_names_of_strangers_write_neither_to_the_terminal_nor_html(
    saved: vae_engine.SavedSession, tmp_path: Path
) -> None:
    folder = tmp_path / "sessions" / saved.id
    shutil.copytree(saved.session.folder, folder)
    (folder / "label.json").write_text(json.dumps({"name": "\x1b]0;x\x07<b>\n" + "a" * 90}))
    sessions = vae_engine.list_sessions(tmp_path / "sessions")
    assert repr(sessions).replace("\n", "").isprintable()
    assert len(repr(sessions).splitlines()) == 2
    assert "<b>" not in sessions._repr_html_()


def test_a_run_that_ended_has_a_reason(saved: vae_engine.SavedSession) -> None:
    assert saved.reason in ("epochs", "converged")
    assert saved.wait(progress=False) == "completed"
