"""The ELBO terms of single images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.tui.recorder import Recorder
from tests.tui.shaped import SETTINGS, give_shape
from vae_engine.errors import SessionDamagedError
from vae_engine.evaluation.evaluate import evaluate_session
from vae_engine.evaluation.noise import BLOCK
from vae_engine.evaluation.scoring import reconstructed, score_images, scored_blocks
from vae_engine.image_shape import ImageShape
from vae_engine.inference.dataset import session_dataset
from vae_engine.inference.exported import load_model


@pytest.mark.parametrize("binarize", ["none", "dynamic", "static"])
def test_their_means_are_what_evaluate_measures(
    recorder: Recorder, digits: Path, binarize: str
) -> None:
    from vae_engine.inspection.images import split_images

    session = recorder.session("small", dataset=str(digits), binarize=binarize, seed=4)
    dataset = session_dataset(session)
    record = evaluate_session(session, dataset, samples=2, report=lambda *_: None)
    images = split_images(dataset, "test", session.settings).images
    told: list[tuple[int, int]] = []
    scores = score_images(
        load_model(session),
        images,
        seed=4,
        samples=2,
        report=lambda _, done, total: told.append((done, total)),
    )
    assert len(scores) == 500
    assert scores.negative_elbo.mean() == pytest.approx(record.negative_elbo, rel=1e-6)
    assert scores.reconstruction_loss.mean() == pytest.approx(record.reconstruction_loss, rel=1e-6)
    assert scores.kl_loss.mean() == pytest.approx(record.kl_loss, rel=1e-6)
    assert told == [(0, 500), (BLOCK, 500), (500, 500)]


@pytest.mark.parametrize(
    "shape",
    [ImageShape(64, 64, 3), ImageShape(29, 31, 3), ImageShape(256, 40, 1), ImageShape(8, 8, 3)],
    ids=lambda shape: shape.text,
)
@pytest.mark.parametrize("likelihood", ["gaussian", "continuous_bernoulli", "bernoulli"])
def test_any_shape_and_likelihood_is_scored_the_same_in_parts(
    recorder: Recorder, shape: ImageShape, likelihood: str
) -> None:
    session = recorder.session("shaped", epochs=2, **{**SETTINGS, "likelihood": likelihood})
    give_shape(session, shape, 1, 2)
    model = load_model(session)
    images = np.random.default_rng(1).integers(0, 256, (9, *shape.array), dtype=np.uint8)
    scores = score_images(model, images, seed=0)
    assert np.isfinite(scores.negative_elbo).all()
    floats = images.astype(np.float32) / np.float32(255)
    again = score_images(model, floats, seed=0)
    np.testing.assert_allclose(again.negative_elbo, scores.negative_elbo, rtol=1e-5, atol=1e-2)
    made = reconstructed(model, images)
    assert made.images.shape == images.shape
    assert made.z_mean.shape == made.z_log_var.shape == (9, session.settings.latent_dim)


def test_scoring_can_be_left_at_any_block(recorder: Recorder, digits: Path) -> None:
    session = recorder.session("small", dataset=str(digits))
    images = session_dataset(session).train_images
    blocks = scored_blocks(load_model(session), images, seed=0)
    first = next(blocks)
    assert len(first) == BLOCK
    blocks.close()
    whole = score_images(load_model(session), images[: 2 * BLOCK], seed=0)
    np.testing.assert_array_equal(whole.negative_elbo[:BLOCK], first.negative_elbo)


def test_losses_that_are_not_finite_are_reported(recorder: Recorder) -> None:
    session = recorder.session("shaped", epochs=2, **SETTINGS)
    give_shape(session, ImageShape(8, 8, 1), 2)
    model = load_model(session)
    images = np.full((3, 8, 8), np.nan, np.float32)
    with pytest.raises(SessionDamagedError, match="not finite"):
        score_images(model, images, seed=0)
