"""Other events for a worker: signals, SIGSTOP, a reboot."""

from __future__ import annotations

import os
import signal
import time

import msgspec
import psutil
import pytest

from tests.faults.faulty_worker import Fault
from tests.faults.storm import check_same_end, start_faulty
from tests.faults.views import head, vae
from tests.waiting import wait_for
from tests.worker.conftest import DEADLINE, Runner, events_until, kill, worker_record
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import write_record
from vae_engine.sessions.liveness import STALE_SECONDS, seconds_after_boot
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings
from vae_engine.training import checkpoint


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize(
    "for_a_minute",
    [False, pytest.param(True, marks=pytest.mark.slow)],
    ids=["told-by-its-heartbeat", "for-a-minute"],
)
def test_a_stopped_worker_is_reported_and_continues_or_exits_on_request(
    runner: Runner, longer: Settings, longer_undisturbed: Session, for_a_minute: bool
) -> None:
    session = runner.create(longer)
    process = psutil.Process(runner.start(session))
    events_until(session, lambda: session.log.latest_progress is not None)
    process.suspend()
    try:
        fall_silent(session, for_a_minute)
        session.poll()
        assert session.status() == "training"
        assert "no response for" in head(session)
        assert "has not responded for" in " ".join(vae(session, "show").out.split())
        seen = session.log.latest_progress
    finally:
        process.resume()
    events_until(session, lambda: session.silent_since() is None)
    events_until(session, lambda: session.log.latest_progress != seen)

    process.send_signal(signal.SIGHUP)
    process.terminate()
    events_until(session, lambda: session.log.phase == "ended")
    assert (session.status(), session.log.stop_reason) == ("interrupted", "SIGTERM")
    events_until(session, lambda: not session.alive())
    index = checkpoint.read_index(session.folder)
    assert index is not None
    assert (index.latest.epoch, index.latest.step) > (0, 0)
    runner.complete(session)
    check_same_end(session, longer_undisturbed)


OTHER_SIGNALS = (
    *("SIGUSR2", "SIGXCPU", "SIGQUIT", "SIGALRM"),
    *("SIGVTALRM", "SIGPROF", "SIGPWR", "SIGRTMIN"),
)


# As Slurm and others send before they preempt, and what else ends a process.
@pytest.mark.parametrize(
    "name",
    [
        *("SIGTERM", "SIGINT", "SIGUSR1", "SIGRTMAX"),
        *(pytest.param(name, marks=pytest.mark.slow) for name in OTHER_SIGNALS),
    ],
)
def test_a_worker_asked_to_go_as_soon_as_it_can_be_seen_writes_its_last_event(
    runner: Runner, small: Settings, name: str
) -> None:
    for fault in (
        Fault("rename", layout.WORKER, signal=name),
        Fault("fsync", layout.EVENTS, signal=name),
    ):
        session = runner.create(small)
        assert start_faulty(session, fault).wait(timeout=DEADLINE) == 0
        session.poll()
        assert (session.log.run, session.log.phase) == (1, "ended")
        assert (session.status(), session.log.stop_reason) == ("interrupted", name)


def fall_silent(session: Session, for_a_minute: bool) -> None:
    """Wait until a stopped worker has been silent for too long, or have it so."""
    if for_a_minute:
        began = time.monotonic()
        wait_for(lambda: time.monotonic() - began > 60.0)
    else:
        long_ago = time.time() - 2 * STALE_SECONDS
        os.utime(session.folder / layout.HEARTBEAT, (long_ago, long_ago))


def test_a_reboot_interrupts_and_its_traces_deceive_nobody(runner: Runner, small: Settings) -> None:
    session = runner.create(small)
    runner.start(session)
    events_until(session, lambda: session.log.run == 1)
    kill(session)
    assert (session.folder / layout.LOCK).exists()
    left = worker_record(session)
    this = psutil.Process()
    started = seconds_after_boot(this)
    for traces in (
        # Another process has the worker's number now, another boot has begun, or both.
        {"pid": this.pid, "process_created": started - 100.0},
        {"pid": this.pid, "process_created": started, "boot_id": "of-another-boot"},
        {"pid": 1, "process_created": 0.0, "boot_id": "of-another-boot"},
    ):
        found = msgspec.structs.replace(left, **traces)
        write_record(session.folder / layout.WORKER, found)
        os.utime(session.folder / layout.HEARTBEAT)
        assert session.status() == "interrupted"
        assert "interrupted" in vae(session, "show").out
    runner.start(session)
    events_until(session, lambda: session.log.run == 2)
    assert session.status() == "starting"
    kill(session)
