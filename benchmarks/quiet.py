"""Whether a machine is quiet enough to measure on: the processors that other programs keep busy."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import psutil

from benchmarks.processes import MeasurementError

MOST_BUSY = 0.1
"""Processors that others may use; a tenth of one costs a measurement some percent at most."""
WATCHED_SECONDS = 3.0


@dataclass(frozen=True)
class Times:
    """Processor time so far, in seconds.

    Attributes:
        busy: of all processors, what a hypervisor took away included.
        own: of this process and the ones it has waited for.
        clock: when it was read.
    """

    busy: float
    own: float
    clock: float


def busy_by_others(before: Times, after: Times) -> float:
    """How many processors others kept busy between two readings, at least 0."""
    others = (after.busy - before.busy) - (after.own - before.own)
    return max(0.0, others / (after.clock - before.clock))


def check_quiet(most: float, seconds: float = WATCHED_SECONDS) -> None:
    """Watch the machine for some seconds, and refuse a busy one.

    Args:
        most: processors that others may keep busy.
        seconds: how long to watch.

    Raises:
        MeasurementError: others keep more busy.
    """
    before = read_times()
    time.sleep(seconds)
    busy = busy_by_others(before, read_times())
    if busy > most:
        raise MeasurementError(
            f"the machine is busy: others use {busy:.2f} of {os.cpu_count()} processors, at most "
            f"{most:g} are allowed: wait for them to end, or pass --most-busy {busy + 0.1:.1f}"
        )


def read_times() -> Times:
    """Read the present times."""
    every = psutil.cpu_times()
    # A guest's time is part of the user's.
    busy = every.user + every.nice + every.system
    busy += sum(getattr(every, name, 0.0) for name in ("irq", "softirq", "steal"))
    return Times(busy, sum(os.times()[:4]), time.monotonic())
