"""What a `dataset` setting names: a dataset that everyone has, or a path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

NAMED_DATASETS: Final = ("mnist", "fashion_mnist")

NAMED_TRAINING_IMAGES: Final = 55_000
"""What they have to train on: 60,000 less the validation split."""


def absolute_dataset(dataset: str) -> str:
    """A dataset's path made absolute, since a worker may run elsewhere; a name as it is."""
    if dataset in NAMED_DATASETS:
        return dataset
    return str(expanded(dataset).absolute())


def expanded(path: str) -> Path:
    """The path with `~` and `~user` replaced; as it is where that user has no home."""
    # Unlike Path.expanduser, this one copes with users who have no home.
    return Path(os.path.expanduser(path))  # noqa: PTH111
