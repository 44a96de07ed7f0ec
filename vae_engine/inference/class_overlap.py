"""How far the means of classes lie apart in latent space, and how much classes overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vae_engine.inference.directions import Floats, Labels, class_names, mean_of


class ClassPlace(NamedTuple):
    """Where a class lies among the others.

    Attributes:
        label: of the class. name: its name. images: their number.
        mean: (d,), of z_mean.
        nearest: name of the class whose mean is nearest; None if there is no other class.
        distance: between both means, Euclidean; None without another class.
        overlap: share of its images that are nearer to another class's mean than to their own.
    """

    label: int
    name: str
    images: int
    mean: Floats
    nearest: str | None
    distance: float | None
    overlap: float


def class_places(z_mean: Floats, labels: Labels, names: Sequence[str]) -> list[ClassPlace]:
    """Return the classes of embeddings, in the order of their labels.

    Args:
        z_mean: (n, d).
        labels: (n,), -1 for images that have none: they are left out.
        names: of the labels 0, 1, ...; a label without one is called by its number.
    """
    called = class_names(labels, names)
    known = list(called)
    if not known:
        return []
    means = np.stack([mean_of(z_mean[labels == label]) for label in known])
    found = []
    for at, label in enumerate(known):
        own = z_mean[labels == label]
        to_means = np.stack([np.linalg.norm(own - mean, axis=1) for mean in means], axis=1)
        distances = np.linalg.norm(means - means[at], axis=1)
        distances[at] = np.inf
        other = int(distances.argmin())
        alone = len(known) == 1
        found.append(
            ClassPlace(
                label,
                called[label],
                len(own),
                means[at],
                None if alone else called[known[other]],
                None if alone else float(distances[other]),
                float((to_means.argmin(axis=1) != at).mean()),
            )
        )
    return found
