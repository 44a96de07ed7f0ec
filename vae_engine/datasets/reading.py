"""How a source is read: what its images are brought to, who is told, where arrays are made."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vae_engine.datasets.image_record import ImageRecord
from vae_engine.datasets.parts import NewArray
from vae_engine.datasets.picture_set import Report
from vae_engine.datasets.preparation import AUTO, Preparation
from vae_engine.datasets.splits import BY_CONTENT, SplitMethod


class Reading(NamedTuple):
    """How a source is read.

    Attributes:
        preparation: what its images are brought to.
        method: how splits that it does not bring are made.
        report: told about progress.
        new_array: makes large arrays, in memory or in a file.
        recorded: the images to take, and no others; None takes all.
    """

    preparation: Preparation = AUTO
    method: SplitMethod = BY_CONTENT
    report: Report | None = None
    new_array: NewArray = np.empty
    recorded: ImageRecord | None = None


DEFAULT = Reading()
