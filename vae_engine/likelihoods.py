"""Likelihoods of a pixel given z: names, resolution of `auto`, bits per dimension.

The formulas are in `vae_engine.model.objective` and, in NumPy, in `vae_engine.inference.pixels`.
"""

from __future__ import annotations

import math
from typing import Literal

from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.settings import Settings

Likelihood = Literal["bernoulli", "gaussian", "continuous_bernoulli"]

LOWEST_LOG_SIGMA = -6.0
"""Lower bound of a learned log sigma, from sigma-VAE; reached if images are matched exactly."""

COLLAPSED_SIGMA = 1.0 / 255.0
"""A sigma below one grey level fits the rounding of the pixels instead of the images."""

_GREY_LEVELS = 256


def pixel_likelihood(settings: Settings, shape: ImageShape = GREY_28) -> Likelihood:
    """Return the likelihood of settings: `auto` is gaussian for colour, bernoulli for grey.

    Binarized pixels are bernoulli in colour too, since they are 0 or 1.
    """
    if settings.likelihood != "auto":
        return settings.likelihood
    return "bernoulli" if shape.channels == 1 or settings.binarize != "none" else "gaussian"


def is_density(likelihood: Likelihood) -> bool:
    """Return whether it is a density on [0, 1], for which negative losses are normal."""
    return likelihood != "bernoulli"


def collapse_warning(log_sigma: float, epoch: int) -> str:
    """Return a warning if sigma of a gaussian likelihood has collapsed, else empty.

    Args:
        log_sigma: its logarithm after the epoch.
        epoch: from 1.
    """
    sigma = math.exp(log_sigma)
    if sigma >= COLLAPSED_SIGMA:
        return ""
    return (
        f"the variance collapsed in epoch {epoch}: sigma is {sigma:.4f}, less than one grey level, "
        "so the losses mean little; with `likelihood=bernoulli` it cannot collapse"
    )


def bits_per_dimension(nats: float, shape: ImageShape, likelihood: Likelihood) -> float:
    """Convert a negative log-likelihood, or a bound on it, in nats per image to bits per dimension.

    `nats / (D ln 2)` with D values per image. Of a density on [0, 1] (gaussian, continuous
    bernoulli) `log2(256) = 8` is added: the density times the width of one of 256 levels, as for
    8-bit images in Theis, van den Oord & Bethge, "A note on the evaluation of generative models",
    2016, section 3.1. No noise is added to the pixels, so it is an approximation, not a bound,
    where sigma is near the width of a level.
    """
    bits = nats / (shape.values * math.log(2.0))
    return bits + math.log2(_GREY_LEVELS) if is_density(likelihood) else bits
