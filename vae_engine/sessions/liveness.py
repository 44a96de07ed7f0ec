"""Liveness of a session's worker: records, heartbeat and lock."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from vae_engine.errors import SessionBusyError, SessionDamagedError
from vae_engine.sessions import atomic, layout, locks
from vae_engine.sessions.records import WorkerRecord

if TYPE_CHECKING:
    # Imported where it is used: viewers rarely need it and should start quickly.
    import psutil

HEARTBEAT_SECONDS = 2.0
# Across hosts only the heartbeat is visible; clocks and network file systems may lag.
STALE_SECONDS = 30.0

_LOCK_ATTEMPTS = 5
_LOCK_PAUSE = 0.02
_LEAVING_SECONDS = 10.0


def boot_id() -> str:
    """Return the id of this boot of this machine; empty if the system has none."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else ""


def host_name() -> str:
    """Return this machine's name like `socket.gethostname`, without loading sockets."""
    return os.uname().nodename


def pid_namespace() -> int:
    """Return the inode of this process's PID namespace; 0 if unknown."""
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return 0


def this_process(run: int) -> WorkerRecord:
    """Return the record that identifies the calling process."""
    import psutil

    process = psutil.Process()
    return WorkerRecord(
        host=host_name(),
        boot_id=boot_id(),
        pid=process.pid,
        process_created=seconds_after_boot(process),
        run=run,
        pid_namespace=pid_namespace(),
        oom_kills=oom_kills(),
    )


def oom_kills() -> int:
    """Count the processes that this system has killed for lack of memory; -1 if unknown."""
    try:
        counts = Path("/proc/vmstat").read_text().split()
    except OSError:
        return -1
    return int(counts[counts.index("oom_kill") + 1]) if "oom_kill" in counts else -1


def memory_ran_out_since(worker: WorkerRecord) -> bool:
    """Whether this system has killed a process for lack of memory since that worker began."""
    here = (worker.host, worker.boot_id) == (host_name(), boot_id())
    return here and 0 <= worker.oom_kills < oom_kills()


def seconds_after_boot(process: psutil.Process) -> float:
    """Return the seconds from boot to the start of a process, independent of the clock."""
    import psutil

    booted = psutil.boot_time()
    return process.create_time() - booted


def beat(folder: Path) -> None:
    """Touch the heartbeat file.

    Raises:
        OSError: the folder is missing or not writable, or the heartbeat is a link.
    """
    descriptor = atomic.open_to_write(folder / layout.HEARTBEAT, os.O_WRONLY)
    try:
        try:
            os.utime(descriptor)
        except OSError:
            # Another user's file, or a file system without setting times: writing sets it.
            os.pwrite(descriptor, b"\n", 0)
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def heartbeat_age(folder: Path) -> float:
    """Return the seconds since the last heartbeat; infinite if there was none."""
    try:
        return time.time() - (folder / layout.HEARTBEAT).lstat().st_mtime
    except OSError:
        return float("inf")


def is_alive(worker: WorkerRecord | None, age: float, lock: Path | None = None) -> bool:
    """Whether the worker of this record lives.

    If its processes are visible, the process is looked up with its creation time, which detects a
    reused pid. From another machine, only the heartbeat counts; from another container of this
    machine, the heartbeat and the lock.

    Args:
        worker: the session's `worker.json`, None if missing.
        age: seconds since its heartbeat.
        lock: the session's lock file.
    """
    if worker is None:
        return False
    fresh = abs(age) < STALE_SECONDS
    if worker.host != host_name():
        return fresh
    if worker.boot_id != boot_id():
        return False
    seen_here = worker.pid_namespace in (0, pid_namespace())
    presence = _presence(worker.pid) if seen_here else "hidden"
    if presence == "gone":
        return False
    if presence == "there":
        import psutil

        try:
            process = psutil.Process(worker.pid)
            # The system reports the boot time in whole seconds and rounds it each time.
            same = abs(seconds_after_boot(process) - worker.process_created) < 2.0
            return same and process.status() != psutil.STATUS_ZOMBIE
        except (psutil.Error, ValueError, OverflowError):
            if _presence(worker.pid) != "hidden":
                return False
    return fresh and not (lock is not None and locks.is_free(lock))


def _presence(pid: int) -> Literal["gone", "there", "hidden"]:
    """Whether a process with that pid exists: quick, and for most sessions false."""
    try:
        os.kill(pid, 0)  # Sends nothing.
    except ProcessLookupError:
        return "gone"
    except PermissionError:
        # Another user's; with `/proc` mounted with hidepid, it cannot be looked up.
        return "there" if Path(f"/proc/{pid}").exists() else "hidden"
    except OverflowError:
        return "gone"
    return "there"


def hold_lock(folder: Path) -> locks.Lock:
    """Lock the session for the lifetime of this process; the system always frees it.

    Raises:
        SessionBusyError: another worker has it.
        OSError: the folder is missing or cannot be written, or the lock file is a link.
    """
    attempts, deadline = 0, time.monotonic() + _LEAVING_SECONDS
    while (lock := locks.try_lock(folder / layout.LOCK)) is None:
        attempts += 1
        # Checking the lock holds it for some microseconds.
        if attempts >= _LOCK_ATTEMPTS and not (_is_leaving(folder) and time.monotonic() < deadline):
            raise SessionBusyError(
                f"session {folder.name} already has a worker", remedy="follow", subject=folder.name
            )
        time.sleep(_LOCK_PAUSE)
    return lock


def _is_leaving(folder: Path) -> bool:
    """Whether the recorded worker was killed here, so that the system will free its lock.

    A killed process is gone before its memory and files are freed, which can take a second.
    """
    try:
        worker = atomic.read_optional(folder / layout.WORKER, WorkerRecord)
    except SessionDamagedError:
        return False
    return (
        worker is not None
        and (worker.host, worker.boot_id) == (host_name(), boot_id())
        and worker.pid_namespace in (0, pid_namespace())
        and not is_alive(worker, float("inf"))
    )
