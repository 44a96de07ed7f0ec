"""Where a session's dataset lies now, if it was moved since the session was created."""

from __future__ import annotations

from pathlib import Path

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import DatasetRecord
from vae_engine.settings import Settings


def keep_dataset(session_folder: Path, path: str) -> None:
    """Have later runs and commands look for the session's images at `path`.

    Raises:
        OSError: the session's folder cannot be written.
    """
    inode = session_folder.stat().st_ino
    record = DatasetRecord(path=path, inode=inode)
    atomic.write_record(session_folder / layout.DATASET, record)


def dataset_path(session_folder: Path, settings: Settings) -> str:
    """The name or path of the session's images: where they were found last, else the setting's.

    A record that came with a copy of the session is of another machine, and counts for nothing.
    """
    try:
        record = atomic.read_optional(session_folder / layout.DATASET, DatasetRecord)
    except SessionDamagedError:
        return settings.dataset
    if record is None or record.inode != session_folder.stat().st_ino:
        return settings.dataset
    return record.path
