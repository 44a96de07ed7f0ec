"""log p(x|z) of a decoder, against float64 sums over its logits."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.inference.networks import random_decoder
from vae_engine.image_shape import ImageShape
from vae_engine.settings import make_settings

Doubles = NDArray[np.float64]
SMALL: dict[str, Any] = {"filters": (3, 4), "dense_units": (24,), "latent_dim": 3}


def log_likelihood(likelihood: str, x: Doubles, logits: Doubles) -> Doubles:
    if likelihood == "gaussian":
        log_sigma = float(np.float32(-1.3))
        errors = np.square(x - 0.5 * (1.0 + np.tanh(0.5 * logits))) * np.exp(-2.0 * log_sigma)
        density: Doubles = -0.5 * errors - log_sigma - 0.5 * np.log(2.0 * np.pi)
        return density
    terms: Doubles = x * logits - np.logaddexp(0.0, logits)
    if likelihood == "continuous_bernoulli":
        terms += np.log(logits / np.tanh(0.5 * logits))
    return terms


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "continuous_bernoulli"])
@pytest.mark.parametrize("network", ["plain", "residual"])
@pytest.mark.parametrize(
    "shape", [ImageShape(28, 28, 1), ImageShape(13, 22, 3)], ids=lambda shape: shape.text
)
def test_any_number_of_samples_gives_the_sum_over_the_pixels(
    tmp_path: Path, shape: ImageShape, network: str, likelihood: str
) -> None:
    settings = make_settings(SMALL, likelihood=likelihood, network=network)
    decoder = random_decoder(tmp_path, settings, shape)
    rng = np.random.default_rng(0)
    images = rng.random((7, *shape.array)).astype(np.float32)
    images[:4] = images[:4] > 0.7
    # One sample, some of several images per block, and more than a block.
    for samples in (1, 5, 70):
        # Logits far beyond those of training; residual blocks make them larger by themselves.
        scale = 20.0 if network == "plain" else 3.0
        z = rng.normal(0.0, scale, (samples, 7, 3)).astype(np.float32)
        logits = np.stack([decoder.decode_logits(one) for one in z]).astype(np.float64)
        assert abs(logits).max() > 30.0
        expected = log_likelihood(likelihood, images.astype(np.float64), logits)
        found = decoder.log_likelihood(images)(z)
        assert found.dtype == np.float64
        np.testing.assert_allclose(
            found, expected.reshape(samples, 7, -1).sum(axis=-1), rtol=3e-6, atol=1e-4
        )


def test_it_is_the_same_in_another_process_and_again(tmp_path: Path) -> None:
    decoder = random_decoder(tmp_path, make_settings(SMALL))
    z = np.random.default_rng(0).standard_normal((9, 4, 3)).astype(np.float32)
    images = np.random.default_rng(1).random((4, 28, 28)).astype(np.float32)
    of = decoder.log_likelihood(images)
    found = of(z)
    decoder.decode(z[0])
    np.testing.assert_array_equal(of(z), found)
    copy = pickle.loads(pickle.dumps(decoder))
    np.testing.assert_array_equal(copy.log_likelihood(images)(z), found)
