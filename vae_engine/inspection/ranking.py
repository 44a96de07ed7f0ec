"""Rank images by how well the model explains them, and choose them by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vae_engine.datasets.arrays import Labels
from vae_engine.datasets.labels import NO_LABEL
from vae_engine.errors import SettingError
from vae_engine.evaluation.image_scores import ImageScores
from vae_engine.text import value_text

Order = Literal["index", "worst", "best"]
Indices = NDArray[np.intp]

_MOST_NAMES = 12


@dataclass(frozen=True)
class ClassScore:
    """Mean ELBO terms of the images of a class, in nats per image."""

    label: int
    images: int
    negative_elbo: float
    reconstruction_loss: float
    kl_loss: float


def ranked(scores: ImageScores, order: Order, labels: Labels, label: int | None = None) -> Indices:
    """Sort the images of one class or of all; ties keep their order.

    Args:
        scores: of n images.
        order: by index, or by negative ELBO: the highest or the lowest first.
        labels: (n,).
        label: of the class; None takes all.
    """
    chosen = np.arange(len(labels)) if label is None else np.flatnonzero(labels == label)
    if order == "index":
        return chosen
    key = scores.negative_elbo[chosen]
    return chosen[np.argsort(-key if order == "worst" else key, kind="stable")]


def class_scores(scores: ImageScores, labels: Labels) -> list[ClassScore]:
    """Compute the means of each class, the highest negative ELBO first; empty without labels."""
    known = labels != NO_LABEL
    values, places = np.unique(labels[known], return_inverse=True)
    counts = np.bincount(places)
    rec, kl = (
        np.bincount(places, terms[known]) / counts
        for terms in (scores.reconstruction_loss, scores.kl_loss)
    )
    found = [
        ClassScore(label, count, r + k, r, k)
        for label, count, r, k in zip(
            values.tolist(), counts.tolist(), rec.tolist(), kl.tolist(), strict=True
        )
    ]
    return sorted(found, key=lambda one: -one.negative_elbo)


def label_text(label: int, names: Sequence[str]) -> str:
    """Return the name of a class, its number where that is blank; `-` for no class."""
    if label == NO_LABEL:
        return "-"
    named = 0 <= label < len(names) and names[label].strip()
    return names[label] if named else str(label)


def read_label(text: str, labels: Labels, names: Sequence[str]) -> int:
    """Return the class with this name or number.

    Raises:
        SettingError: there is none; the message lists the classes.
    """
    present: list[int] = np.unique(labels[labels != NO_LABEL]).tolist()
    if not present:
        raise SettingError(f"class is {value_text(text)}: the dataset has no labels")
    by_name = {label_text(label, names): label for label in present}
    by_number = {str(label): label for label in present}
    wanted = text.strip()
    if wanted in by_name or wanted in by_number:
        return by_name.get(wanted, by_number.get(wanted, NO_LABEL))
    alike = [label for name, label in by_name.items() if name.casefold() == wanted.casefold()]
    if len(alike) == 1:
        return alike[0]
    shown = ", ".join(value_text(name) if names else name for name in list(by_name)[:_MOST_NAMES])
    more = ", ..." if len(by_name) > _MOST_NAMES else ""
    raise SettingError(f"class is {value_text(text)}: it must be one of {shown}{more}")
