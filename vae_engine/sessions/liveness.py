"""Whether a session's worker lives, and how a worker shows that it does."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import filelock
import psutil

from vae_engine.errors import SessionBusyError
from vae_engine.sessions import layout
from vae_engine.sessions.records import WorkerRecord

HEARTBEAT_SECONDS = 2.0
# Across hosts nothing but the heartbeat can be seen; clocks and network file systems may lag.
STALE_SECONDS = 30.0


def boot_id() -> str:
    """This boot of this machine; empty where the system does not tell."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else ""


def this_process(run: int) -> WorkerRecord:
    """The record by which others recognise the calling process."""
    process = psutil.Process()
    return WorkerRecord(
        host=socket.gethostname(),
        boot_id=boot_id(),
        pid=process.pid,
        process_created=process.create_time(),
        run=run,
    )


def beat(folder: Path) -> None:
    """Renew the heartbeat: the file's time is the message."""
    path = folder / layout.HEARTBEAT
    path.touch()
    os.utime(path)


def heartbeat_age(folder: Path) -> float:
    """Seconds since the last heartbeat; infinite when there was none."""
    try:
        return time.time() - (folder / layout.HEARTBEAT).lstat().st_mtime
    except OSError:
        return float("inf")


def is_alive(worker: WorkerRecord | None, age: float) -> bool:
    """Whether the worker of this record lives.

    On its own machine the process itself is looked up, with its creation time, so that a reused
    pid deceives nobody. From elsewhere only the heartbeat counts.

    Args:
        worker: the session's `worker.json`, None where there is none.
        age: seconds since its heartbeat.
    """
    if worker is None:
        return False
    if worker.host != socket.gethostname():
        return age < STALE_SECONDS
    if worker.boot_id != boot_id():
        return False
    try:
        process = psutil.Process(worker.pid)
        same = abs(process.create_time() - worker.process_created) < 1.0
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ValueError, OverflowError):
        return False


def hold_lock(folder: Path) -> filelock.BaseFileLock:
    """Take the session for the life of this process; the system frees it, however that ends.

    Raises:
        SessionBusyError: another worker has it.
    """
    lock = filelock.FileLock(folder / layout.LOCK, mode=0o644)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise SessionBusyError(
            f"session {folder.name} already has a worker: attach to it instead"
        ) from None
    return lock
