"""KL, active units and mutual information, against cases that are known in closed form."""

import numpy as np
import pytest
from numpy.typing import NDArray

from vae_engine.evaluation.aggregate import (
    active_units,
    kl_per_dimension,
    most_information,
    mutual_information,
)

Floats = NDArray[np.float32]


def information(z_mean: Floats, z_log_var: Floats, *, draws: int | None = None) -> float:
    """With one z of each image, or with `draws` z of images in turn."""
    rows = np.arange(draws or len(z_mean)) % len(z_mean)
    rng = np.random.default_rng(5)
    epsilon = rng.standard_normal((len(rows), z_mean.shape[1]))
    return mutual_information(z_mean, z_log_var, rows, epsilon)


def normals(z_mean: list[list[float]], deviation: float) -> tuple[Floats, Floats]:
    mean = np.array(z_mean, np.float32)
    return mean, np.full_like(mean, 2.0 * np.log(deviation))


def test_kl_is_that_of_the_closed_form() -> None:
    z_mean = np.array([[0.0, 1.0, -2.0]], np.float32)
    z_log_var = np.array([[0.0, 0.0, np.log(4.0)]], np.float32)
    expected = [[0.0, 0.5, 0.5 * (4.0 + 4.0 - np.log(4.0) - 1.0)]]
    np.testing.assert_allclose(kl_per_dimension(z_mean, z_log_var), expected, rtol=1e-6)


def test_units_are_active_from_a_variance_of_a_hundredth_on() -> None:
    signs = np.tile([[1.0], [-1.0]], (50, 1))
    z_mean = (signs * np.sqrt([[0.0, 0.0099, 0.0101, 1.0]]) + 7.0).astype(np.float32)
    assert active_units(z_mean) == 2


def test_posteriors_that_are_all_alike_tell_nothing() -> None:
    z_mean, z_log_var = normals([[0.5, -0.5]] * 600, 0.8)
    assert information(z_mean, z_log_var) == pytest.approx(0.0, abs=1e-9)


def test_posteriors_that_lie_apart_tell_the_image() -> None:
    z_mean, z_log_var = normals([[1.0 * n, -3.0] for n in range(600)], 0.01)
    assert information(z_mean, z_log_var) == pytest.approx(np.log(600), abs=1e-5)
    assert most_information(600) == pytest.approx(np.log(600))


def test_two_posteriors_have_the_information_of_the_integral() -> None:
    grid = np.linspace(-8.0, 8.0, 20_001)
    one, other = (np.exp(-0.5 * ((grid - mean) / 0.7) ** 2) for mean in (-0.5, 0.5))
    scale = np.trapezoid(one, grid)
    one, other = one / scale, other / scale
    expected = np.trapezoid(one * np.log(one / (0.5 * one + 0.5 * other)), grid)
    found = information(*normals([[-0.5], [0.5]], 0.7), draws=40_000)
    assert found == pytest.approx(expected, abs=0.01)


def test_a_gaussian_channel_has_its_capacity_and_the_prior_as_its_aggregate() -> None:
    """z_mean from N(0, 1 - v) and variance v: q(z) is the prior, I(x; z) is -0.5 log v."""
    rng = np.random.default_rng(0)
    variances = np.array([0.2, 0.5])
    z_mean = (rng.standard_normal((6000, 2)) * np.sqrt(1.0 - variances)).astype(np.float32)
    z_log_var = np.log(np.broadcast_to(variances, z_mean.shape)).astype(np.float32)
    found = information(z_mean, z_log_var)
    assert found == pytest.approx(-0.5 * np.log(variances).sum(), abs=0.03)
    aggregate_kl = kl_per_dimension(z_mean, z_log_var).sum(axis=1).mean() - found
    assert aggregate_kl == pytest.approx(0.0, abs=0.03)


def test_an_aggregate_that_is_shifted_is_as_far_from_the_prior_as_it_is_shifted() -> None:
    z_mean, z_log_var = normals([[2.0, 0.0]] * 300, 1.0)
    aggregate_kl = kl_per_dimension(z_mean, z_log_var).sum(axis=1).mean() - information(
        z_mean, z_log_var
    )
    assert aggregate_kl == pytest.approx(2.0, abs=1e-6)


def test_narrow_posteriors_lose_no_digits() -> None:
    """Squares of 1e4 deviations cancel: the same posteriors near 0 have the same information."""
    near = information(*normals([[0.0], [1e-3]], 1e-3), draws=2000)
    far = information(*normals([[8.0], [8.0 + 2**-10]], 1e-3), draws=2000)
    assert far == pytest.approx(near, abs=0.02)
