"""A session's folder below a TensorBoard log folder: its owner, and what may be replaced.

LOGDIR/                                a session each, and whatever else lies there
  20261122-094716-2d45/                by the session's id
    events.out.tfevents.<time>.vae     one file; more only for a moment
    projector_config.pbtxt, z_mean.tsv, metadata.tsv, sprite.png
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from vae_engine.errors import SessionError
from vae_engine.sessions import disk
from vae_engine.sessions.atomic import TEMPORARY, random_name
from vae_engine.sessions.session import Session
from vae_engine.tensorboard.event_file import EventFile

_OURS = "events.out.tfevents.*.vae"


class RunFolder:
    """The folder of one session's run.

    Attributes:
        path: of the folder.
    """

    def __init__(self, session: Session, logdir: Path) -> None:
        """Choose the folder; nothing is made yet.

        Raises:
            SessionError: it lies in the session itself, or has files but none of an earlier
                export: whatever they are, they stay as they are.
            OSError: the folder cannot be read.
        """
        self.path = logdir.absolute() / session.id
        if self.path.resolve().is_relative_to(session.folder.resolve()):
            raise SessionError(f"{logdir} is inside the session: choose another folder")
        if self.path.exists() and any(self.path.iterdir()) and not self._event_files():
            raise SessionError(f"{self.path} has other files: choose another folder, or move them")

    @contextlib.contextmanager
    def filled(self) -> Iterator[None]:
        """Create the folder for a block that fills it; if the block fails, remove it again.

        Raises:
            OSError: the folders cannot be made.
        """
        logdir = self.path.parent
        new = [folder for folder in (self.path, logdir) if not folder.exists()]
        disk.make_folders(self.path)
        try:
            yield
        except BaseException:
            if self.path in new:
                shutil.rmtree(self.path, ignore_errors=True)
            if logdir in new:
                with contextlib.suppress(OSError):  # Another process may use it meanwhile.
                    logdir.rmdir()
            raise

    def new_events(self, began: float) -> EventFile:
        """Create an event file under a name that readers ignore; `began` is its time.

        Raises:
            OSError: it cannot be created.
        """
        return EventFile(self.path / f"{TEMPORARY}{random_name(4)}-events", time=began)

    def event_path(self) -> Path:
        """Return the name for a finished event file: the last in TensorBoard's order.

        A TensorBoard that runs reads it after earlier ones, and what it has read before gives way
        to equal steps.
        """
        return self.path / f"events.out.tfevents.{time.time_ns():020d}.vae"

    def remove_others(self, kept: Path) -> None:
        """Delete the event files before `kept`, which contains all their values.

        Raises:
            OSError: the disk refused.
        """
        for path in self._event_files():
            if path != kept:
                path.unlink(missing_ok=True)

    def remove_temporaries(self) -> None:
        """Delete leftovers of a killed writer."""
        for leftover in self.path.glob(f"{TEMPORARY}*"):
            leftover.unlink(missing_ok=True)

    def _event_files(self) -> list[Path]:
        return sorted(self.path.glob(_OURS))
