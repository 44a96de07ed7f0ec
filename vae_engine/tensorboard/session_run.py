"""A session as a TensorBoard run: written at once, or epoch by epoch while it trains."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from pathlib import Path

from vae_engine.datasets import Dataset
from vae_engine.errors import SessionBusyError, SessionDamagedError, SessionError
from vae_engine.sessions.events import EpochEnded
from vae_engine.sessions.previews import Originals, read_originals, read_preview
from vae_engine.sessions.records import EvaluationRecord, Status
from vae_engine.sessions.session import Session
from vae_engine.settings import changed_settings
from vae_engine.tensorboard import hparams
from vae_engine.tensorboard.event_file import EventFile
from vae_engine.tensorboard.logdir import read_logdir
from vae_engine.tensorboard.projector import write_projector
from vae_engine.tensorboard.run_folder import RunFolder
from vae_engine.tensorboard.summaries import epoch_scalars, preview_images, result_scalars


def export_session_run(
    session: Session, logdir: Path, dataset: Dataset | None, *, prominent: Collection[str] = ()
) -> Path:
    """Write a session, which may be live, into its folder below a TensorBoard log folder.

    An earlier export of it is replaced, each file in one step and the events last. When it fails
    nothing new is left, and of an earlier export the events are as they were.

    Args:
        session: which one.
        logdir: of TensorBoard; made if it is not there.
        dataset: what the session trains on, for the projector; None leaves the projector out.
        prominent: settings to show first beside the results, such as those in which sessions that
            are exported together differ; by default those that are not the default.

    Returns:
        The folder of the run.

    Raises:
        SessionBusyError: its worker writes there itself.
        SessionError: the folder cannot be written, or is not this session's; or a projector is
            asked for and nothing was exported yet.
        SessionDamagedError: a file of the session cannot be read.
    """
    _check_not_written_by_worker(session, logdir)
    session.poll(progress=False)
    try:
        run = RunFolder(session, logdir)
        with run.filled():
            if dataset is not None:
                write_projector(run.path, session, dataset)
            writer = RunWriter(session, run, prominent=prominent)
            try:
                for epoch in session.log.history:
                    writer.add_epoch(epoch)
                writer.add_end(session.status(), session.log.updated)
                writer.publish()
            finally:
                writer.close()
    except OSError as error:
        raise SessionError(
            f"{logdir / session.id} cannot be written: {error.strerror or error}"
        ) from None
    return run.path


def _check_not_written_by_worker(session: Session, logdir: Path) -> None:
    """Check that no worker would go on writing into files that are replaced."""
    written = None
    # What cannot be read no worker follows.
    with contextlib.suppress(SessionDamagedError):
        written = read_logdir(session.folder) if session.alive() else None
    if written is not None and written.resolve() == logdir.resolve():
        raise SessionBusyError(
            f"session {session.id} writes into {logdir} itself while it trains: "
            "choose another folder"
        )


class RunWriter:
    """Writes the events of one run; what was not published is gone when it is closed.

    Attributes:
        folder: of the run.
    """

    def __init__(
        self, session: Session, run: RunFolder, *, prominent: Collection[str] = ()
    ) -> None:
        """Begin with the session's settings; `prominent` as in `export_session_run`.

        Raises:
            SessionDamagedError: its original digits cannot be read.
            OSError: the folder cannot be written.
        """
        self.folder = run.path
        self._session = session
        self._run = run
        self._originals: Originals | None = read_originals(session.folder)
        self._began = session.manifest.created
        self._published = False
        self._events: EventFile = run.new_events(self._began)
        try:
            columns = hparams.experiment(prominent or changed_settings(session.settings))
            head = [columns, hparams.session_start(session)]
            self._events.add(head, step=0, time=self._began)
        except BaseException:
            self.close()
            raise

    def add_epoch(self, epoch: EpochEnded) -> None:
        """Add an epoch's figures, and its images where the session has them.

        Raises:
            SessionDamagedError: its preview cannot be read.
            OSError: the disk refused.
        """
        values = epoch_scalars(epoch)
        preview = read_preview(self._session.folder, epoch.epoch)
        if preview is not None:
            values += preview_images(preview, self._originals)
        self._events.add(values, step=epoch.epoch, time=epoch.time)

    def add_end(self, status: Status, time: float) -> None:
        """Add the session's result and evaluation, where there are, and how it ended.

        Raises:
            SessionDamagedError: one of them cannot be read.
            OSError: the disk refused.
        """
        values = result_scalars(self._session.result(), self._evaluation())
        ended = hparams.session_end(status, time)
        if ended is not None:
            values.append(ended)
        if values:
            self._events.add(values, step=self._session.log.epoch, time=time)
        self._events.sync()

    def publish(self) -> None:
        """Let readers see the file, instead of all earlier ones; what is added later is too.

        Raises:
            OSError: the disk refused.
        """
        path = self._run.event_path()
        self._events.move(path)
        self._published = True
        self._run.remove_others(path)

    def flush(self) -> None:
        """Let readers see what was added.

        Raises:
            OSError: the disk refused.
        """
        self._events.flush()

    def close(self) -> None:
        """Close the file, whatever the disk says; one that was not published is deleted."""
        if self._published:
            self._events.abandon()
        else:
            self._events.discard()

    def _evaluation(self) -> EvaluationRecord | None:
        """The evaluation, unless it is of earlier weights than the current ones."""
        evaluation, exports = self._session.evaluation(), self._session.exports()
        if evaluation is None or exports is None or not evaluation.is_of(exports.current):
            return None
        return evaluation
