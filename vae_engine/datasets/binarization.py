"""Binarized images: every pixel black or white, drawn with its grey level as probability.

Training draws them anew for every step ("dynamic": Salakhutdinov & Murray, "On the Quantitative
Analysis of Deep Belief Networks", 2008; Burda et al., "Importance Weighted Autoencoders", 2016,
section 5), so that -log p(x|z) is that of a true Bernoulli model. The validation and test splits
are drawn once, so that epochs compare.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import Images
from vae_engine.datasets.dataset import Dataset
from vae_engine.settings import Settings

BINARIZATION = 6
"""The purpose of its random streams, beside those of `vae_engine.training.randomness.Purpose`."""

_VALIDATION, _TEST = 1, 2


def as_evaluated(dataset: Dataset, settings: Settings) -> Dataset:
    """The dataset with its validation and test splits as a session's losses are taken on them.

    With `binarize` dynamic these are 0 and 255 (uint8), a function of the settings' seed; the
    training split stays grey, since every step draws from it. Otherwise nothing changes.
    """
    if settings.binarize == "none":
        return dataset
    return replace(
        dataset,
        val_images=_binarized(dataset.val_images, settings.seed, _VALIDATION),
        test_images=_binarized(dataset.test_images, settings.seed, _TEST),
    )


def _binarized(images: Images, seed: int, split: int) -> npt.NDArray[np.uint8]:
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, BINARIZATION, split])))
    scale = 255.0 if images.dtype == np.uint8 else 1.0
    # A uniform number below 1 is below every white pixel, and none is below a black one.
    drawn = np.where(rng.random(images.shape, np.float32) * scale < images, 255, 0).astype(np.uint8)
    drawn.flags.writeable = False
    return drawn
