"""Statistics of a split's aggregate posterior: KL, active units, mutual information, in nats.

The aggregate posterior is q(z) = 1/N sum_n q(z|x_n), a mixture over the N images of the split.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

ACTIVE_VARIANCE = 0.01
_BLOCK = 256


def kl_per_dimension(z_mean: Floats, z_log_var: Floats) -> Doubles:
    """Compute KL(q(z|x) || N(0, I)) per image and dimension, (n, latent_dim).

    `0.5 * (mean^2 + var - log var - 1)`: Kingma & Welling, "Auto-Encoding Variational Bayes",
    2013, appendix B.
    """
    mean, log_var = z_mean.astype(np.float64), z_log_var.astype(np.float64)
    return 0.5 * (np.square(mean) + np.exp(log_var) - log_var - 1.0)


def active_units(z_mean: Floats) -> int:
    """Count the dimensions whose z_mean has a variance over the images above 0.01.

    Burda, Grosse & Salakhutdinov, "Importance Weighted Autoencoders", 2016, section 5.2.
    """
    return int((z_mean.var(axis=0, dtype=np.float64) > ACTIVE_VARIANCE).sum())


def mutual_information(
    z_mean: Floats, z_log_var: Floats, rows: NDArray[np.intp], epsilon: Doubles
) -> float:
    """Estimate I(x; z) under q(z|x_n) / N: the information in z about its image.

    `E[log q(z|x) - log q(z)]`, the mean over one z of each image of `rows`, against the whole
    mixture: Hoffman & Johnson, "ELBO surgery", 2016, equation 7. It is at most log N, and an
    estimate near log N says only that the images' posteriors do not overlap. The mean KL less this
    is KL(q(z) || p(z)), as in He et al., "Lagging Inference Networks", 2019, equation 5; the
    difference varies less than an estimate of its own would.

    Args:
        z_mean: (N, latent_dim).
        z_log_var: (N, latent_dim).
        rows: (m,) the images to draw z for.
        epsilon: (m, latent_dim) from N(0, I).
    """
    mean, log_var = z_mean.astype(np.float64), z_log_var.astype(np.float64)
    # log q(z|x_n) is a polynomial of second degree in z, so all of them are one matrix product.
    precision = np.exp(-log_var)
    quadratic = np.concatenate([-0.5 * precision, mean * precision], axis=1).T
    constant = -0.5 * (np.square(mean) * precision + log_var).sum(axis=1)
    total = 0.0
    for start in range(0, len(rows), _BLOCK):
        chosen, noise = rows[start : start + _BLOCK], epsilon[start : start + _BLOCK]
        z = mean[chosen] + np.exp(0.5 * log_var[chosen]) * noise
        own = -0.5 * (np.square(noise) + log_var[chosen]).sum(axis=1)
        densities = np.concatenate([np.square(z), z], axis=1) @ quadratic + constant
        highest = densities.max(axis=1, keepdims=True)
        np.exp(densities - highest, out=densities)
        mixture = highest[:, 0] + np.log(densities.mean(axis=1))
        total += float((own - mixture).sum())
    return total / len(rows)


def most_information(images: int) -> float:
    """Return the upper bound of `mutual_information` for a split of N images: log N."""
    return math.log(images)
