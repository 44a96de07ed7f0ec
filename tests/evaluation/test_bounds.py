"""The bounds on log p(x), against models whose marginal likelihood is known."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from vae_engine.evaluation.aggregate import kl_per_dimension
from vae_engine.evaluation.bounds import (
    Doubles,
    Floats,
    ImportanceSums,
    LogSumExp,
    importance_sums,
    log_prior_ratio,
    standard_error,
)
from vae_engine.inference.pixels import bernoulli_log_likelihood

PIXELS = 6
GRID: Doubles = np.linspace(-12.0, 12.0, 4801)


def toy_logits(z: Floats) -> Floats:
    """A decoder from one dimension to six pixels, bent enough that no posterior is normal."""
    slopes = np.array([2.0, -1.5, 1.0, 0.5, -3.0, 0.0], np.float32)
    return (z * slopes + np.array([0.5, 0.0, -1.0, 1.0, 0.2, -0.4], np.float32)).astype(np.float32)


def toy(images: int) -> tuple[Floats, Floats, Floats]:
    """Grey and black-and-white images with a posterior that is near, but not, the true one."""
    rng = np.random.default_rng(1)
    x = np.where(rng.random((images, 1)) < 0.5, 1.0, 0.6) * rng.integers(0, 2, (images, PIXELS))
    z_mean = (0.3 * x[:, :1] - 0.25 * x[:, 4:5]).astype(np.float32)
    return x.astype(np.float32), z_mean, np.full((images, 1), -0.7, np.float32)


def toy_log_likelihood(x: Floats) -> Callable[[Floats], Doubles]:
    """From z (samples, images, 1) to log p(x|z), (samples, images)."""

    def of(z: Floats) -> Doubles:
        return bernoulli_log_likelihood(x.T[:, np.newaxis], np.moveaxis(toy_logits(z), -1, 0))

    return of


def draws(rng: np.random.Generator, samples: int, count: int) -> Iterator[Floats]:
    for _ in range(samples):
        yield rng.standard_normal((count, 1), np.float32)


def on_grid(x: Floats) -> Doubles:
    """log p(x|z) for every z of the grid: (images, grid)."""
    logits = toy_logits(GRID[:, None].astype(np.float32)).astype(np.float64)
    return np.asarray(x @ logits.T - np.logaddexp(0.0, logits).sum(axis=1))


def integral(values: Doubles) -> Doubles:
    return np.asarray(np.trapezoid(values, GRID, axis=-1))


def normal(mean: Floats | float, deviation: Floats | float) -> Doubles:
    density: Doubles = np.exp(-0.5 * ((GRID - mean) / deviation) ** 2) / (
        deviation * np.sqrt(2.0 * np.pi)
    )
    return density


def true_nll(x: Floats) -> Doubles:
    return -np.log(integral(np.exp(on_grid(x)) * normal(0.0, 1.0)))


def true_negative_elbo(x: Floats, z_mean: Floats, z_log_var: Floats) -> Doubles:
    posterior = normal(z_mean, np.exp(0.5 * z_log_var))
    kl = kl_per_dimension(z_mean, z_log_var).sum(axis=1)
    return np.asarray(kl - integral(on_grid(x) * posterior))


@pytest.mark.parametrize("scale", [1.0, 1e3])
@pytest.mark.parametrize("offset", [0.0, -9e4, 9e4])
def test_streaming_log_sum_exp_is_the_direct_one(scale: float, offset: float) -> None:
    values = np.random.default_rng(0).standard_normal((40, 7)) * scale + offset
    total = LogSumExp.of(values[:1])
    for row in values[1:]:
        total = total.plus(LogSumExp.of(row[np.newaxis]))
    direct = np.logaddexp.reduce(values, axis=0)
    np.testing.assert_allclose(total.value, direct, rtol=1e-13)
    np.testing.assert_allclose(LogSumExp.of(values).value, direct, rtol=1e-13)


def test_log_sum_exp_of_parts_is_that_of_the_whole() -> None:
    values = np.random.default_rng(0).standard_normal((4, 3)) * 50
    one, two, three, four = (LogSumExp.of(row[np.newaxis]) for row in values)
    np.testing.assert_allclose(
        one.plus(two).plus(three.plus(four)).value, np.logaddexp.reduce(values), rtol=1e-13
    )


def test_the_likelihood_is_exact_for_every_logit() -> None:
    logits = np.array([[0.0, 2.0, -90.0, 90.0, 90.0, 30.0]], np.float32)
    images = np.array([[0.3, 1.0, 1.0, 1.0, 0.0, 0.5]], np.float32)
    found = bernoulli_log_likelihood(images, logits)
    expected = [-np.log(2.0), -np.log1p(np.exp(-2.0)), -90.0, 0.0, -90.0, -15.0]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_prior_ratio_is_that_of_the_normal_densities() -> None:
    rng = np.random.default_rng(0)
    mean, log_var, epsilon = rng.standard_normal((3, 5, 4)).astype(np.float32)
    z = mean + np.exp(0.5 * log_var) * epsilon

    def log_normal(mean: NDArray[np.floating], log_var: NDArray[np.floating]) -> Doubles:
        terms: Doubles = (z - mean) ** 2 / np.exp(log_var) + log_var + np.log(2 * np.pi)
        return np.asarray(-0.5 * terms.sum(axis=1))

    expected = log_normal(np.zeros_like(z), np.zeros_like(z)) - log_normal(mean, log_var)
    np.testing.assert_allclose(log_prior_ratio(z, epsilon, log_var), expected, rtol=1e-4)


def test_many_samples_reach_the_marginal_likelihood() -> None:
    x, z_mean, z_log_var = toy(30)
    rng = np.random.default_rng(2)
    sums = importance_sums(toy_log_likelihood(x), z_mean, z_log_var, draws(rng, 4_000, len(x)))
    assert sums.samples == 4_000
    np.testing.assert_allclose(sums.nll, true_nll(x), atol=0.04)
    np.testing.assert_allclose(
        sums.reconstruction_loss + kl_per_dimension(z_mean, z_log_var).sum(axis=1),
        true_negative_elbo(x, z_mean, z_log_var),
        atol=0.1,
    )


def test_with_the_true_posterior_every_sample_gives_the_marginal_likelihood() -> None:
    """A decoder that ignores z has the prior as its posterior."""
    x, _, _ = toy(5)
    prior = np.zeros((5, 1), np.float32)
    constant = bernoulli_log_likelihood(x.T, toy_logits(prior).T)
    for samples in (1, 3):
        noise = draws(np.random.default_rng(0), samples, 5)
        sums = importance_sums(lambda z: np.stack([constant] * len(z)), prior, prior, noise)
        np.testing.assert_allclose(sums.nll, -constant, rtol=1e-6)


def test_one_sample_is_the_elbo_in_expectation_and_more_come_nearer() -> None:
    x, z_mean, z_log_var = (np.repeat(array, 1000, axis=0) for array in toy(3))

    def mean_nll(samples: int) -> Doubles:
        rng = np.random.default_rng(samples)
        sums = importance_sums(
            toy_log_likelihood(x), z_mean, z_log_var, draws(rng, samples, len(x))
        )
        mean: Doubles = sums.nll.reshape(3, 1000).mean(axis=1)
        return mean

    one, five, fifty = map(mean_nll, (1, 5, 50))
    elbo = true_negative_elbo(x, z_mean, z_log_var)[::1000]
    np.testing.assert_allclose(one, elbo, atol=0.08)
    assert (elbo > five).all()
    assert (five > fifty).all()
    assert (fifty > true_nll(x)[::1000] - 0.01).all()


def test_sums_of_parts_are_the_sums_of_all() -> None:
    x, z_mean, z_log_var = toy(8)
    noise = list(draws(np.random.default_rng(3), 7, 8))

    def sums(rows: slice, samples: slice) -> ImportanceSums:
        chosen = (epsilon[rows] for epsilon in noise[samples])
        of = toy_log_likelihood(x[rows])
        return importance_sums(of, z_mean[rows], z_log_var[rows], chosen)

    whole = sums(slice(8), slice(7))
    halves = [slice(5), slice(5, 8)]
    joined = ImportanceSums.joined(
        [sums(rows, slice(2)).plus(sums(rows, slice(2, 7))) for rows in halves]
    )
    assert joined.samples == whole.samples == 7
    np.testing.assert_allclose(joined.nll, whole.nll, rtol=1e-12)
    np.testing.assert_allclose(joined.reconstruction_loss, whole.reconstruction_loss, rtol=1e-12)


def test_no_sample_is_an_error() -> None:
    x, z_mean, z_log_var = toy(2)
    with pytest.raises(ValueError, match="at least one"):
        importance_sums(toy_log_likelihood(x), z_mean, z_log_var, [])


def test_the_standard_error_is_the_deviation_over_the_root_of_the_count() -> None:
    assert standard_error(np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx(np.sqrt(5 / 3) / 2)
    assert standard_error(np.array([5.0, 5.0])) == 0.0
