"""Samples what the worker has of its machine, about every ten seconds of training."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from vae_engine.errors import SessionDamagedError
from vae_engine.machine import memory_room, usable_cores
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.machine_record import (
    GpuUse,
    MachineRecord,
    MachineSample,
    extended,
    read_machine,
)
from vae_engine.worker.gpus import Gpus

_log = logging.getLogger(__name__)

INTERVAL = 10.0
"""Seconds of a sample."""
LEAST_SECONDS = 1.0
"""Shorter ones, as at the end of a run, are dropped: the system counts in hundredths."""


@dataclass(frozen=True)
class Counters:
    """What only grows, in seconds of processor time and in bytes.

    Attributes:
        own: of this process.
        busy: of all processes, on the processors that this one may use.
        io_wait: idle, while some process waits for a disk.
        waiting: of threads of this process for a processor; None if the system does not tell.
        swapped: to and from swap.
        written: to disks by this process; None if the system does not tell.
    """

    own: float
    busy: float
    io_wait: float = 0.0
    waiting: float | None = None
    swapped: int = 0
    written: int | None = None


@dataclass(frozen=True)
class Levels:
    """What rises and falls, in bytes; and the GPUs."""

    rss: int
    memory_free: int
    disk_free: int
    gpus: tuple[GpuUse, ...] = ()


class Probe(Protocol):
    """Reads the machine."""

    cores: float
    memory: int

    def counters(self) -> Counters:
        """Read the counters."""

    def levels(self) -> Levels:
        """Read the levels."""


class MachineProbe:
    """Reads this machine by psutil, and its GPUs where NVML is installed.

    Attributes:
        cores: that this process may use.
        memory: that it may have, in bytes.
    """

    def __init__(self, folder: Path) -> None:
        """Read the machine that trains the session in `folder`."""
        self._folder = folder
        self._process = psutil.Process()
        self._gpus = Gpus()
        self.cores = usable_cores()
        self.memory = memory_room()[1]

    def counters(self) -> Counters:
        """Read the counters."""
        own = self._process.cpu_times()
        usable = _affinity()
        times = [
            one for number, one in enumerate(psutil.cpu_times(percpu=True)) if number in usable
        ]
        waiting = _sum(times, "iowait")
        guests = _sum(times, "guest") + _sum(times, "guest_nice")  # In user and nice already.
        idle = _sum(times, "idle") + waiting + guests
        return Counters(
            own=own.user + own.system,
            busy=sum(map(sum, times)) - idle,
            io_wait=waiting,
            waiting=_waiting(),
            swapped=_swapped(),
            written=self._written(),
        )

    def _written(self) -> int | None:
        # macOS does not count it, and a container may hide it.
        read = getattr(self._process, "io_counters", None)
        try:
            return int(read().write_bytes) if read is not None else None
        except (OSError, psutil.Error):
            return None

    def levels(self) -> Levels:
        """Read the levels.

        Raises:
            OSError: the session's folder is gone.
        """
        return Levels(
            rss=self._process.memory_info().rss,
            memory_free=memory_room()[0],
            disk_free=shutil.disk_usage(self._folder).free,
            gpus=self._gpus.read(),
        )


class MachineMonitor:
    """Writes `machine.json`; one thread calls `poll`, as often as it likes."""

    def __init__(
        self,
        folder: Path,
        probe: Callable[[], Probe] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a monitor of the session in `folder`.

        Args:
            folder: of the session.
            probe: makes what reads the machine, before the first sample.
            clock: seconds.
        """
        self._path = folder / layout.MACHINE
        self._make_probe = probe or (lambda: MachineProbe(folder))
        self._probe: Probe | None = None
        self._clock = clock
        self._record: MachineRecord | None = None
        self._begun: tuple[float, Counters] | None = None
        self._failed = False

    def poll(self, *, active: bool, run: int, epoch: int) -> None:
        """Begin a sample or end it, if it is time.

        Args:
            active: whether training is under way, and not paused.
            run: number of the run.
            epoch: the last finished one.
        """
        if self._failed or (self._begun is None and not active):
            return
        now = self._clock()
        due = INTERVAL if active else LEAST_SECONDS
        if self._begun is not None and now - self._begun[0] < due:
            if not active:
                self._begun = None
            return
        try:
            self._turn(now, active=active, run=run, epoch=epoch)
        except (OSError, psutil.Error, ValueError) as error:
            # It is no more than a record: the run goes on without.
            _log.warning("the machine is no longer recorded: %s", error)
            self._failed = True

    def _turn(self, now: float, *, active: bool, run: int, epoch: int) -> None:
        if self._probe is None:
            self._probe = self._make_probe()
            self._record = self._earlier()
        counters = self._probe.counters()
        begun, self._begun = self._begun, (now, counters) if active else None
        if begun is None:
            return
        sample = self._sample(now - begun[0], begun[1], counters, run=run, epoch=epoch)
        probe = self._probe
        self._record = extended(self._record, sample, cores=probe.cores, memory=probe.memory)
        # A power cut may take it: it is not worth a wait for the disk.
        atomic.write_record(self._path, self._record, durable=False)

    def _sample(
        self, seconds: float, before: Counters, now: Counters, *, run: int, epoch: int
    ) -> MachineSample:
        assert self._probe is not None
        levels = self._probe.levels()
        own = max(0.0, now.own - before.own)
        # Both are rounded, and read one after the other.
        others = max(0.0, now.busy - before.busy - own)
        return MachineSample(
            time=time.time(),
            seconds=seconds,
            run=run,
            epoch=epoch,
            cpu=own / seconds,
            others=others / seconds,
            io_wait=max(0.0, now.io_wait - before.io_wait) / seconds,
            waiting=_apart(before.waiting, now.waiting, seconds),
            rss=levels.rss,
            memory_free=levels.memory_free,
            swapped=max(0, now.swapped - before.swapped) / seconds,
            written=_apart(before.written, now.written, seconds),
            disk_free=levels.disk_free,
            gpus=levels.gpus,
        )

    def _earlier(self) -> MachineRecord | None:
        """Return the record of earlier runs."""
        try:
            return read_machine(self._path.parent)
        except SessionDamagedError as error:
            _log.warning("%s: it starts again", error)
            return None


def _apart(before: float | None, now: float | None, seconds: float) -> float | None:
    # Threads that have ended take theirs with them.
    return None if before is None or now is None else max(0.0, now - before) / seconds


def _waiting() -> float | None:
    """Return the seconds that this process's threads were ready and waited for a processor."""
    total = 0
    try:
        for thread in Path("/proc/self/task").iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # It has just ended.
                total += int((thread / "schedstat").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return total / 1e9


def _affinity() -> set[int]:
    """Return the numbers of the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def _sum(times: Sequence[object], field: str) -> float:
    """Sum a field over processors; 0 where the system has none of the name."""
    return sum(getattr(one, field, 0.0) for one in times)


def _swapped() -> int:
    """Return the bytes moved to and from swap since boot; 0 if unknown."""
    try:
        words = Path("/proc/vmstat").read_text(encoding="ascii").split()
    except OSError:
        return 0
    pages = sum(
        int(words[words.index(name) + 1]) for name in ("pswpin", "pswpout") if name in words
    )
    return pages * os.sysconf("SC_PAGE_SIZE")
