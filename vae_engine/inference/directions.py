"""Compute directions in latent space, from the mean of one group of points to another's.

Attribute vectors as in Larsen et al. 2016 (VAE/GAN) and White 2016.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import SettingError
from vae_engine.text import value_text

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]


def class_names(labels: Labels, names: Sequence[str]) -> dict[int, str]:
    """Return the names of the classes that have images, by label.

    Args:
        labels: (n,), -1 for images that have none.
        names: of the labels 0, 1, ...; a label without one, or with a blank one, is called by its
            number.
    """
    known = [label for label in np.unique(labels).tolist() if label >= 0]
    named = {label: name for label, name in enumerate(names) if name.strip()}
    return {label: named.get(label, str(label)) for label in known}


def class_label(wanted: str, labels: Labels, names: Sequence[str]) -> int:
    """Find the label of a class by its name or number; names take precedence.

    Raises:
        SettingError: the class does not exist, or no image has a label.
    """
    classes = class_names(labels, names)
    if not classes:
        raise SettingError("the images have no labels, so there are no classes")
    named = [label for label, name in classes.items() if name == wanted]
    named += [label for label in classes if str(label) == wanted]
    if not named:
        several = ", ".join(list(classes.values())[:12])
        raise SettingError(f"there is no class {value_text(wanted)}: choose one of {several}")
    return named[0]


def mean_of(points: Floats) -> Floats:
    """The mean (d,) of points (n, d)."""
    mean: Floats = points.mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean


def between(start: Floats, end: Floats) -> Floats:
    """Return the vector (d,) from the mean of points (m, d) to that of others (n, d)."""
    return mean_of(end) - mean_of(start)
