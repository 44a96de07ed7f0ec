"""Fit a Gaussian mixture to draws of the aggregate posterior."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from vae_engine.datasets.parallel_files import Report
from vae_engine.inference.blas import one_thread
from vae_engine.priors.prior import MixturePrior

COMPONENTS: Final = (1, 2, 4, 8, 16, 32)
_ITERATIONS: Final = 50
# Added to the variances: a standard deviation of 0.01 where the prior's is 1.
_LEAST_VARIANCE: Final = 1e-4


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted mixture.

    Attributes:
        prior: the mixture of the lowest BIC.
        bic: of each number of components that was tried.
    """

    prior: MixturePrior
    bic: Mapping[int, float]


def fit_mixture(z: NDArray[np.floating], *, seed: int, report: Report = lambda *_: None) -> Fit:
    """Fit mixtures with full covariances by expectation maximization, and choose by BIC.

    The number of components doubles from 1 to 32, until the Bayesian information criterion no
    longer falls (Schwarz, "Estimating the dimension of a model", 1978), or there would be more
    parameters than draws. For mixtures fitted to q(z) after training see Ghosh et al., "From
    variational to deterministic autoencoders", 2020, section 4.

    Args:
        z: (n, latent_dim), finite, n at least 2. Equal z and seeds give equal bits on a machine.
        seed: of the initial means.
        report: called with the progress.
    """
    values = z.astype(np.float64)
    count, latent_dim = values.shape
    tried = [k for k in COMPONENTS if k == 1 or parameters(k, latent_dim) <= count]
    report("fitting the mixture", 0, len(tried))
    # Slow to import.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    bic: dict[int, float] = {}
    best = None
    # With several threads, sums and so the last bits depend on which of them ends first.
    with warnings.catch_warnings(), one_thread(), threadpool_limits(1, user_api="openmp"):
        # A limit of iterations is enough, and equal draws leave fewer means than components.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for at, components in enumerate(tried):
            report("fitting the mixture", at, len(tried))
            mixture = GaussianMixture(
                components,
                covariance_type="full",
                reg_covar=_LEAST_VARIANCE,
                max_iter=_ITERATIONS,
                random_state=seed,
            ).fit(values)
            bic[components] = float(mixture.bic(values))
            if best is not None and bic[components] >= min(list(bic.values())[:-1]):
                break
            best = mixture
    report("fitting the mixture", len(tried), len(tried))
    assert best is not None
    scales = np.linalg.cholesky(best.covariances_)
    return Fit(MixturePrior(best.weights_, best.means_, scales), bic)


def parameters(components: int, latent_dim: int) -> int:
    """Count the free parameters of a mixture: weights, means and covariances."""
    per_component = latent_dim + latent_dim * (latent_dim + 1) // 2
    return components * per_component + components - 1
