"""Select images to inspect: of a split of the dataset, or one's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vae_engine.datasets.arrays import Images, Labels
from vae_engine.datasets.binarization import (
    images_as_evaluated,
    own_as_evaluated,
    split_as_evaluated,
)
from vae_engine.datasets.dataset import Dataset
from vae_engine.datasets.labels import labels_or_none
from vae_engine.datasets.parts import Rows
from vae_engine.datasets.preparation import Preparation
from vae_engine.datasets.source import Split
from vae_engine.errors import DatasetError
from vae_engine.image_shape import ImageShape
from vae_engine.inference.dataset import known_test_images, session_dataset
from vae_engine.inference.exported import ExportedModel
from vae_engine.inspection.messages import SplitOpened
from vae_engine.inspection.packed_array import Array
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings
from vae_engine.text import value_text


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
        """Return the summary that an app gets before it asks for any."""
        labels = Array.of(self.labels.astype(np.int32))
        return SplitOpened(split, labels, self.label_names, self.notes)


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


def first_images(session: Session, settings: Settings) -> InspectedImages | None:
    """Return the test images, binarized if `settings` say so, if they are known before the rest."""
    part = known_test_images(session)
    if part is None:
        return None
    images = images_as_evaluated(part.images, "test", settings)
    return InspectedImages(images, labels_or_none(part.labels, len(images)), part.rows)


def own_images(path: str, shape: ImageShape, settings: Settings) -> InspectedImages:
    """Read your own images, prepared like those that the session trained on.

    Args:
        path: an image file, or whatever can be a dataset.
        shape: of the model's images.
        settings: of the session.

    Raises:
        DatasetError: the path is missing or has no readable images.
    """
    # Few ask for it, and an app that shows images should have them quickly.
    from vae_engine.datasets.own_images import load_images

    own = load_images(path, shape, Preparation.of(settings))
    return InspectedImages(
        own_as_evaluated(own.images, settings),
        own.labels,
        np.arange(len(own.images)),
        notes=own.notes,
    )
