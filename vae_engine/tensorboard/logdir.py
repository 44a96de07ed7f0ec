"""The TensorBoard folder of a session's worker, and a check that TensorBoard is installed.

This module imports nothing of TensorBoard, which is an extra.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from vae_engine.errors import EngineError, SessionDamagedError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import TensorBoardRecord


def keep_logdir(session_folder: Path, logdir: Path) -> None:
    """Make this worker and later ones write below `logdir`.

    Raises:
        OSError: the session's folder cannot be written.
    """
    inode = session_folder.stat().st_ino
    record = TensorBoardRecord(folder=str(logdir.absolute()), inode=inode)
    atomic.write_record(session_folder / layout.TENSORBOARD, record)


def read_logdir(session_folder: Path) -> Path | None:
    """Return the folder that the session's worker writes to, None if not requested.

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
            f"{path.name} came with a copy of the session: name the log folder again to write there"
        )
    return Path(record.folder)


def check_tensorboard() -> None:
    """Check that TensorBoard's formats can be written; this imports no TensorFlow.

    Raises:
        EngineError: TensorBoard is not installed, or its version lacks a part that is needed.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise EngineError(
            "TensorBoard is not installed: it comes with the extra [tensorboard] of vae-workbench"
        )
    try:
        import vae_engine.tensorboard.protos  # noqa: F401
    except ImportError as error:
        from importlib import metadata

        raise EngineError(
            f"TensorBoard {metadata.version('tensorboard')} lacks a part that this "
            f"needs ({error}): it must be 2.20, or a later version that has it"
        ) from None
