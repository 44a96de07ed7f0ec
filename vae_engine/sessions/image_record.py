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
from vae_engine.sessions.arrays import ArraySpec, parse_npz, write_npz
from vae_engine.sessions.atomic import read_bounded
from vae_engine.text import error_line

_log = logging.getLogger(__name__)

MOST_RECORD_BYTES = 2**27
"""Largest file that is read."""

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
        return parse_image_record(read_bounded(folder / layout.IMAGES, MOST_RECORD_BYTES))
    except FileNotFoundError:
        return None


def parse_image_record(content: bytes) -> ImageRecord:
    """Parse the content of the file.

    Raises:
        SessionDamagedError: it is not a record of images.
    """
    try:
        return ImageRecord.of_arrays(parse_npz(content, _SPECS, name=layout.IMAGES))
    except ValueError as error:
        raise SessionDamagedError(f"{layout.IMAGES} is damaged: {error_line(error)}") from None


def image_record_content(folder: Path) -> bytes:
    """Read the file for workers on other machines; empty if there is none that can be used."""
    try:
        content = read_bounded(folder / layout.IMAGES, MOST_RECORD_BYTES)
        parse_image_record(content)
    except FileNotFoundError:
        return b""
    except SessionDamagedError as error:
        _log.warning("%s", error)
        return b""
    return content


def trained_on(prepared: ev.Prepared | None) -> str | None:
    """Return the digest of the images that a session began with; None before its first run."""
    sha256 = prepared.dataset.get("sha256") if prepared is not None else None
    return sha256 if isinstance(sha256, str) else None


def recorded_images(folder: Path, prepared: ev.Prepared | None) -> Recorded | None:
    """Return the record of the images that a session began with; None before its first run.

    A damaged record counts for nothing: then the whole dataset must be the one of the start.
    """
    if (sha256 := trained_on(prepared)) is None:
        return None
    try:
        return Recorded(sha256, read_image_record(folder))
    except SessionDamagedError as error:
        _log.warning("%s", error)
        return Recorded(sha256)
