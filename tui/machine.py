"""What a session's worker has of its machine, in words."""

from __future__ import annotations

from tui.text import duration_text, one_line, size_text
from vae_engine.sessions.bottleneck import (
    Bottleneck,
    Kind,
    bottlenecks,
    overall,
    slowed_seconds,
)
from vae_engine.sessions.machine_record import MachineRecord, MachineSample

FRESH_SECONDS = 45.0
"""An older sample says nothing about the present: the worker waits, or hangs."""

_SLOWED_BY: dict[Kind, str] = {
    "processor": "other processes",
    "memory": "too little memory",
    "swap": "swapping",
    "disk": "a full disk",
    "disk_wait": "the disk",
    "gpu": "a processor that feeds the GPU slowly",
}


def machine_line(record: MachineRecord, sample: MachineSample) -> str:
    """Format a sample: `CPU 96% of 2 cores · others 3% · memory 612M · disk 31G free`.

    Then the GPUs, and what the worker writes to disks: `wrote 2.1M/s`.
    """
    cores = record.cores
    parts = [
        f"CPU {sample.cpu / cores:.0%} of {cores:.3g} core{'s' * (cores != 1)}",
        f"others {sample.others / cores:.0%}",
        f"memory {size_text(sample.rss)}",
        f"disk {size_text(sample.disk_free)} free",
    ]
    parts += [
        f"{one_line(gpu.name, 24)} {gpu.busy:.0%} {size_text(gpu.memory)}" for gpu in sample.gpus
    ]
    if sample.written is not None:
        parts.append(f"wrote {size_text(round(sample.written))}/s")
    return " · ".join(parts)


def present_line(record: MachineRecord | None, *, live: bool) -> str:
    """Format the newest sample of a live session, or the means of one that has ended."""
    if record is None:
        return ""
    if live:
        return machine_line(record, record.latest)
    return f"on average: {machine_line(record, overall(record))}"


def present_bottleneck(record: MachineRecord | None, now: float) -> Bottleneck | None:
    """Return what slows the worker down now; None for nothing, or if that is not known.

    Args:
        record: of the session.
        now: seconds since 1970.
    """
    if record is None or abs(now - record.latest.time) > FRESH_SECONDS:
        return None
    found = bottlenecks(record, record.latest)
    return found[0] if found else None


def slowed_text(record: MachineRecord) -> str:
    """Say for how long the machine slowed the runs down, and by what; empty for never."""
    total = sum(one.seconds for one in record.samples)
    return ", ".join(
        f"{_SLOWED_BY[kind]} for {duration_text(seconds)} of {duration_text(total)}"
        for kind, seconds in slowed_seconds(record).items()
    )
