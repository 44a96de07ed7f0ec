"""The mixture of a session: fitted, kept, found again, and forgotten with its encoder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.tui.recorder import Recorder
from vae_engine.datasets import to_float
from vae_engine.errors import DatasetError, SessionDamagedError
from vae_engine.inference.dataset import session_dataset
from vae_engine.inference.sampling import find_export, load_encoder
from vae_engine.priors.fitted import to_bytes
from vae_engine.priors.keeping import keep_prior, kept_prior
from vae_engine.priors.session_priors import fit_prior, fitted_prior, prior_named
from vae_engine.sessions import layout
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    return SessionStore(tmp_path / "sessions")


@pytest.fixture
def few(tmp_path: Path, digits: Path) -> Path:
    """400 training and 100 test digits."""
    with np.load(digits) as arrays:
        np.savez(
            tmp_path / "few.npz",
            x_train=arrays["x_train"][:400],
            y_train=arrays["y_train"][:400],
            x_test=arrays["x_test"][:100],
            y_test=arrays["y_test"][:100],
        )
    return tmp_path / "few.npz"


@pytest.fixture
def session(store: SessionStore, few: Path) -> Session:
    return Recorder(store).session("few", dataset=str(few), latent_dim=4)


def test_a_fit_is_kept_and_found_again_with_equal_bits(session: Session) -> None:
    entry = find_export(session)
    assert kept_prior(session, entry) is None
    stages: list[str] = []
    fitted, not_kept = fitted_prior(session, report=lambda what, *_: stages.append(what))
    assert not_kept == ""
    assert fitted.is_of(entry)
    assert (fitted.epoch, fitted.split) == (entry.epoch, "train")
    assert fitted.images == len(session_dataset(session).train_images)
    assert fitted.held_out == 100
    assert set(fitted.metrics) == {"standard", "gmm", "posterior"}
    # What was fitted is nearer to other images' posteriors than N(0, I) is.
    assert fitted.metrics["gmm"].coverage >= fitted.metrics["standard"].coverage
    wanted = ("reading the images", "encoding", "fitting", "comparing")
    assert [
        next(word for word in wanted if what.startswith(word)) for what in dict.fromkeys(stages)
    ]
    kept = kept_prior(session, entry)
    assert kept is not None
    assert to_bytes(kept) == to_bytes(fitted) == to_bytes(fit_prior(session))
    prior, _ = prior_named(session, "gmm")
    np.testing.assert_array_equal(prior.draw(5, seed=2), fitted.prior.draw(5, seed=2))


def test_the_mixture_has_the_mean_of_the_posteriors(session: Session) -> None:
    prior = fit_prior(session).prior
    images = session_dataset(session).train_images
    z_mean, z_log_var = load_encoder(session).encode(to_float(images))
    spread = z_mean.std(axis=0) + np.exp(0.5 * z_log_var).mean(axis=0)
    assert (np.abs(prior.weights @ prior.means - z_mean.mean(axis=0)) < 0.3 * spread).all()


def test_a_mixture_of_another_encoder_is_not_used(session: Session) -> None:
    fitted_prior(session)
    path = session.folder / layout.EXPORTS / layout.INDEX
    index = json.loads(path.read_text())
    index["current"]["encoder_sha256"] = "0" * 64
    path.write_text(json.dumps(index))
    assert kept_prior(session, find_export(session)) is None


def test_only_the_mixture_of_the_current_export_is_kept(session: Session) -> None:
    entries = session.exports()
    assert entries is not None
    fitted, not_kept = fitted_prior(session, epoch=entries.kept[0].epoch)
    assert not_kept == ""
    assert fitted.epoch == entries.kept[0].epoch


def test_a_foreign_file_is_refused_with_what_to_do(session: Session) -> None:
    (session.folder / layout.MIXTURE).write_bytes(b"PK")
    with pytest.raises(SessionDamagedError, match=r"mixture\.npz is damaged.*delete it to fit"):
        prior_named(session, "gmm")
    # The standard prior needs no file.
    assert prior_named(session, "standard")[0].draw(2, seed=0).shape == (2, 4)


def test_a_file_that_is_no_file_is_refused(session: Session) -> None:
    (session.folder / layout.MIXTURE).symlink_to("/dev/zero")
    with pytest.raises(SessionDamagedError):
        kept_prior(session, find_export(session))


def test_without_the_dataset_half_of_the_embedded_test_images_are_fitted(
    session: Session, few: Path
) -> None:
    few.unlink()
    (session.folder / layout.EMBEDDINGS).unlink(missing_ok=True)
    with pytest.raises(DatasetError, match=r"few\.npz"):
        fit_prior(session)
    rng = np.random.default_rng(0)
    embeddings = {
        "z_mean": rng.normal(size=(61, 4)).astype(np.float32),
        "z_log_var": np.full((61, 4), -2, np.float32),
        "labels": np.full(61, -1),
    }
    write_npz(session.folder / layout.EMBEDDINGS, embeddings)
    fitted = fit_prior(session)
    assert (fitted.split, fitted.images, fitted.held_out) == ("test", 31, 30)
    assert 0 < fitted.metrics["gmm"].coverage <= 1
    write_npz(
        session.folder / layout.EMBEDDINGS, {**embeddings, "z_mean": embeddings["z_mean"] * np.nan}
    )
    with pytest.raises(SessionDamagedError, match="not finite"):
        fit_prior(session)


def test_a_folder_that_may_only_be_read_says_so_and_still_gives_a_prior(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("vae_engine.sessions.atomic.replace_content", refuse)
    fitted, not_kept = fitted_prior(session)
    assert fitted.components >= 1
    assert "cannot be kept" in not_kept
    assert not (session.folder / layout.MIXTURE).exists()


def test_an_export_has_the_mixture_also_a_slim_one(session: Session) -> None:
    keep_prior(session, fit_prior(session))
    assert layout.travels(layout.MIXTURE)
    assert layout.travels(layout.MIXTURE, slim=True)
