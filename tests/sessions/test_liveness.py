"""Whether a worker is alive, across processes, reboots and hosts; and that there is only one."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from vae_engine.errors import SessionBusyError
from vae_engine.sessions import atomic, layout, liveness, locks
from vae_engine.sessions.liveness import (
    STALE_SECONDS,
    beat,
    heartbeat_age,
    hold_lock,
    is_alive,
    this_process,
)
from vae_engine.sessions.records import WorkerRecord

FRESH = 0.0
NEVER = float("inf")

HOLDER = """
import sys
from pathlib import Path
from vae_engine.sessions.liveness import hold_lock
lock = hold_lock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def record(**changes: object) -> WorkerRecord:
    return msgspec.structs.replace(this_process(run=1), **changes)


def test_this_process_lives_however_old_its_heartbeat() -> None:
    assert is_alive(record(), FRESH)
    assert is_alive(record(), NEVER)


def test_a_session_without_a_worker_has_none_alive() -> None:
    assert not is_alive(None, FRESH)


def test_a_process_that_ended_is_dead() -> None:
    with subprocess.Popen(["true"]) as process:
        pass
    assert not is_alive(record(pid=process.pid), FRESH)


def test_a_process_that_reuses_the_pid_is_not_the_worker() -> None:
    assert not is_alive(record(process_created=this_process(1).process_created - 60.0), FRESH)
    assert not is_alive(record(process_created=this_process(1).process_created + 60.0), FRESH)


def test_a_process_of_an_earlier_boot_is_dead() -> None:
    assert not is_alive(record(boot_id="of-another-boot"), FRESH)


def test_a_zombie_is_dead() -> None:
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
        created = liveness.seconds_after_boot(psutil.Process(process.pid))
        assert not is_alive(record(pid=process.pid, process_created=created), FRESH)
    finally:
        process.wait()


def test_a_stopped_process_lives(sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.send_signal(signal.SIGSTOP)
    created = liveness.seconds_after_boot(psutil.Process(sleeper.pid))
    assert is_alive(record(pid=sleeper.pid, process_created=created), NEVER)


def test_a_clock_that_is_changed_ends_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    before, booted = record(), psutil.boot_time()
    created = psutil.Process.create_time

    monkeypatch.setattr(psutil, "boot_time", lambda: booted + 3600.0)
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: created(self) + 3600.0)
    assert is_alive(before, NEVER)


@pytest.mark.parametrize(
    ("age", "alive"),
    [(0.0, True), (STALE_SECONDS - 1, True), (STALE_SECONDS + 1, False), (NEVER, False)],
)
def test_a_worker_of_another_host_lives_by_its_heartbeat(age: float, alive: bool) -> None:
    assert is_alive(record(host="elsewhere", pid=1), age) is alive


def test_a_heartbeat_from_the_far_future_is_none() -> None:
    assert is_alive(record(host="elsewhere"), -5.0)
    assert not is_alive(record(host="elsewhere"), -1e9)


@pytest.mark.parametrize("pid", [0, -1, -(2**63), 2**31, 2**62, 2**64 - 1])
def test_absurd_pids_are_nobody(pid: int) -> None:
    assert not is_alive(record(pid=pid), FRESH)


def test_a_process_of_another_user_may_be_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert is_alive(record(), FRESH)
    assert not is_alive(record(process_created=0.0), FRESH)


def test_a_heartbeat_renews_its_age(tmp_path: Path) -> None:
    assert heartbeat_age(tmp_path) == NEVER
    beat(tmp_path)
    os.utime(tmp_path / layout.HEARTBEAT, (0, 0))
    assert heartbeat_age(tmp_path) > 1e9
    beat(tmp_path)
    assert heartbeat_age(tmp_path) < 1e6


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts another process that holds the session."""
    started = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("end", ["exit", "kill"])
def test_one_process_at_a_time_holds_a_session_and_death_frees_it(
    tmp_path: Path, hold: Callable[[], subprocess.Popen[str]], end: str
) -> None:
    other = hold()
    with pytest.raises(SessionBusyError, match="already has a worker"):
        hold_lock(tmp_path)
    if end == "kill":
        other.kill()
    other.communicate()
    hold_lock(tmp_path).release()


def _ended_process() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


@pytest.mark.parametrize("known", [True, False])
def test_the_lock_of_a_killed_worker_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """A killed process is gone before the system has freed its files: old, this was refused."""
    if known:
        atomic.write_record(tmp_path / layout.WORKER, record(pid=_ended_process()))
    held = locks.try_lock(tmp_path / layout.LOCK)
    assert held is not None
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 20:
            held.release()

    monkeypatch.setattr("vae_engine.sessions.liveness.time.sleep", sleep)
    if known:
        hold_lock(tmp_path).release()
        assert len(pauses) == 20
    else:
        with pytest.raises(SessionBusyError):
            hold_lock(tmp_path)
        assert len(pauses) < 10


@pytest.mark.parametrize(
    "changes", [{}, {"host": "another"}, {"boot_id": "another"}, {"pid_namespace": 1}]
)
def test_the_lock_of_any_other_worker_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    pid = os.getpid() if not changes else _ended_process()
    atomic.write_record(tmp_path / layout.WORKER, record(pid=pid, **changes))
    held = locks.try_lock(tmp_path / layout.LOCK)
    assert held is not None
    pauses: list[float] = []
    monkeypatch.setattr("vae_engine.sessions.liveness.time.sleep", pauses.append)
    with pytest.raises(SessionBusyError):
        hold_lock(tmp_path)
    assert len(pauses) < 10
    held.release()


def test_a_lock_that_is_never_freed_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    atomic.write_record(tmp_path / layout.WORKER, record(pid=_ended_process()))
    monkeypatch.setattr(liveness, "_LEAVING_SECONDS", 0.1)
    held = locks.try_lock(tmp_path / layout.LOCK)
    assert held is not None
    with pytest.raises(SessionBusyError):
        hold_lock(tmp_path)
    held.release()


def test_a_lock_file_that_was_left_behind_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / layout.LOCK).write_text("4711")
    hold_lock(tmp_path).release()


def test_the_lock_does_not_follow_links_and_follows_the_umask(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / layout.LOCK).symlink_to(precious)
    with pytest.raises(OSError, match="symbolic"):
        hold_lock(tmp_path)
    assert precious.read_text() == "precious"
    (tmp_path / layout.LOCK).unlink()
    before = os.umask(0o077)
    try:
        hold_lock(tmp_path).release()
    finally:
        os.umask(before)
    assert (tmp_path / layout.LOCK).stat().st_mode & 0o777 == 0o600
