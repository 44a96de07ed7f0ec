"""Start workers and other processes that outlive their parent; wait for workers to exit."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from vae_engine.distributed.distribution import ALONE, Distribution
from vae_engine.errors import SessionBusyError, SessionDamagedError, WorkerError
from vae_engine.machine import module_command
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import open_to_write, read_optional
from vae_engine.sessions.crash_report import crash_message
from vae_engine.sessions.records import WorkerRecord
from vae_engine.sessions.session import Session
from vae_engine.tensorboard.logdir import keep_logdir

_READY_SECONDS = 60.0
# A worker closes files and ends TensorFlow's threads; on a busy machine this takes a while.
_LEAVING_SECONDS = 20.0
_POLL_SECONDS = 0.02

EXIT_BUSY = 3
"""Exit code of a worker if another has the session."""

EXIT_NO_ROOM = 4
"""Exit code of a worker if the disk is too full even for its log."""


def start_worker(
    session: Session,
    *,
    epochs: int | None = None,
    logdir: Path | None = None,
    distribution: Distribution = ALONE,
) -> int:
    """Start a detached worker for the session and wait until it holds it.

    If the previous worker has written its last event, wait for it to exit.

    Args:
        session: one without a worker.
        epochs: train up to this epoch instead of the planned one.
        logdir: TensorBoard's folder for this worker and later ones; None keeps the present one.
        distribution: the devices that train it; with several workers, this one is the chief.

    Returns:
        The worker's process id.

    Raises:
        SessionBusyError: another worker has the session.
        WorkerError: the worker could not be started, or exited immediately.
    """
    busy = SessionBusyError(
        f"session {session.id} already has a worker", remedy="follow", subject=session.id
    )
    if not let_leave(session):
        raise busy
    arguments = [] if epochs is None else ["--epochs", str(epochs)]
    arguments += distribution.arguments()
    if logdir is not None:
        _keep_logdir(session, logdir)
    return start_detached(
        session.folder,
        "vae_engine.worker",
        arguments,
        called=f"worker of {session.id}",
        busy=busy,
    )


def let_leave(session: Session, seconds: float = _LEAVING_SECONDS) -> bool:
    """Wait for the session's worker to exit if its run has ended; otherwise return immediately.

    Returns:
        Whether no worker holds the session.

    Raises:
        SessionDamagedError: the event log cannot be read.
    """
    deadline = time.monotonic() + seconds
    while session.alive():
        session.poll(progress=False)
        if not session.log.run_is_over or time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def start_detached(
    folder: Path,
    module: str,
    arguments: Sequence[str] = (),
    *,
    called: str,
    busy: SessionBusyError,
    seconds: float = _READY_SECONDS,
) -> int:
    """Run `python -m MODULE FOLDER ARGUMENTS` detached, and wait until it holds the folder.

    Args:
        folder: of a session or sweep; held once the process's record is in `worker.json`.
        module: locks the folder, and exits with `EXIT_BUSY` if another process has it.
        arguments: further ones.
        called: a name of the process for errors.
        busy: the error if another process has the folder.
        seconds: time limit for its start.

    Returns:
        The process id.

    Raises:
        SessionBusyError: another process has the folder.
        WorkerError: the process could not be started, or exited immediately.
    """
    earlier = _worker(folder)
    try:
        with open_log(folder / layout.LOG) as output:
            log_start = output.tell()
            process = _spawn([module, str(folder), *arguments], output)
    except OSError as error:
        raise WorkerError(f"cannot start the {called}: {error.strerror} ({folder})") from None
    _reap(process)

    def is_ready() -> bool:
        # After a reboot, the worker may have the same pid as the previous one.
        found = _worker(folder)
        return found is not None and found.pid == process.pid and found != earlier

    _wait_until_ready(process, is_ready, called, seconds)
    if process.poll() is None or (process.returncode == 0 and is_ready()):
        return process.pid
    if process.returncode == EXIT_BUSY:
        raise busy
    if process.returncode == EXIT_NO_ROOM:
        raise WorkerError(f"the {called} exited: the disk is full, free some space first")
    raise WorkerError(f"the {called} died: {_why_died(process, folder / layout.LOG, log_start)}")


def _why_died(process: subprocess.Popen[bytes], log: Path, start: int) -> str:
    text = crash_message(log, start)
    if process.returncode == -signal.SIGKILL:
        killed = "it was killed (SIGKILL), possibly for lack of memory"
        return f"{killed}: {text}" if text else killed
    return text or f"it exited with code {process.returncode} and no message"


def _keep_logdir(session: Session, logdir: Path) -> None:
    try:
        keep_logdir(session.folder, logdir)
    except OSError as error:
        raise WorkerError(
            f"cannot start a worker of {session.id}: {error.strerror} ({session.folder})"
        ) from None


def leave_terminal(log: Path) -> None:
    """Detach this process from the terminal, even if started by hand.

    It leads its own process session, reads nothing, and writes to the log.

    Raises:
        OSError: the log cannot be written, or is a link.
    """
    if (
        os.getpgrp() != os.getpid()
    ):  # A process group leader, such as a shell's job, cannot call setsid.
        os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    written = open_to_write(log, os.O_WRONLY | os.O_APPEND)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (written, 1), (written, 2)):
        os.dup2(source, target)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )


def open_log(path: Path) -> BinaryIO:
    """Open a log to append to.

    Raises:
        OSError: it cannot be written, or is a link.
    """
    file = os.fdopen(open_to_write(path, os.O_WRONLY | os.O_APPEND), "ab")
    file.seek(0, os.SEEK_END)
    return file


def _spawn(module: Sequence[str], output: BinaryIO) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        module_command(*module),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        env=worker_environment(),
    )


def start_member(
    sessions: Path, distribution: Distribution, given: Mapping[str, str]
) -> subprocess.Popen[str]:
    """Start a detached worker that trains the chief's session.

    Args:
        sessions: the sessions folder, for its log.
        distribution: all workers, and its index.
        given: its settings, in the form of their options.

    Returns:
        Its process. It prints a line on stdout when it has joined, and another when the run has
        ended; an error that prevents joining is the last line of stderr.

    Raises:
        WorkerError: it cannot be started.
    """
    command = module_command("vae_engine.worker.member", str(sessions))
    command += [*distribution.arguments(), "--given", json.dumps(dict(given))]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=worker_environment(),
        )
    except OSError as error:
        raise WorkerError(f"cannot start a worker: {error.strerror}") from None
    _reap(process)
    return process


def _reap(process: subprocess.Popen[Any]) -> None:
    """Collect its exit status, or it stays a zombie: the parent may live for days."""
    threading.Thread(target=process.wait, name="reaper", daemon=True).start()


def worker_environment() -> dict[str, str]:
    """Return the environment of a worker."""
    # The workers are passed as arguments; TensorFlow must not find them a second time.
    kept = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"}
    return {
        **kept,
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "PYTHONUNBUFFERED": "1",
        # HDF5 would lock a private file, and fail on file systems without locks.
        "HDF5_USE_FILE_LOCKING": "FALSE",
    }


def _wait_until_ready(
    process: subprocess.Popen[bytes], is_ready: Callable[[], bool], called: str, seconds: float
) -> None:
    """Wait until the process is ready, or has ended."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and not is_ready():
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise WorkerError(f"the {called} did not begin within {seconds:.0f} s")
        time.sleep(_POLL_SECONDS)


def _worker(folder: Path) -> WorkerRecord | None:
    try:
        return read_optional(folder / layout.WORKER, WorkerRecord)
    except SessionDamagedError:
        return None  # The worker replaces it.
