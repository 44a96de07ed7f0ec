"""The copy of MNIST that comes with the package, and its test images alone."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from vae_engine.datasets.arrays import check_image_header
from vae_engine.datasets.files import reading
from vae_engine.datasets.labels import check_label_header
from vae_engine.datasets.npy import npz_arrays
from vae_engine.datasets.parts import Part, digest
from vae_engine.errors import DatasetError

PACKAGED_MNIST: Final = Path(__file__).with_name("mnist.npz")

MNIST_SHA256: Final = "d3bba0ce073901b7c0c5264630a1d97b21d250061900b89e8cafc17b2d4840de"
"""Digest of the whole dataset, as sessions record it."""
_TEST_SHA256 = "2cb8052881d325d859807ce421ee53f9b1bd1e4ad17aa6ddbfecb60f24407366"


def packaged_test_images() -> Part | None:
    """Return MNIST's test split, checked by a digest of its own, in a fifth of the time of all.

    Returns:
        10,000 images (n, 28, 28) uint8 with labels, read-only; None if the copy is damaged or
        missing: `load_dataset` says what is wrong with it.
    """
    try:
        with reading(PACKAGED_MNIST, "MNIST"), npz_arrays(PACKAGED_MNIST) as arrays:
            images = arrays["x_test"].read(check_image_header)
            labels = arrays["y_test"].read(check_label_header).astype(np.int64)
    except (DatasetError, KeyError):
        return None
    part = Part(images, labels, np.arange(len(images)))
    return part.frozen() if digest({"test": part}) == _TEST_SHA256 else None
