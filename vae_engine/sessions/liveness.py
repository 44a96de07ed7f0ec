"""Whether a session's worker lives, and how a worker shows that it does."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from vae_engine.errors import SessionBusyError
from vae_engine.sessions import layout
from vae_engine.sessions.records import WorkerRecord

if TYPE_CHECKING:
    # Imported where they are used: looking at sessions seldom needs them, and should start at once.
    import filelock
    import psutil

HEARTBEAT_SECONDS = 2.0
# Across hosts nothing but the heartbeat can be seen; clocks and network file systems may lag.
STALE_SECONDS = 30.0


def boot_id() -> str:
    """This boot of this machine; empty where the system does not tell."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else ""


def host_name() -> str:
    """This machine's name, as `socket.gethostname` tells it, without loading sockets."""
    return os.uname().nodename


def this_process(run: int) -> WorkerRecord:
    """The record by which others recognise the calling process."""
    import psutil

    process = psutil.Process()
    return WorkerRecord(
        host=host_name(),
        boot_id=boot_id(),
        pid=process.pid,
        process_created=seconds_after_boot(process),
        run=run,
    )


def seconds_after_boot(process: psutil.Process) -> float:
    """Seconds from boot to the start of a process, which no change of the clock moves."""
    import psutil

    booted = psutil.boot_time()
    return process.create_time() - booted


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
    if worker.host != host_name():
        return abs(age) < STALE_SECONDS
    if worker.boot_id != boot_id() or _is_gone(worker.pid):
        return False
    import psutil

    try:
        process = psutil.Process(worker.pid)
        # The system tells the boot in whole seconds, and rounds it anew each time.
        same = abs(seconds_after_boot(process) - worker.process_created) < 2.0
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ValueError, OverflowError):
        return False


def _is_gone(pid: int) -> bool:
    """Whether there is no process of that number: so it is for most sessions, and told quickly."""
    try:
        os.kill(pid, 0)  # Sends nothing.
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass  # Another user's process, or a number that none can have.
    return False


def hold_lock(folder: Path) -> filelock.BaseFileLock:
    """Take the session for the life of this process; the system frees it, however that ends.

    Raises:
        SessionBusyError: another worker has it.
        OSError: the folder is missing or cannot be written.
    """
    import filelock

    if not folder.is_dir():  # The lock would make it.
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
    lock = filelock.FileLock(folder / layout.LOCK)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise SessionBusyError(
            f"session {folder.name} already has a worker", remedy="follow", subject=folder.name
        ) from None
    return lock
