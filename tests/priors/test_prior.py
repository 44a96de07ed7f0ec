"""Drawing from the standard prior and from a mixture."""

from __future__ import annotations

import numpy as np
import pytest

from vae_engine.inference.sampling import draw_prior
from vae_engine.priors.prior import MixturePrior, Prior, StandardPrior


def mixture(dim: int = 3) -> MixturePrior:
    rng = np.random.default_rng(4)
    scales = np.tril(rng.normal(size=(2, dim, dim)))
    return MixturePrior(np.array([0.25, 0.75]), rng.normal(size=(2, dim)) * 5, scales)


@pytest.mark.parametrize("prior", [StandardPrior(3), mixture()])
@pytest.mark.parametrize("count", [1, 2, 7, 64])
def test_more_draws_continue_the_fewer_bit_by_bit(prior: Prior, count: int) -> None:
    np.testing.assert_array_equal(
        prior.draw(200, seed=9, temperature=0.7)[:count],
        prior.draw(count, seed=9, temperature=0.7),
    )


def test_both_priors_use_the_same_noise() -> None:
    single = MixturePrior(np.ones(1), np.zeros((1, 5)), np.eye(5)[None])
    np.testing.assert_array_equal(single.draw(50, seed=3), draw_prior(50, 5, seed=3))


def test_a_mixture_has_its_weights_means_and_covariances() -> None:
    prior = mixture(2)
    z = prior.draw(200_000, seed=1).astype(np.float64)
    nearest = np.argmin(
        [
            np.square(np.linalg.solve(scale, (z - mean).T)).sum(axis=0)
            for mean, scale in zip(prior.means, prior.scales, strict=True)
        ],
        axis=0,
    )
    expected = prior.weights @ prior.means
    np.testing.assert_allclose(z.mean(axis=0), expected, atol=0.05)
    assert np.bincount(nearest) / len(z) == pytest.approx(prior.weights, abs=0.05)
    centred = prior.means - expected
    covariance = sum(
        weight * (scale @ scale.T + np.outer(middle, middle))
        for weight, scale, middle in zip(prior.weights, prior.scales, centred, strict=True)
    )
    np.testing.assert_allclose(np.cov(z.T), covariance, rtol=0.03, atol=0.05)


def test_at_temperature_zero_every_draw_is_a_mean() -> None:
    prior = mixture()
    z = prior.draw(100, seed=0, temperature=0.0)
    found = {tuple(row) for row in z.tolist()}
    assert found == {tuple(row) for row in prior.means.astype(np.float32).tolist()}


def test_other_seeds_draw_other_z() -> None:
    assert not np.array_equal(mixture().draw(9, seed=0), mixture().draw(9, seed=1))
