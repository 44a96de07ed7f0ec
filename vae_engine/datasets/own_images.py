"""Images for a trained model, read like a dataset but not split."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vae_engine.datasets.arrays import Images, Labels
from vae_engine.datasets.files import open_regular, quoted, reading
from vae_engine.datasets.kinds import HEAD_BYTES, kind_of
from vae_engine.datasets.labels import labels_or_none, read_labels
from vae_engine.datasets.layout import read_files
from vae_engine.datasets.loader import read_source
from vae_engine.datasets.preparation import AUTO, Preparation
from vae_engine.datasets.preparing import prepared
from vae_engine.datasets.reading import Reading
from vae_engine.datasets.scales import to_one_scale
from vae_engine.datasets.source import ALL_SPLITS, Source
from vae_engine.datasets.values import Values, measure
from vae_engine.errors import DatasetError
from vae_engine.image_shape import GREY_28, ImageShape

_WANTED = (
    "an image (PNG, JPEG, WebP, BMP, GIF, TIFF or PNM), a folder of images, "
    "or an .npz, .npy, IDX, HDF5, CSV or Parquet file"
)


@dataclass(frozen=True)
class OwnImages:
    """Images as training would take them.

    Attributes:
        images: (n, h, w) or (n, h, w, 3), uint8 or float32 in [0, 1], in the order of the array or
            of the sorted files; of several splits training, validation and test images follow
            each other.
        labels: (n,), -1 for images that have none.
        notes: how they were read, and what was left out.
    """

    images: Images
    labels: Labels
    notes: tuple[str, ...]


def load_images(
    path: str, shape: ImageShape = GREY_28, preparation: Preparation = AUTO
) -> OwnImages:
    """Read an image file, or whatever can be a dataset: arrays, IDX files, a folder of images.

    Args:
        path: of the images.
        shape: of the model's images; these are resized to it.
        preparation: of the images that the model was trained on.

    Raises:
        DatasetError: the path is missing or has no readable images.
    """
    preparation = preparation._replace(
        size=(shape.height, shape.width), color="grey" if shape.channels == 1 else "rgb"
    )
    if not path.strip():
        raise DatasetError(f"the path is empty: wanted {_WANTED}")
    place = Path(path).expanduser().absolute()
    source = _read(place, Reading(preparation, wanted=_WANTED))
    arrays, notes = prepared(str(place), source, preparation)
    splits = [split for split in ALL_SPLITS if split in arrays]
    measured = []
    for split in splits:
        what = f"{quoted(place)}" if len(splits) == 1 else f"the {split} split of {quoted(place)}"
        measured.append(measure(what, arrays[split], preparation.range))
    scaled, range_notes = _scaled(source, measured, preparation)
    counts = {split: len(arrays[split]) for split in splits}
    labels, _, label_notes = read_labels(
        {split: source.labels[split] for split in splits if split in source.labels}, counts
    )
    return OwnImages(
        _together(scaled),
        np.concatenate([labels_or_none(labels.get(split), counts[split]) for split in splits]),
        (*source.notes, *notes, *range_notes, *label_notes),
    )


def _read(path: Path, how: Reading) -> Source:
    with reading(path, _WANTED, "try another path"):
        if stat.S_ISREG(path.stat().st_mode):
            with open_regular(path) as file:
                head = file.read(HEAD_BYTES)
            if kind_of(head).image:
                source = Source("images", {})
                read_files(source, {"train": [path]}, how)
                return source
    return read_source(str(path), how)


def _scaled(
    source: Source, measured: list[Values], preparation: Preparation
) -> tuple[list[Images], list[str]]:
    if source.kind == "images" and all(values.array.dtype == np.uint8 for values in measured):
        # Bytes of image files are unambiguous, even for few and dark images.
        return [values.array for values in measured], []
    return to_one_scale(measured, preparation.range)


def _together(splits: list[Images]) -> Images:
    # They are all of one type, which the checker cannot see.
    whole: Any = np.concatenate(splits)
    checked: Images = whole
    return checked
