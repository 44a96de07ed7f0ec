"""The distributions of a pixel given z: their names, what auto comes to, and bits per dimension.

The formulas are in `vae_engine.model.objective` and, in NumPy, in `vae_engine.inference.pixels`.
"""

from __future__ import annotations

import math
from typing import Literal

from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.settings import Settings

Likelihood = Literal["bernoulli", "gaussian", "continuous_bernoulli"]

LOWEST_LOG_SIGMA = -6.0
"""A learned log sigma stays above this: sigma-VAE's bound, for images that are matched exactly."""

COLLAPSED_SIGMA = 1.0 / 255.0
"""A sigma below one grey level describes the rounding of the pixels, not the images."""

_GREY_LEVELS = 256


def pixel_likelihood(settings: Settings, shape: ImageShape = GREY_28) -> Likelihood:
    """The likelihood of these settings: `auto` is gaussian for colour, bernoulli for grey.

    Pixels that are binarized are bernoulli in colour too: they are 0 or 1.
    """
    if settings.likelihood != "auto":
        return settings.likelihood
    return "bernoulli" if shape.channels == 1 or settings.binarize != "none" else "gaussian"


def is_density(likelihood: Likelihood) -> bool:
    """Whether it is a density of values in [0, 1]: then a negative loss is nothing unusual."""
    return likelihood != "bernoulli"


def collapse_warning(log_sigma: float, epoch: int) -> str:
    """What to say of a gaussian likelihood whose sigma means nothing; empty if it means something.

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
    """Bits per dimension of a negative log-likelihood, or of a bound on it, in nats per image.

    `nats / (D ln 2)` with D values per image. Of a density on [0, 1] (gaussian, continuous
    bernoulli) `log2(256) = 8` is added: the density times the width of one of 256 levels, as for
    8-bit images in Theis, van den Oord & Bethge, "A note on the evaluation of generative models",
    2016, section 3.1. No noise is added to the pixels, so it is an approximation, not a bound,
    where sigma is near the width of a level.
    """
    bits = nats / (shape.values * math.log(2.0))
    return bits + math.log2(_GREY_LEVELS) if is_density(likelihood) else bits
