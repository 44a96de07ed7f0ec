"""Write a session as a TensorBoard run: afterwards, or epoch by epoch during training."""

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

    An earlier export is replaced, each file atomically and the events last. A failure leaves no new
    files, and leaves the events of an earlier export unchanged.

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
    """Check that no worker writes to the files that are replaced."""
    written = None
    # If it is unreadable, no worker uses it.
    with contextlib.suppress(SessionDamagedError):
        written = read_logdir(session.folder) if session.alive() else None
    if written is not None and written.resolve() == logdir.resolve():
        raise SessionBusyError(
            f"session {session.id} writes into {logdir} itself while it trains: "
            "choose another folder"
        )


class RunWriter:
    """Writes the events of one run; closing discards unpublished ones.

    Attributes:
        folder: of the run.
    """

    def __init__(
        self, session: Session, run: RunFolder, *, prominent: Collection[str] = ()
    ) -> None:
        """Begin with the session's settings; `prominent` as in `export_session_run`.

        Raises:
            SessionDamagedError: its original images cannot be read.
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
        """Add an epoch's metrics, and its images if the session has them.

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
        """Add the session's result and evaluation, if any, and how it ended.

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
        """Publish the file in place of all earlier ones; later values are added to it.

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
        """Close the file, ignoring disk errors; an unpublished file is deleted."""
        if self._published:
            self._events.abandon()
        else:
            self._events.discard()

    def _evaluation(self) -> EvaluationRecord | None:
        """Return the evaluation, unless it is of earlier weights than the current ones."""
        evaluation, exports = self._session.evaluation(), self._session.exports()
        if evaluation is None or exports is None or not evaluation.is_of(exports.current):
            return None
        return evaluation
