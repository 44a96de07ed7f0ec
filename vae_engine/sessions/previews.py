"""Previews: a few images per epoch, small enough to keep those of all epochs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_engine.errors import SessionDamagedError
from vae_engine.image_shape import ImageShape, is_image_shape
from vae_engine.sessions import layout
from vae_engine.sessions.arrays import ArraySpec, read_arrays, write_npz

Images = NDArray[np.uint8]

RECONSTRUCTIONS = 10
SAMPLES = 64

_LABELS = ArraySpec("int64", (None,))
_FILE_LIMIT = 2**24
# Previews of larger images have fewer samples, so that those of all epochs can be kept.
_SMALL_VALUES, _FEW_SAMPLES = 64 * 64 * 3, 16
_PREVIEW_NAME = re.compile(r"epoch-([0-9]{6,9})\.npz")


@dataclass(frozen=True)
class Preview:
    """Images decoded after an epoch.

    Attributes:
        reconstructions: (10, h, w), or (10, h, w, 3), of the session's originals, from z = z_mean.
        samples: (64, ...), of the prior, at the same z in every epoch; 16 of large images.
    """

    reconstructions: Images
    samples: Images


@dataclass(frozen=True)
class Originals:
    """Test images that previews reconstruct: images (10, h, w) or (10, h, w, 3); labels (10,).

    The label -1 means none.
    """

    images: Images
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class _ImagesSpec(ArraySpec):
    """Spec of a session's images: uint8 (n, h, w) or (n, h, w, 3), of any valid shape."""

    def admits(self, descr: str, shape: tuple[int, ...]) -> bool:
        """Return whether an array of this dtype and shape is allowed."""
        return (
            descr == np.dtype(self.dtype).str
            and (len(shape) == 3 or shape[3:] == (3,))
            and 0 < shape[0] <= self.longest
            and is_image_shape((*shape[1:3], 1))
        )

    def __str__(self) -> str:
        return f"{self.dtype} (n, h, w) or (n, h, w, 3)"


_IMAGES = _ImagesSpec("uint8", (None, None, None), longest=SAMPLES)


def sample_count(shape: ImageShape) -> int:
    """Return the number of samples in a preview of images of this shape."""
    return SAMPLES if shape.values <= _SMALL_VALUES else _FEW_SAMPLES


def write_preview(folder: Path, epoch: int, preview: Preview) -> None:
    """Write the preview of an epoch."""
    arrays: dict[str, NDArray[Any]] = {
        "reconstructions": preview.reconstructions,
        "samples": preview.samples,
    }
    write_npz(folder / layout.preview_file(epoch), arrays)


def write_originals(folder: Path, originals: Originals) -> None:
    """Write the test images that previews reconstruct."""
    arrays: dict[str, NDArray[Any]] = {"images": originals.images, "labels": originals.labels}
    write_npz(folder / layout.PREVIEWS / layout.ORIGINALS, arrays)


def read_preview(folder: Path, epoch: int, shape: ImageShape | None = None) -> Preview | None:
    """Read the preview of an epoch; None if there is none.

    Args:
        folder: of the session.
        epoch: the epoch.
        shape: that its images must have; None for that of the originals, where there are any.

    Raises:
        SessionDamagedError: the file is not a preview, or has images of another shape.
    """
    path = folder / layout.preview_file(epoch)
    specs = {"reconstructions": _IMAGES, "samples": _IMAGES}
    try:
        preview = Preview(**read_arrays(path, specs, limit=_FILE_LIMIT))
    except FileNotFoundError:
        return None
    wanted = _originals_shape(folder) if shape is None else shape.array
    _check_shapes(path, wanted, preview.reconstructions, preview.samples)
    return preview


def preview_epochs(folder: Path) -> list[int]:
    """List the epochs that have a preview, in order; a slim session has only a few.

    Raises:
        OSError: the folder cannot be read.
    """
    names = (path.name for path in (folder / layout.PREVIEWS).glob("epoch-*.npz"))
    return sorted(int(found[1]) for found in map(_PREVIEW_NAME.fullmatch, names) if found)


def read_originals(folder: Path, shape: ImageShape | None = None) -> Originals | None:
    """Read the original images; None if there are none.

    Raises:
        SessionDamagedError: the file is damaged, or the images do not have `shape`.
    """
    path = folder / layout.PREVIEWS / layout.ORIGINALS
    specs = {"images": _IMAGES, "labels": _LABELS}
    try:
        originals = Originals(**read_arrays(path, specs, limit=_FILE_LIMIT))
    except FileNotFoundError:
        return None
    if len(originals.images) != len(originals.labels):
        raise SessionDamagedError(
            f"{path.name} is damaged: {len(originals.images)} images have "
            f"{len(originals.labels)} labels"
        )
    if shape is not None:
        _check_shapes(path, shape.array, originals.images)
    return originals


def _originals_shape(folder: Path) -> tuple[int, ...] | None:
    """Return the shape of an original; None if there are none, or they are unreadable."""
    path = folder / layout.PREVIEWS / layout.ORIGINALS
    try:
        return read_arrays(path, {"images": _IMAGES}, limit=_FILE_LIMIT)["images"].shape[1:]
    except (FileNotFoundError, SessionDamagedError):
        return None


def _check_shapes(path: Path, wanted: tuple[int, ...] | None, *arrays: Images) -> None:
    for array in arrays:
        found = array.shape[1:]
        wanted = found if wanted is None else wanted
        if found != wanted:
            raise SessionDamagedError(
                f"{path.name} is damaged: its images are of {_size(found)}, the session's of "
                f"{_size(wanted)}"
            )


def _size(shape: tuple[int, ...]) -> str:
    return ImageShape(*shape).text
