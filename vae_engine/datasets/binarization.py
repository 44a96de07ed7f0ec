"""Binarized images: every pixel black or white, drawn with its grey level as probability.

-log p(x|z) is then that of a true Bernoulli model. Validation and test images are drawn once, so
that epochs compare. Training images are resampled in every step ("dynamic": Burda et al.,
"Importance Weighted Autoencoders", 2016, section 5), or drawn once too ("static": Salakhutdinov &
Murray, "On the Quantitative Analysis of Deep Belief Networks", 2008).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import Images
from vae_engine.datasets.dataset import Dataset
from vae_engine.datasets.source import Split
from vae_engine.random_purposes import Purpose
from vae_engine.settings import Settings

_VALIDATION, _TEST, _TRAINING, _OWN = 1, 2, 3, 4
_STREAMS: dict[Split, int] = {"train": _TRAINING, "val": _VALIDATION, "test": _TEST}
_AT_ONCE = 2**20
"""Values that random numbers are drawn for at once."""


def as_evaluated(dataset: Dataset, settings: Settings) -> Dataset:
    """The dataset as a session trains and is evaluated on it.

    With `binarize`, validation and test images are 0 and 255 (uint8), a function of the settings'
    seed. With static, so are the training images; with dynamic they stay grey, since every step
    draws from them. The binarized images are held in memory.
    """
    if settings.binarize == "none":
        return dataset
    return replace(
        dataset,
        train_images=images_to_train_on(dataset, settings),
        val_images=split_as_evaluated(dataset, "val", settings),
        test_images=split_as_evaluated(dataset, "test", settings),
    )


def images_to_train_on(dataset: Dataset, settings: Settings) -> Images:
    """The training images that the steps read: with `binarize` static drawn once, 0 and 255."""
    if settings.binarize == "static":
        return split_as_evaluated(dataset, "train", settings)
    return dataset.train_images


def split_as_evaluated(dataset: Dataset, split: Split, settings: Settings) -> Images:
    """The images of a dataset's split as the model's ELBO is taken on them."""
    images: dict[Split, Images] = {
        "train": dataset.train_images,
        "val": dataset.val_images,
        "test": dataset.test_images,
    }
    return images_as_evaluated(images[split], split, settings)


def images_as_evaluated(images: Images, split: Split, settings: Settings) -> Images:
    """All images of a split as the model's ELBO is taken on them.

    With `binarize` these are 0 and 255 (uint8), equal to those of `as_evaluated`. With dynamic the
    training split is drawn once too, so that its images compare with these.
    """
    if settings.binarize == "none":
        return images
    return _binarized(images, settings.seed, _STREAMS[split])


def own_as_evaluated(images: Images, settings: Settings) -> Images:
    """Images of no split, as the model's ELBO is taken on them."""
    if settings.binarize == "none":
        return images
    return _binarized(images, settings.seed, _OWN)


def _binarized(images: Images, seed: int, stream: int) -> npt.NDArray[np.uint8]:
    key = np.random.SeedSequence([seed, Purpose.BINARIZATION, stream])
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
