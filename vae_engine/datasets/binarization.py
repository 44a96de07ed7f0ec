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
from vae_engine.datasets.source import Split
from vae_engine.settings import Settings

BINARIZATION = 6
"""The purpose of its random streams, beside those of `vae_engine.training.randomness.Purpose`."""

_VALIDATION, _TEST, _TRAINING, _OWN = 1, 2, 3, 4
_STREAMS: dict[Split, int] = {"train": _TRAINING, "val": _VALIDATION, "test": _TEST}
_AT_ONCE = 2**20
"""Values that random numbers are drawn for at once."""


def as_evaluated(dataset: Dataset, settings: Settings) -> Dataset:
    """The dataset with its validation and test splits as a session's losses are taken on them.

    With `binarize` dynamic these are 0 and 255 (uint8), a function of the settings' seed; the
    training split stays grey, since every step draws from it. Otherwise nothing changes.
    """
    if settings.binarize == "none":
        return dataset
    return replace(
        dataset,
        val_images=split_as_evaluated(dataset, "val", settings),
        test_images=split_as_evaluated(dataset, "test", settings),
    )


def split_as_evaluated(dataset: Dataset, split: Split, settings: Settings) -> Images:
    """The images of a split as the model's ELBO is taken on them.

    With `binarize` dynamic these are 0 and 255 (uint8), those of validation and test split as in
    `as_evaluated`. The training split is drawn once too, so that its images compare with these.
    """
    images: dict[Split, Images] = {
        "train": dataset.train_images,
        "val": dataset.val_images,
        "test": dataset.test_images,
    }
    if settings.binarize == "none":
        return images[split]
    return _binarized(images[split], settings.seed, _STREAMS[split])


def own_as_evaluated(images: Images, settings: Settings) -> Images:
    """Images of no split, as the model's ELBO is taken on them."""
    if settings.binarize == "none":
        return images
    return _binarized(images, settings.seed, _OWN)


def _binarized(images: Images, seed: int, stream: int) -> npt.NDArray[np.uint8]:
    key = np.random.SeedSequence([seed, BINARIZATION, stream])
    rng = np.random.Generator(np.random.Philox(key))
    scale = 255.0 if images.dtype == np.uint8 else 1.0
    drawn = np.empty(images.shape, np.uint8)
    # The stream continues from part to part, so the numbers equal those for all images at once.
    step = max(1, _AT_ONCE // max(1, images[:1].size))
    for start in range(0, len(images), step):
        part = images[start : start + step]
        # A uniform number below 1 is below every white pixel, and none is below a black one.
        is_white = rng.random(part.shape, np.float32) * scale < part
        drawn[start : start + step] = np.where(is_white, 255, 0)
    drawn.flags.writeable = False
    return drawn
