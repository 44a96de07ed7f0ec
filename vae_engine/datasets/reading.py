"""Options for reading a source."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vae_engine.datasets.image_record import ImageRecord
from vae_engine.datasets.parallel_files import Report
from vae_engine.datasets.parts import NewArray
from vae_engine.datasets.preparation import AUTO, Preparation
from vae_engine.datasets.splits import BY_CONTENT, SplitMethod

_WANTED = (
    "mnist, fashion_mnist, cifar10, cifar100, a folder of images or IDX files, "
    "or an .npz, .npy, HDF5, CSV or Parquet file"
)


class Reading(NamedTuple):
    """Options for reading a source.

    Attributes:
        preparation: size, colour and range of the resulting images.
        method: how missing splits are made.
        report: receives progress.
        new_array: allocates large arrays, in memory or in a file.
        recorded: the images to take, and no others; None takes all.
        wanted: what the source may be, for messages.
    """

    preparation: Preparation = AUTO
    method: SplitMethod = BY_CONTENT
    report: Report | None = None
    new_array: NewArray = np.empty
    recorded: ImageRecord | None = None
    wanted: str = _WANTED


DEFAULT = Reading()
