"""Digits in the forms in which people save them, and the dataset they must give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.datasets.samples import digits, write_npz
from vae_engine.datasets import Dataset, load_dataset

D = digits(train=70, test=10)
X, Y, T, U = D["x_train"], D["y_train"], D["x_test"], D["y_test"]
V, W = X[60:], Y[60:]
Array = npt.NDArray[Any]


def saved(folder: Path, **arrays: Array) -> Dataset:
    return load_dataset(str(write_npz(folder / "data.npz", arrays)))


def same_images(dataset: Dataset, train: Array = X, test: Array | None = T) -> None:
    """The dataset has these images for training and validation, and for the test."""
    for images, split in (
        (dataset.train_images, "train"),
        (dataset.val_images, "val"),
        *(((dataset.test_images, "test"),) if test is None else ()),
    ):
        np.testing.assert_array_equal(images, train[dataset.rows[split]])
    if test is not None:
        np.testing.assert_array_equal(dataset.test_images, test)
