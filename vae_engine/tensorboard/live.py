"""TensorBoard's files during training: the worker writes them to the folder in `tensorboard.json`.

They are outside of the session and nothing depends on them: an error is reported once and never
ends training. A starting worker rewrites all epochs so far, so that the run has each epoch once,
whatever happened to earlier workers or to the disk.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from vae_engine.datasets import Dataset
from vae_engine.errors import EngineError
from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.records import EndStatus
from vae_engine.sessions.session import Session
from vae_engine.tensorboard.logdir import check_tensorboard, read_logdir
from vae_engine.text import error_line

if TYPE_CHECKING:
    # TensorBoard is an extra: at run time this is imported only where it is asked for.
    from vae_engine.tensorboard.session_run import RunWriter

_log = logging.getLogger(__name__)


class TensorBoardMirror:
    """Keeps a session's run below a TensorBoard log folder up to date with its journal.

    Without a `tensorboard.json` it does nothing.
    """

    def __init__(self, folder: Path, journal: Journal) -> None:
        """Write the epochs so far, and listen to the journal for more.

        Args:
            folder: of the session.
            journal: of its worker.
        """
        self._session = Session(folder)
        self._journal = journal
        self._writer: RunWriter | None = None
        self._warned = False
        self._wanted = (folder / layout.TENSORBOARD).exists()
        self._attempt(self._catch_up)
        journal.listen(self._hear)

    def finish(self, status: EndStatus, dataset: Dataset) -> None:
        """Write the results and the projector; `dataset` is the session's."""
        self._attempt(lambda: self._write_end(status, dataset))
        self.close()

    def close(self) -> None:
        """Close what is open; no more is written."""
        self._wanted = False
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _hear(self, event: ev.AnyEvent) -> None:
        if isinstance(event, ev.EpochEnded):
            self._attempt(lambda: self._write_epoch(event))

    def _attempt(self, write: Callable[[], None]) -> None:
        if not self._wanted:
            return
        try:
            write()
        except (EngineError, OSError) as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - TensorBoard's errors must not end a training
            _log.exception("TensorBoard failed")
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Report an error once; the next attempt starts from the beginning."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        reason = error_line(error)
        if isinstance(error, OSError) and error.strerror:
            reason = f"{error.strerror} ({error.filename})" if error.filename else error.strerror
        text = f"TensorBoard's files cannot be written, training continues: {reason}"
        _log.warning("%s", text)
        if not self._warned:
            self._warned = True
            self._journal.emit(ev.Warned(text=text))

    def _catch_up(self) -> None:
        check_tensorboard()
        from vae_engine.tensorboard.run_folder import RunFolder
        from vae_engine.tensorboard.session_run import RunWriter

        logdir = read_logdir(self._session.folder)
        if logdir is None:
            self._wanted = False
            return
        run = RunFolder(self._session, logdir)
        self._session.poll(progress=False)
        with run.filled():
            run.remove_temporaries()
            self._writer = RunWriter(self._session, run)
            for epoch in self._session.log.history:
                self._writer.add_epoch(epoch)
            self._writer.publish()
        _log.info("writing for TensorBoard into %s", run.path)

    def _write_epoch(self, epoch: ev.EpochEnded) -> None:
        if self._writer is None:
            self._catch_up()
        else:
            self._writer.add_epoch(epoch)
            self._writer.flush()

    def _write_end(self, status: EndStatus, dataset: Dataset) -> None:
        from vae_engine.tensorboard.projector import write_projector

        if self._writer is None:
            self._catch_up()
        if self._writer is not None:
            self._session.poll(progress=False)
            self._writer.add_end(status, self._session.log.updated)
            write_projector(self._writer.folder, self._session, dataset)
