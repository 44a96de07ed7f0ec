"""Previews: a few images of every epoch, small enough to keep them all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import layout
from vae_engine.sessions.arrays import ArraySpec, read_npz, write_npz

Images = NDArray[np.uint8]

RECONSTRUCTIONS = 10
SAMPLES = 64

_IMAGES = ArraySpec("uint8", (None, 28, 28))
_LABELS = ArraySpec("int64", (None,))
_FILE_LIMIT = 2**20
_PREVIEW_NAME = re.compile(r"epoch-([0-9]{6,9})\.npz")


@dataclass(frozen=True)
class Preview:
    """What an epoch's weights draw.

    Attributes:
        reconstructions: (10, 28, 28), of the session's original digits, from z = z_mean.
        samples: (64, 28, 28), of the prior, at the same z in every epoch.
    """

    reconstructions: Images
    samples: Images


@dataclass(frozen=True)
class Originals:
    """The test digits that are reconstructed: images (10, 28, 28); labels (10,), -1 for none."""

    images: Images
    labels: NDArray[np.int64]


def write_preview(folder: Path, epoch: int, preview: Preview) -> None:
    """Store an epoch's preview."""
    arrays: dict[str, NDArray[Any]] = {
        "reconstructions": preview.reconstructions,
        "samples": preview.samples,
    }
    write_npz(folder / layout.preview_file(epoch), arrays)


def write_originals(folder: Path, originals: Originals) -> None:
    """Store the digits that every preview reconstructs."""
    arrays: dict[str, NDArray[Any]] = {"images": originals.images, "labels": originals.labels}
    write_npz(folder / layout.PREVIEWS / layout.ORIGINALS, arrays)


def read_preview(folder: Path, epoch: int) -> Preview | None:
    """Read an epoch's preview, None where there is none.

    Raises:
        SessionDamagedError: the file is not a preview.
    """
    path = folder / layout.preview_file(epoch)
    specs = {"reconstructions": _IMAGES, "samples": _IMAGES}
    try:
        return Preview(**read_npz(path, specs, limit=_FILE_LIMIT))
    except FileNotFoundError:
        return None


def preview_epochs(folder: Path) -> list[int]:
    """The epochs that have a preview, in order; a slim session has but a few.

    Raises:
        OSError: the folder cannot be read.
    """
    names = (path.name for path in (folder / layout.PREVIEWS).glob("epoch-*.npz"))
    return sorted(int(found[1]) for found in map(_PREVIEW_NAME.fullmatch, names) if found)


def read_originals(folder: Path) -> Originals | None:
    """Read the original digits, None where there are none.

    Raises:
        SessionDamagedError: the file does not hold them.
    """
    path = folder / layout.PREVIEWS / layout.ORIGINALS
    specs = {"images": _IMAGES, "labels": _LABELS}
    try:
        originals = Originals(**read_npz(path, specs, limit=_FILE_LIMIT))
    except FileNotFoundError:
        return None
    if len(originals.images) != len(originals.labels):
        raise SessionDamagedError(
            f"{path.name} is damaged: {len(originals.images)} images have "
            f"{len(originals.labels)} labels"
        )
    return originals
