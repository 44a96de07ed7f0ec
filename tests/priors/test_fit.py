"""Fitting a mixture to draws."""

from __future__ import annotations

import numpy as np
import pytest

from vae_engine.priors.fit import fit_mixture, parameters
from vae_engine.priors.prior import MixturePrior


def true_mixture(dim: int, components: int) -> MixturePrior:
    rng = np.random.default_rng(dim)
    means = rng.normal(size=(components, dim)) * 6
    scales = np.tril(rng.normal(size=(components, dim, dim)) * 0.2) + np.eye(dim)
    return MixturePrior(np.full(components, 1 / components), means, scales)


@pytest.mark.parametrize(("dim", "components"), [(1, 2), (2, 4), (8, 2), (16, 4), (32, 2)])
def test_components_means_and_covariances_are_found_again(dim: int, components: int) -> None:
    truth = true_mixture(dim, components)
    z = truth.draw(3000, seed=1)
    reported: list[tuple[int, int]] = []
    fit = fit_mixture(z, seed=0, report=lambda _, done, total: reported.append((done, total)))
    assert min(fit.bic, key=lambda count: fit.bic[count]) == len(fit.prior.weights) == components
    assert fit.prior.latent_dim == dim
    assert fit.prior.weights.sum() == pytest.approx(1)
    for mean, scale in zip(truth.means, truth.scales, strict=True):
        at = int(np.square(fit.prior.means - mean).sum(axis=1).argmin())
        np.testing.assert_allclose(fit.prior.means[at], mean, atol=0.25)
        found = fit.prior.scales[at]
        np.testing.assert_allclose(found @ found.T, scale @ scale.T, atol=0.6)
    assert reported[0][0] == 0
    assert reported[-1][0] == reported[-1][1]


def test_equal_draws_give_equal_bits() -> None:
    z = true_mixture(3, 3).draw(600, seed=2)
    first, again = (fit_mixture(z, seed=5).prior for _ in range(2))
    for name in ("weights", "means", "scales"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()


@pytest.mark.parametrize("z", [np.zeros((9, 2)), np.ones((2, 16)), np.arange(40.0).reshape(20, 2)])
def test_few_or_degenerate_draws_give_a_mixture_that_can_be_drawn_from(
    z: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> None:
    prior = fit_mixture(z, seed=0).prior
    drawn = prior.draw(100, seed=0)
    assert np.isfinite(drawn).all()
    assert np.abs(drawn).max() <= np.abs(z).max() * 3 + 1


def test_a_mixture_has_no_more_parameters_than_draws() -> None:
    assert parameters(1, 2) == 5
    assert parameters(3, 1) == 8
    # Clusters that BIC alone would follow: 16 of them need 32 components' worth of draws.
    z = true_mixture(8, 16).draw(100, seed=0)
    fit = fit_mixture(z, seed=0)
    assert max(fit.bic) == 2
