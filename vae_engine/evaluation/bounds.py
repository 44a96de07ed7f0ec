"""Bounds on log p(x) per image, in nats: the ELBO and the importance-weighted bound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_SAMPLES_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class LogSumExp:
    """log(exp(v1) + exp(v2) + ...) of values that come one after the other, without overflow.

    Attributes:
        highest: (n,) the greatest value so far.
        scaled: (n,) the sum of exp(value - highest) so far.
    """

    highest: Doubles
    scaled: Doubles

    @classmethod
    def of(cls, values: Doubles) -> LogSumExp:
        """Start a sum with some values of each, (samples, n)."""
        highest = values.max(axis=0)
        return cls(highest, np.exp(values - highest).sum(axis=0))

    def plus(self, other: LogSumExp) -> LogSumExp:
        """Add two sums."""
        highest = np.maximum(self.highest, other.highest)
        scaled = self.scaled * np.exp(self.highest - highest)
        scaled += other.scaled * np.exp(other.highest - highest)
        return LogSumExp(highest, scaled)

    @property
    def value(self) -> Doubles:
        """Return the logarithm of the sum, (n,)."""
        return self.highest + np.log(self.scaled)


@dataclass(frozen=True, eq=False)
class ImportanceSums:
    """Sums over samples of z for n images; memory does not depend on the number of samples.

    Attributes:
        samples: number of samples.
        log_likelihood: (n,) sum of log p(x|z).
        weights: (n,) sum of the importance weights p(x, z) / q(z|x).
    """

    samples: int
    log_likelihood: Doubles
    weights: LogSumExp

    def plus(self, other: ImportanceSums) -> ImportanceSums:
        """Add the sums over further samples."""
        return ImportanceSums(
            self.samples + other.samples,
            self.log_likelihood + other.log_likelihood,
            self.weights.plus(other.weights),
        )

    @classmethod
    def joined(cls, blocks: Sequence[ImportanceSums]) -> ImportanceSums:
        """Join the sums of several blocks of images, with equal numbers of samples."""
        weights = [block.weights for block in blocks]
        return cls(
            blocks[0].samples,
            np.concatenate([block.log_likelihood for block in blocks]),
            LogSumExp(
                np.concatenate([weight.highest for weight in weights]),
                np.concatenate([weight.scaled for weight in weights]),
            ),
        )

    @property
    def reconstruction_loss(self) -> Doubles:
        """Estimate -E_q[log p(x|z)], (n,): the mean over the samples."""
        return -self.log_likelihood / self.samples

    @property
    def nll(self) -> Doubles:
        """Compute the importance-weighted bound on -log p(x), (n,).

        `-log(1/K sum_k p(x, z_k) / q(z_k|x))`, z_k from q(z|x): Burda, Grosse & Salakhutdinov,
        "Importance Weighted Autoencoders", 2016, equation 8. With K = 1 it is the ELBO in
        expectation; in expectation it falls as K grows, towards -log p(x).
        """
        return float(np.log(self.samples)) - self.weights.value


def importance_sums(
    log_likelihood: Callable[[Floats], Doubles],
    z_mean: Floats,
    z_log_var: Floats,
    noise: Iterable[Floats],
) -> ImportanceSums:
    """Accumulate the sums, some samples of z per image at a time.

    Args:
        log_likelihood: from z (samples, n, latent_dim) to log p(x|z), (samples, n).
        z_mean: (n, latent_dim).
        z_log_var: (n, latent_dim).
        noise: for each sample epsilon (n, latent_dim) from N(0, I); at least one.
    """
    sums: ImportanceSums | None = None
    deviation = np.exp(0.5 * z_log_var)
    samples = iter(noise)
    while drawn := list(islice(samples, _SAMPLES_AT_ONCE)):
        z = np.stack([z_mean + deviation * epsilon for epsilon in drawn])
        likelihood = log_likelihood(z)
        ratios = [log_prior_ratio(*of, z_log_var) for of in zip(z, drawn, strict=True)]
        weights = LogSumExp.of(likelihood + np.stack(ratios))
        part = ImportanceSums(len(drawn), likelihood.sum(axis=0), weights)
        sums = part if sums is None else sums.plus(part)
    if sums is None:
        raise ValueError("no samples of noise: wanted at least one")
    return sums


def log_prior_ratio(z: Floats, epsilon: Floats, z_log_var: Floats) -> Doubles:
    """Compute log p(z) - log q(z|x), (n,), for z = mean + exp(0.5 log-variance) * epsilon.

    Both are normal, so the constants cancel: `0.5 * sum(epsilon^2 + log-variance - z^2)`.
    """
    terms = np.square(epsilon, dtype=np.float64) + z_log_var - np.square(z, dtype=np.float64)
    total: Doubles = 0.5 * terms.sum(axis=1)
    return total


def standard_error(values: Doubles) -> float:
    """Return the standard error of the mean of n >= 2 independent values: deviation / sqrt(n)."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))
