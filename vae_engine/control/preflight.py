"""Checks before a worker starts."""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from vae_engine.dataset_names import NAMED_DATASETS
from vae_engine.errors import (
    SessionBusyError,
    SessionDamagedError,
    SessionError,
    WorkerError,
)
from vae_engine.image_shape import GREY_28
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import LIVE, CheckpointEntry, CheckpointIndex
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import SETTINGS, Settings, SettingValue

if TYPE_CHECKING:
    from vae_engine.datasets.preflight import CheckedDataset

DatasetKey: TypeAlias = tuple[SettingValue, ...]
"""The settings that decide on the images; see `dataset_key`."""

_DATASET_SETTINGS = ("dataset", "limit", "image_size", "fit", "color", "range")
_READ_BYTES = 2**20


def check_new(
    store: SessionStore,
    settings: Iterable[Settings],
    logdir: Path | None,
    announce: Callable[[str], object] | None = None,
    report: Callable[[str, int, int], object] | None = None,
) -> dict[DatasetKey, CheckedDataset]:
    """Check that sessions with these settings can be trained here.

    Args:
        store: their store.
        settings: of each; equal datasets are read once.
        logdir: TensorBoard's folder, or None.
        announce: called with a line per dataset that is a path: what is used, what is not, and why.
        report: called with the stage, the progress and the total of long operations.

    Returns:
        The training images of each `dataset_key`.

    Raises:
        DatasetError: the images cannot be used.
        SettingError: there are fewer training images than `limit`.
        WorkerError: TensorFlow is not installed.
        EngineError: TensorBoard is not installed, or the folder cannot be used.
    """
    # Imported here: NumPy would double the time that help and wrong usage take.
    from vae_engine.datasets import check_dataset
    from vae_engine.datasets.preparation import Preparation

    _check_tensorflow()
    found: dict[DatasetKey, CheckedDataset] = {}
    for one in settings:
        key = dataset_key(one)
        if key in found:
            continue
        checked = check_dataset(
            one.dataset, one.limit, preparation=Preparation.of(one), report=report
        )
        found[key] = checked
        if announce is not None and (
            one.dataset not in NAMED_DATASETS or checked.image_shape != GREY_28
        ):
            announce(checked.description)
    if logdir is not None:
        _check_logdir(logdir, store)
    return found


def dataset_key(settings: Settings) -> DatasetKey:
    """Return the settings that decide which images are used, and how they are prepared."""
    return tuple(settings[name] for name in _DATASET_SETTINGS)


def check_resumable(session: Session, *, more: int | None, dataset: str | None = None) -> None:
    """Check that a session can be resumed for `more` epochs or to its planned end.

    Args:
        session: the session. more: additional epochs, None for up to the planned end.
        dataset: the present path of its images, None if unchanged.

    Raises:
        SessionBusyError: it has a worker.
        SettingError: a session cannot have that many epochs.
        SessionError: its training has completed, or a file that it needs is missing.
        SessionDamagedError: its checkpoints cannot be read.
        DatasetError: its images are missing, or differ from those it was trained on.
        WorkerError: TensorFlow is not installed.
    """
    status, log, this = session.status(), session.log, f"session {session.id}"
    if status in LIVE:
        raise SessionBusyError(f"{this} is {status}", remedy="follow", subject=session.id)
    if status == "diverged":
        raise SessionError(f"{this} diverged", remedy="fork_slower", subject=session.id)
    if status == "completed" and more is None:
        raise SessionError(f"{this} has completed", remedy="extend", subject=session.id)
    if more is not None:
        SETTINGS["epochs"].check(log.epoch + more)
    _check_checkpoints(session)
    _check_tensorflow()
    check_same_images(session, dataset)


def check_same_images(session: Session, dataset: str | None = None) -> None:
    """Check that the images of a session exist and equal those it was trained on.

    Arguments as in `check_resumable`.

    Raises:
        DatasetError: they are missing or differ.
        SettingError: there are fewer training images than its `limit`.
    """
    from vae_engine.datasets import check_dataset
    from vae_engine.datasets.preparation import Preparation
    from vae_engine.inference.dataset import session_dataset

    settings, prepared = session.settings, session.log.prepared
    begun = prepared is not None and "sha256" in prepared.dataset
    if dataset is None and (not begun or settings.dataset in NAMED_DATASETS):
        check_dataset(settings.dataset, settings.limit, preparation=Preparation.of(settings))
    if begun or dataset is not None:
        session_dataset(session, dataset)


def _check_tensorflow() -> None:
    # Found, not imported: that takes seconds.
    if importlib.util.find_spec("tensorflow") is None:
        raise WorkerError("training needs TensorFlow, which is not installed: install it first")


def _check_checkpoints(session: Session) -> None:
    """Check that the latest checkpoint, or else the one before it, is whole."""
    index = atomic.read_optional(
        session.folder / layout.CHECKPOINTS / layout.INDEX, CheckpointIndex
    )
    if index is None:
        if session.log.epoch:
            raise SessionError(
                f"session {session.id} has no checkpoints, like a slim copy",
                remedy="fork",
                subject=session.id,
            )
        return
    entries = [entry for entry in (index.latest, index.previous) if entry is not None]
    if not any(_is_whole(session.folder, entry) for entry in entries):
        raise SessionDamagedError(
            f"session {session.id} has no intact checkpoint: "
            f"{', '.join(Path(entry.file).name for entry in entries)} cannot be read, or differ "
            "from what was written",
            remedy="fork",
            subject=session.id,
        )


def _is_whole(folder: Path, entry: CheckpointEntry) -> bool:
    digest = hashlib.sha256()
    try:
        with atomic.open_regular(folder / layout.CHECKPOINTS / Path(entry.file).name) as file:
            while part := file.read(_READ_BYTES):
                digest.update(part)
    except (OSError, SessionDamagedError):
        return False
    return digest.hexdigest() == entry.sha256


def _check_logdir(logdir: Path, store: SessionStore) -> None:
    """Check before the start, not after an epoch, that the worker can write to TensorBoard's
    folder."""
    from vae_engine.tensorboard.logdir import check_tensorboard

    check_tensorboard()
    if logdir.resolve().is_relative_to(store.root.resolve()):
        raise SessionError(f"{logdir} is inside the sessions folder: choose another folder")
    try:
        logdir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SessionError(f"{logdir} cannot be written: {error.strerror}") from None
    if not os.access(logdir, os.W_OK | os.X_OK):
        raise SessionError(f"{logdir} cannot be written: {os.strerror(errno.EACCES)}")
