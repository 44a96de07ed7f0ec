"""Select images to inspect, and rank them by how well the model explains them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vae_engine.datasets.arrays import Images, Labels
from vae_engine.datasets.binarization import own_as_evaluated, split_as_evaluated
from vae_engine.datasets.dataset import Dataset
from vae_engine.datasets.labels import NO_LABEL, labels_or_none
from vae_engine.datasets.own_images import load_images
from vae_engine.datasets.parts import Rows
from vae_engine.datasets.preparation import Preparation
from vae_engine.datasets.source import Split
from vae_engine.errors import DatasetError, SettingError
from vae_engine.evaluation.scoring import ImageScores
from vae_engine.image_shape import ImageShape
from vae_engine.inference.dataset import session_dataset
from vae_engine.inference.exported import ExportedModel
from vae_engine.inspection.messages import Array, SplitOpened
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings
from vae_engine.text import value_text

Order = Literal["index", "worst", "best"]
Indices = NDArray[np.intp]

_MOST_NAMES = 12


@dataclass(frozen=True, eq=False)
class InspectedImages:
    """Images in the form in which the ELBO is computed on them.

    Attributes:
        images: (n, h, w) or (n, h, w, 3), uint8 or float32 in [0, 1].
        labels: (n,), -1 for images that have none.
        rows: (n,) their places in the source's array or sorted files.
        label_names: of the labels 0, 1, ...; empty where they are numbers.
        notes: on how they were read.
    """

    images: Images
    labels: Labels
    rows: Rows
    label_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    def opened(self, split: str) -> SplitOpened:
        """Return what an app is told of them, before it asks for any."""
        labels = Array.of(self.labels.astype(np.int32))
        return SplitOpened(split, labels, self.label_names, self.notes)


@dataclass(frozen=True)
class ClassScore:
    """Mean ELBO terms of the images of a class, in nats per image."""

    label: int
    images: int
    negative_elbo: float
    reconstruction_loss: float
    kl_loss: float


def model_dataset(session: Session, model: ExportedModel, place: str | None = None) -> Dataset:
    """The images that the session trains on, of the model's shape.

    Args:
        session: which.
        model: of the session.
        place: their present name or path; None uses the latest known one.

    Raises:
        DatasetError: they cannot be read, or are not those that it was trained on.
    """
    dataset = session_dataset(session, place)
    check_shape(dataset, session, model)
    return dataset


def check_shape(dataset: Dataset, session: Session, model: ExportedModel) -> None:
    """Check that the images have the model's shape.

    Raises:
        DatasetError: they have another.
    """
    if dataset.image_shape != model.shape:
        raise DatasetError(
            f"{value_text(dataset.name)} has images of {dataset.image_shape.text}: session "
            f"{session.id} trained on {model.shape.text}",
            remedy="move_dataset",
            subject=session.id,
        )


def split_images(dataset: Dataset, split: Split, settings: Settings) -> InspectedImages:
    """Return the images of a split, binarized if the session's are."""
    labels: dict[Split, Labels | None] = {
        "train": dataset.train_labels,
        "val": dataset.val_labels,
        "test": dataset.test_labels,
    }
    images = split_as_evaluated(dataset, split, settings)
    return InspectedImages(
        images, labels_or_none(labels[split], len(images)), dataset.rows[split], dataset.label_names
    )


def own_images(path: str, shape: ImageShape, settings: Settings) -> InspectedImages:
    """Read your own images, prepared like those that the session trained on.

    Args:
        path: an image file, or whatever can be a dataset.
        shape: of the model's images.
        settings: of the session.

    Raises:
        DatasetError: the path is missing or has no readable images.
    """
    own = load_images(path, shape, Preparation.of(settings))
    return InspectedImages(
        own_as_evaluated(own.images, settings),
        own.labels,
        np.arange(len(own.images)),
        notes=own.notes,
    )


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
