"""Read and write the record of the images that a session began with."""

from __future__ import annotations

import logging
from pathlib import Path

from vae_engine.datasets.image_record import (
    MOST_IMAGES,
    MOST_NAME_BYTES,
    ImageRecord,
    Recorded,
)
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.arrays import ArraySpec, read_npz, write_npz
from vae_engine.text import error_line

_log = logging.getLogger(__name__)

_FILE_LIMIT = 2**27
_SPECS = {
    "counts": ArraySpec("int64", (3,)),
    "keys": ArraySpec("uint64", (None,), MOST_IMAGES),
    "row_steps": ArraySpec("int64", (None,), MOST_IMAGES),
    "labels": ArraySpec("int64", (None,), MOST_IMAGES),
    "names": ArraySpec("uint8", (None,), MOST_NAME_BYTES),
    "label_names": ArraySpec("uint8", (None,), MOST_NAME_BYTES),
}


def write_image_record(folder: Path, record: ImageRecord) -> None:
    """Record a session's images, unless the dataset is extremely large.

    Raises:
        OSError: the disk refused.
    """
    arrays = record.arrays()
    if all(len(arrays[name]) <= spec.longest for name, spec in _SPECS.items()):
        write_npz(folder / layout.IMAGES, arrays)


def read_image_record(folder: Path) -> ImageRecord | None:
    """Read the record of a session's images; None if there is none.

    Raises:
        SessionDamagedError: the file is not a record of images.
    """
    try:
        return ImageRecord.of_arrays(read_npz(folder / layout.IMAGES, _SPECS, limit=_FILE_LIMIT))
    except FileNotFoundError:
        return None
    # msgspec's errors are ValueErrors.
    except ValueError as error:
        raise SessionDamagedError(f"{layout.IMAGES} is damaged: {error_line(error)}") from None


def recorded_images(folder: Path, prepared: ev.Prepared | None) -> Recorded | None:
    """Return the record of the images that a session began with; None before its first run.

    A damaged record counts for nothing: then the whole dataset must be the one of the start.
    """
    sha256 = prepared.dataset.get("sha256") if prepared is not None else None
    if not isinstance(sha256, str):
        return None
    try:
        return Recorded(sha256, read_image_record(folder))
    except SessionDamagedError as error:
        _log.warning("%s", error)
        return Recorded(sha256)
