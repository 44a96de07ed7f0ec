"""Where a session's worker writes for TensorBoard, as whoever started it has asked."""

from __future__ import annotations

from pathlib import Path

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import TensorBoardRecord


def keep_logdir(session_folder: Path, logdir: Path) -> None:
    """Have this worker and later ones write below `logdir`.

    Raises:
        OSError: the session's folder cannot be written.
    """
    inode = session_folder.stat().st_ino
    record = TensorBoardRecord(folder=str(logdir.absolute()), inode=inode)
    atomic.write_record(session_folder / layout.TENSORBOARD, record)


def read_logdir(session_folder: Path) -> Path | None:
    """Where the session's worker writes, None where nobody asked for it.

    Raises:
        SessionDamagedError: `tensorboard.json` cannot be read, or was written in another folder: a
            copy of a stranger's session must not choose where one's own worker writes.
    """
    path = session_folder / layout.TENSORBOARD
    record = atomic.read_optional(path, TensorBoardRecord)
    if record is None:
        return None
    if record.inode != session_folder.stat().st_ino:
        raise SessionDamagedError(
            f"{path.name} came with a copy of the session: resume with --tensorboard to ask anew"
        )
    return Path(record.folder)
