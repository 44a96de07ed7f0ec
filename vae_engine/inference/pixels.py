"""Likelihoods of pixels in NumPy: pixel means, and log p(x|z) from the decoder's logits.

`vae_engine.model.objective` has the same formulas in TensorFlow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from vae_engine.inference.activations import sigmoid
from vae_engine.likelihoods import Likelihood

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
_Array = TypeVar("_Array", NDArray[np.float32], NDArray[np.float64])

_FOLDS = 6
"""A product of 2^6 factors of at most 2 is far from the greatest float32, 2^128."""
SERIES_LOGIT = 0.5
"""Logits of smaller absolute value use a series, since the formulas are 0/0 at 0."""


@dataclass(frozen=True)
class PixelModel:
    """The distribution p(x|z) of a decoder that outputs logits.

    Attributes:
        likelihood: the distribution of a pixel.
        log_sigma: of the gaussian one, the logarithm of its standard deviation; else None.
    """

    likelihood: Likelihood = "bernoulli"
    log_sigma: float | None = None

    def means(self, logits: Floats) -> Floats:
        """Return the pixel means, in [0, 1], with the shape of the logits."""
        if self.likelihood == "continuous_bernoulli":
            return continuous_bernoulli_mean(logits)
        return sigmoid(logits)

    def log_likelihood(self, images: Floats, logits: Floats) -> Doubles:
        """Compute log p(x|z) summed over the pixels, (values, ...) to (...), in nats.

        Args:
            images: (values, ...) in [0, 1].
            logits: (values, ...), to whose shape images can be broadcast.
        """
        if self.log_sigma is not None:
            return gaussian_log_likelihood(images, sigmoid(logits), self.log_sigma)
        total = bernoulli_log_likelihood(images, logits)
        if self.likelihood == "continuous_bernoulli":
            total += _sum_values(continuous_bernoulli_log_constant(logits))
        return total


def bernoulli_log_likelihood(images: Floats, logits: Floats) -> Doubles:
    """Compute log p(x|z) of Bernoulli pixels, summed over the pixels: (values, ...) to (...).

    `x l - max(l, 0) - log(1 + exp(-|l|))`, minus the binary cross-entropy as it is trained on:
    Kingma & Welling, "Auto-Encoding Variational Bayes", 2013, appendix C.1. For grey x it is no
    probability, but the value is the same.

    The sum of the logarithms is computed from products of up to 64 of the factors, each at most 2.
    """
    size = np.abs(logits)
    # 2 max(l, 0) = l + |l|, exactly; NumPy is slower at a maximum with a scalar.
    twice = 2.0 * images * logits
    twice -= logits + size
    factors = np.negative(size, out=size)
    np.exp(factors, out=factors)
    factors += 1.0
    logarithms = np.log(_folded(np.multiply, factors))
    total: Doubles = 0.5 * _sum_values(twice) - logarithms.sum(axis=0, dtype=np.float64)
    return total


def gaussian_log_likelihood(images: Floats, means: Floats, log_sigma: float) -> Doubles:
    """Compute log N(x; mean, sigma^2) summed over the pixels: (values, ...) to (...).

    `-(x - mean)^2 / (2 sigma^2) - log sigma - log(2 pi) / 2` per pixel, one sigma for all: the
    sigma-VAE of Rybkin, Daniilidis & Levine, "Simple and Effective VAE Training with Calibrated
    Decoders", 2021, equation 4. A density of values in [0, 1], so it may be above 0.
    """
    errors = _sum_values(np.square(images - means))
    constant = len(images) * (log_sigma + 0.5 * math.log(2.0 * math.pi))
    total: Doubles = -0.5 * errors * math.exp(-2.0 * log_sigma) - constant
    return total


def _sum_values(values: Floats) -> Doubles:
    """Sum (values, ...) over the values: pairwise in float32, then in float64; overwrites."""
    total: Doubles = _folded(np.add, values).sum(axis=0, dtype=np.float64)
    return total


def _folded(combine: np.ufunc, values: Floats) -> Floats:
    """Combine up to 2^6 rows into each of fewer rows, by halves; overwrites the values."""
    for _ in range(_FOLDS):
        half = -(-len(values) // 2)
        combine(values[: len(values) - half], values[half:], out=values[: len(values) - half])
        values = values[:half]
    return values


def continuous_bernoulli_log_constant(logits: _Array) -> _Array:
    """Compute the logarithm of the continuous Bernoulli's normalizing constant per logit.

    `log C = log(2 atanh(1 - 2 p) / (1 - 2 p))` with p the sigmoid of the logit l: Loaiza-Ganem &
    Cunningham, "The continuous Bernoulli: fixing a pervasive error in variational autoencoders",
    2019, equation 7. In terms of l it is `log(l / tanh(l / 2))`; near 0, where that is 0/0, the
    series `log 2 + l^2/12 - 7 l^4/1440 + 31 l^6/90720`.
    """
    size = np.abs(logits)
    square = np.square(np.minimum(size, SERIES_LOGIT))
    series = math.log(2.0) + square * (1 / 12 + square * (31 / 90720 * square - 7 / 1440))
    large = np.maximum(size, SERIES_LOGIT)
    exact = np.log(large) - np.log(np.tanh(0.5 * large))
    return np.where(size < SERIES_LOGIT, series, exact).astype(logits.dtype, copy=False)


def continuous_bernoulli_mean(logits: _Array) -> _Array:
    """Compute the mean of a continuous Bernoulli per logit l: `1/2 + coth(l/2)/2 - 1/l`.

    Loaiza-Ganem & Cunningham 2019, equation 8, in terms of l. It is less extreme than the sigmoid;
    near 0 its series is `1/2 + l/12 - l^3/720 + l^5/30240`.
    """
    is_small = np.abs(logits) < SERIES_LOGIT
    small, large = np.where(is_small, logits, 0.0), np.where(is_small, 1.0, logits)
    square = np.square(small)
    series = 0.5 + small * (1 / 12 + square * (square / 30240 - 1 / 720))
    exact = 0.5 + 0.5 / np.tanh(0.5 * large) - 1.0 / large
    return np.where(is_small, series, exact).astype(logits.dtype, copy=False)
