"""The present path of a dataset that was moved after the session was created."""

from __future__ import annotations

from pathlib import Path

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import DatasetRecord
from vae_engine.settings import Settings


def keep_dataset(session_folder: Path, path: str) -> None:
    """Record `path` as the place of the session's images for later runs and commands.

    Raises:
        OSError: the session's folder cannot be written.
    """
    inode = session_folder.stat().st_ino
    record = DatasetRecord(path=path, inode=inode)
    atomic.write_record(session_folder / layout.DATASET, record)


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
