"""Starting a worker that outlives whoever started it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from vae_engine.errors import SessionBusyError, SessionDamagedError, WorkerError
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import read_optional, write_record
from vae_engine.sessions.records import TensorBoardRecord, WorkerRecord
from vae_engine.sessions.session import Session

_READY_SECONDS = 60.0
_POLL_SECONDS = 0.02
_TAIL_BYTES = 4096

EXIT_BUSY = 3
"""The worker's exit code when another worker has the session."""

EXIT_NO_ROOM = 4
"""The worker's exit code when the disk is full, so that not even its log can say so."""


def start_worker(session: Session, *, epochs: int | None = None, logdir: Path | None = None) -> int:
    """Start a detached worker for the session and wait until it holds it.

    Args:
        session: one without a worker.
        epochs: train up to this epoch instead of the one planned before.
        logdir: where this worker and later ones write for TensorBoard; None leaves it as it is.

    Returns:
        The worker's process id.

    Raises:
        SessionBusyError: another worker has the session.
        WorkerError: the worker could not be started, or died at once.
    """
    if session.alive():
        raise SessionBusyError(
            f"session {session.id} already has a worker: `vae attach {session.id}` shows it"
        )
    command = [sys.executable, "-m", "vae_engine.worker", str(session.folder)]
    if epochs is not None:
        command += ["--epochs", str(epochs)]
    log = session.folder / layout.LOG
    earlier = _worker(session)
    try:
        if logdir is not None:
            record = TensorBoardRecord(folder=str(logdir.absolute()))
            write_record(session.folder / layout.TENSORBOARD, record)
        with log.open("ab") as output:
            start = output.tell()
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONUNBUFFERED": "1"},
            )
    except OSError as error:
        raise WorkerError(
            f"no worker can be started for {session.id}: {error.strerror} ({session.folder})"
        ) from None
    # Whoever started it may live for days: take its exit status, or it stays as a zombie.
    threading.Thread(target=process.wait, name="reaper", daemon=True).start()
    _wait_until_ready(session, process, earlier, start)
    return process.pid


def _wait_until_ready(
    session: Session,
    process: subprocess.Popen[bytes],
    earlier: WorkerRecord | None,
    log_start: int,
) -> None:
    def is_ready() -> bool:
        # After a reboot the worker may have the very number of the one before it.
        found = _worker(session)
        return found is not None and found.pid == process.pid and found != earlier

    deadline = time.monotonic() + _READY_SECONDS
    while process.poll() is None:
        if is_ready():
            return
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise WorkerError(f"the worker of {session.id} did not begin within a minute")
        time.sleep(_POLL_SECONDS)
    if process.returncode == 0 and is_ready():
        return
    if process.returncode == EXIT_BUSY:
        raise SessionBusyError(f"session {session.id} already has a worker: attach to it instead")
    if process.returncode == EXIT_NO_ROOM:
        raise WorkerError(f"the worker of {session.id} died: the disk is full, make room first")
    raise WorkerError(f"the worker of {session.id} died: {_last_words(session, log_start)}")


def _worker(session: Session) -> WorkerRecord | None:
    try:
        return read_optional(session.folder / layout.WORKER, WorkerRecord)
    except SessionDamagedError:
        return None  # The worker will replace it.


def _last_words(session: Session, start: int) -> str:
    try:
        with (session.folder / layout.LOG).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(start, file.tell() - _TAIL_BYTES))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError as error:
        return f"its log cannot be read ({error.strerror})"
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
