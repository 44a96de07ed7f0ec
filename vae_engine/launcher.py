"""Starting a worker that outlives whoever started it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

from vae_engine.errors import SessionBusyError, WorkerError
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import read_record
from vae_engine.sessions.records import WorkerRecord
from vae_engine.sessions.session import Session

_READY_SECONDS = 60.0
_POLL_SECONDS = 0.02
_TAIL_BYTES = 4096

EXIT_BUSY = 3
"""The worker's exit code when another worker has the session."""


def start_worker(session: Session, *, epochs: int | None = None) -> int:
    """Start a detached worker for the session and wait until it holds it.

    Args:
        session: one without a worker.
        epochs: train up to this epoch instead of the one planned before.

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
    try:
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
        raise WorkerError(f"no worker can be started for {session.id}: {error.strerror}") from None
    # Whoever started it may live for days: take its exit status, or it stays as a zombie.
    threading.Thread(target=process.wait, name="reaper", daemon=True).start()
    _wait_until_ready(session, process, start)
    return process.pid


def _wait_until_ready(session: Session, process: subprocess.Popen[bytes], log_start: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while process.poll() is None:
        if _worker_pid(session) == process.pid:
            return
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise WorkerError(f"the worker of {session.id} did not begin within a minute")
        time.sleep(_POLL_SECONDS)
    if _worker_pid(session) == process.pid and process.returncode == 0:
        return
    if process.returncode == EXIT_BUSY:
        raise SessionBusyError(f"session {session.id} already has a worker: attach to it instead")
    raise WorkerError(f"the worker of {session.id} died: {_last_words(session, log_start)}")


def _worker_pid(session: Session) -> int | None:
    try:
        return read_record(session.folder / layout.WORKER, WorkerRecord).pid
    except FileNotFoundError:
        return None


def _last_words(session: Session, start: int) -> str:
    with (session.folder / layout.LOG).open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(start, file.tell() - _TAIL_BYTES))
        lines = file.read().decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
