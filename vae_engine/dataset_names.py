"""Values of the `dataset` setting: the name of a built-in dataset, or a path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

DOWNLOADED_DATASETS: Final = ("fashion_mnist", "cifar10", "cifar100")
NAMED_DATASETS: Final = ("mnist", *DOWNLOADED_DATASETS)

NAMED_TRAINING_IMAGES: Final = 55_000
"""Training images of MNIST and Fashion-MNIST: 60,000 less the validation split."""

CIFAR_TRAINING_IMAGES: Final = 45_000
"""Training images of CIFAR-10 and CIFAR-100: 50,000 less the validation split."""


def named_training_images(dataset: str) -> int | None:
    """Return the number of training images of a built-in dataset; None for a path."""
    if dataset not in NAMED_DATASETS:
        return None
    return CIFAR_TRAINING_IMAGES if dataset.startswith("cifar") else NAMED_TRAINING_IMAGES


def absolute_dataset(dataset: str) -> str:
    """Make a dataset's path absolute, since a worker may run elsewhere; keep a name unchanged."""
    if dataset in NAMED_DATASETS:
        return dataset
    return str(expanded(dataset).absolute())


def expanded(path: str) -> Path:
    """Replace `~` and `~user` in a path; keep it unchanged if that user has no home."""
    # Unlike Path.expanduser, this does not fail for users without a home.
    return Path(os.path.expanduser(path))  # noqa: PTH111
