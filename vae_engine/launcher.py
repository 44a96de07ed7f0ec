"""Starting workers, and other processes that outlive whoever started them."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from vae_engine.errors import SessionBusyError, SessionDamagedError, WorkerError
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import read_optional
from vae_engine.sessions.logdir import keep_logdir
from vae_engine.sessions.records import WorkerRecord
from vae_engine.sessions.session import Session

_READY_SECONDS = 60.0
_POLL_SECONDS = 0.02
_TAIL_BYTES = 4096

EXIT_BUSY = 3
"""The exit code of a worker when another has the session."""

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
    arguments = [] if epochs is None else ["--epochs", str(epochs)]
    if logdir is not None:
        _keep_logdir(session, logdir)
    return start_detached(
        session.folder,
        "vae_engine.worker",
        arguments,
        called=f"worker of {session.id}",
        busy=f"session {session.id} already has a worker: attach to it instead",
    )


def start_detached(
    folder: Path, module: str, arguments: Sequence[str] = (), *, called: str, busy: str
) -> int:
    """Run `python -m MODULE FOLDER ARGUMENTS` detached, and wait until it holds the folder.

    Args:
        folder: of a session or sweep; it holds it once its record is in `worker.json`.
        module: that takes the folder's lock, and ends with `EXIT_BUSY` where another has it.
        arguments: further ones.
        called: what the process is, for errors.
        busy: the error's text where another has the folder.

    Returns:
        The process id.

    Raises:
        SessionBusyError: another process has the folder.
        WorkerError: the process could not be started, or died at once.
    """
    earlier = _worker(folder)
    try:
        with (folder / layout.LOG).open("ab") as output:
            log_start = output.tell()
            process = _spawn([module, str(folder), *arguments], output)
    except OSError as error:
        raise WorkerError(f"no {called} can be started: {error.strerror} ({folder})") from None
    # Whoever started it may live for days: take its exit status, or it stays as a zombie.
    threading.Thread(target=process.wait, name="reaper", daemon=True).start()

    def is_ready() -> bool:
        # After a reboot the worker may have the very number of the one before it.
        found = _worker(folder)
        return found is not None and found.pid == process.pid and found != earlier

    _wait_until_ready(process, is_ready, called)
    if process.poll() is None or (process.returncode == 0 and is_ready()):
        return process.pid
    if process.returncode == EXIT_BUSY:
        raise SessionBusyError(busy)
    if process.returncode == EXIT_NO_ROOM:
        raise WorkerError(f"the {called} died: the disk is full, make room first")
    raise WorkerError(f"the {called} died: {_last_words(folder, log_start)}")


def _keep_logdir(session: Session, logdir: Path) -> None:
    try:
        keep_logdir(session.folder, logdir)
    except OSError as error:
        raise WorkerError(
            f"no worker of {session.id} can be started: {error.strerror} ({session.folder})"
        ) from None


def leave_terminal(folder: Path) -> None:
    """Leave the terminal behind, also when started by hand: for the process that was started.

    It leads a session of its own, reads nothing, and writes to the folder's log.
    """
    if os.getpgrp() != os.getpid():  # A group's leader, such as a shell's job, may not.
        os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    log = os.open(folder / layout.LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )


def _spawn(module: Sequence[str], output: BinaryIO) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", *module],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONUNBUFFERED": "1"},
    )


def _wait_until_ready(
    process: subprocess.Popen[bytes], is_ready: Callable[[], bool], called: str
) -> None:
    """Wait until the process is ready, or has ended."""
    deadline = time.monotonic() + _READY_SECONDS
    while process.poll() is None and not is_ready():
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise WorkerError(f"the {called} did not begin within a minute")
        time.sleep(_POLL_SECONDS)


def _worker(folder: Path) -> WorkerRecord | None:
    try:
        return read_optional(folder / layout.WORKER, WorkerRecord)
    except SessionDamagedError:
        return None  # The worker will replace it.


def _last_words(folder: Path, start: int) -> str:
    try:
        with (folder / layout.LOG).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(start, file.tell() - _TAIL_BYTES))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError as error:
        return f"its log cannot be read ({error.strerror})"
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
