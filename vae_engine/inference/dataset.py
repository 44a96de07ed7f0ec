"""Load the images that a session was trained on."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from vae_engine.dataset_names import absolute_dataset
from vae_engine.datasets.dataset import Dataset
from vae_engine.datasets.packaged import MNIST_SHA256, packaged_test_images
from vae_engine.datasets.parts import Part
from vae_engine.datasets.preparation import Preparation
from vae_engine.datasets.splits import recorded_method
from vae_engine.errors import DatasetError, SessionDamagedError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.image_record import recorded_images
from vae_engine.sessions.records import DatasetRecord
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings

if TYPE_CHECKING:
    from vae_engine.datasets.parallel_files import Report


def session_dataset(
    session: Session, place: str | None = None, report: Report | None = None
) -> Dataset:
    """Load the images that the session trains on, with its limit.

    Args:
        session: the session.
        place: their present name or path, which is recorded for later; None uses the latest known
            one.
        report: receives the progress of reading image files.

    Raises:
        DatasetError: they cannot be read, or differ from those it was trained on.
    """
    # Viewers that show images before all are read should start quickly.
    from vae_engine.datasets.loader import load_dataset

    session.poll(progress=False)
    settings, prepared = session.settings, session.log.prepared
    where = dataset_path(session.folder, settings) if place is None else absolute_dataset(place)
    method = recorded_method(prepared.dataset if prepared else None)
    trained_on = prepared.dataset.get("sha256") if prepared else None
    if place is not None and trained_on is None:
        raise DatasetError(
            f"session {session.id} has not recorded on which images it trains, so another place "
            "cannot be checked",
            remedy="fork",
            subject=session.id,
        )
    try:
        recorded = recorded_images(session.folder, prepared)
        dataset = load_dataset(where, method, Preparation.of(settings), report, recorded)
    except DatasetError as error:
        remedy = error.remedy or "move_dataset"
        raise DatasetError(
            str(error), remedy=remedy, subject=error.subject or session.id
        ) from error
    if trained_on not in (None, dataset.sha256):
        raise DatasetError(
            f"{dataset.name} has other images than when session {session.id} trained on it",
            remedy="move_dataset",
            subject=session.id,
        )
    limited = dataset.limited(settings.limit)
    if place is not None and where != dataset_path(session.folder, settings):
        # Without write permission, the images are still returned.
        with contextlib.suppress(OSError):
            _keep_dataset(session.folder, where)
    return limited


def known_test_images(session: Session) -> Part | None:
    """Return the session's test images where they can be had, and checked, before the others.

    That is so of the packaged MNIST. Others have one digest of the whole dataset.
    """
    session.poll(progress=False)
    prepared = session.log.prepared
    if prepared is None or prepared.dataset.get("sha256") != MNIST_SHA256:
        return None
    if dataset_path(session.folder, session.settings) != "mnist":
        return None
    return packaged_test_images()


def dataset_path(session_folder: Path, settings: Settings) -> str:
    """Return the name or path of the session's images: where they were last found, else the
    setting.

    A record that came with a copy of the session belongs to another machine and is ignored.
    """
    try:
        record = atomic.read_optional(session_folder / layout.DATASET, DatasetRecord)
    except SessionDamagedError:
        return settings.dataset
    if record is None or record.inode != session_folder.stat().st_ino:
        return settings.dataset
    return record.path


def _keep_dataset(session_folder: Path, path: str) -> None:
    """Record `path` as the place of the session's images for later runs and commands.

    Raises:
        OSError: the session's folder cannot be written.
    """
    inode = session_folder.stat().st_ino
    record = DatasetRecord(path=path, inode=inode)
    atomic.write_record(session_folder / layout.DATASET, record)
