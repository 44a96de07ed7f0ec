"""What a `dataset` setting names: a dataset that everyone has, or a path."""

from __future__ import annotations

from pathlib import Path
from typing import Final

NAMED_DATASETS: Final = ("mnist", "fashion_mnist")

NAMED_TRAINING_IMAGES: Final = 55_000
"""What they have to train on: 60,000 less the validation split."""


def absolute_dataset(dataset: str) -> str:
    """A dataset's path made absolute, since a worker may run elsewhere; a name as it is."""
    if dataset in NAMED_DATASETS:
        return dataset
    return str(Path(dataset).expanduser().absolute())
