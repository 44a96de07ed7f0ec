"""`machine.json`: what a session's worker had of its machine, in a bounded number of samples."""

# No `from __future__ import annotations`: msgspec would compile them one by one at every start.

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import Count, Epoch, Seconds

MOST_SAMPLES = 64
"""When there are as many samples, neighbours are merged, and later ones are twice as long."""
MOST_GPUS = 16

Cores = Annotated[float, Meta(ge=0, le=1e6)]
"""Processor time per time: 1 is a core that is always busy."""
BytesPerSecond = Annotated[float, Meta(ge=0, le=1e15)]


class GpuUse(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU: its name, the share of the time in which it was busy, its memory in bytes."""

    name: Annotated[str, Meta(max_length=100)]
    busy: Annotated[float, Meta(ge=0, le=1)]
    memory: Count
    memory_total: Count


class MachineSample(msgspec.Struct, frozen=True, kw_only=True):
    """Means over `seconds` of training that ended at `time`.

    Attributes:
        time: its end, in seconds since 1970.
        seconds: its length, without pauses.
        run: number of the run.
        epoch: the last finished epoch.
        cpu: cores that the worker used.
        others: cores that other processes used, of those that the worker may use.
        waiting: cores that the worker's threads were ready for and did not get; None if unknown.
        io_wait: cores that had nothing to do but wait for a disk.
        rss: memory of the worker in bytes, at most.
        memory_free: memory that the worker could still have, in bytes, at least.
        swapped: bytes per second to and from swap, of the whole machine.
        disk_free: free bytes on the session's disk, at the end.
        written: bytes per second that the worker wrote to disks; None if unknown.
        gpus: those that the driver tells of.
    """

    time: Seconds
    seconds: Annotated[float, Meta(gt=0, le=1e11)]
    run: Count = 0
    epoch: Epoch = 0
    cpu: Cores
    others: Cores
    io_wait: Cores = 0.0
    waiting: Cores | None = None
    rss: Count
    memory_free: Count
    swapped: BytesPerSecond = 0.0
    disk_free: Count
    written: BytesPerSecond | None = None
    gpus: Annotated[tuple[GpuUse, ...], Meta(max_length=MOST_GPUS)] = ()


class MachineRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`machine.json`: replaced by the worker about every ten seconds of training.

    Attributes:
        cores: that the worker may use, by affinity and the control group's quota.
        memory: that the worker may have, in bytes.
        latest: the newest sample.
        samples: of all runs, the oldest first; all but the last are at least `interval` long.
        interval: seconds.
    """

    cores: Annotated[float, Meta(gt=0, le=1e6)]
    memory: Count
    latest: MachineSample
    samples: Annotated[tuple[MachineSample, ...], Meta(min_length=1, max_length=MOST_SAMPLES)]
    interval: Annotated[float, Meta(ge=0, le=1e11)] = 0.0


def read_machine(folder: Path) -> MachineRecord | None:
    """Read the record of a session; None if its worker has written none.

    Raises:
        SessionDamagedError: it cannot be read.
    """
    return atomic.read_optional(folder / layout.MACHINE, MachineRecord)


def extended(
    record: MachineRecord | None, sample: MachineSample, *, cores: float, memory: int
) -> MachineRecord:
    """Add a sample, and merge others where there would be too many.

    Args:
        record: so far, None before the first sample.
        sample: the newest one.
        cores: that the worker may use now.
        memory: that it may have, in bytes.
    """
    samples = list(record.samples) if record is not None else []
    interval = record.interval if record is not None else 0.0
    if samples and samples[-1].seconds < interval and samples[-1].run == sample.run:
        samples[-1] = merged((samples[-1], sample))
    else:
        samples.append(sample)
    if len(samples) >= MOST_SAMPLES:
        interval = max(interval, *(one.seconds for one in samples)) * 2
        pairs = (samples[at : at + 2] for at in range(0, len(samples), 2))
        samples = [merged(pair) for pair in pairs]
    return MachineRecord(
        cores=cores, memory=memory, latest=sample, samples=tuple(samples), interval=interval
    )


def merged(samples: Sequence[MachineSample]) -> MachineSample:
    """Return one sample that is as long as several neighbours together, of the run of the last."""
    seconds = sum(one.seconds for one in samples)

    def mean(name: str) -> float:
        total: float = sum(getattr(one, name) * one.seconds for one in samples)
        return total / seconds

    def known(name: str) -> float | None:
        return None if any(getattr(one, name) is None for one in samples) else mean(name)

    return msgspec.structs.replace(
        samples[-1],
        seconds=seconds,
        cpu=mean("cpu"),
        others=mean("others"),
        io_wait=mean("io_wait"),
        waiting=known("waiting"),
        rss=max(one.rss for one in samples),
        memory_free=min(one.memory_free for one in samples),
        swapped=mean("swapped"),
        written=known("written"),
        gpus=_merged_gpus(samples, seconds),
    )


def _merged_gpus(samples: Sequence[MachineSample], seconds: float) -> tuple[GpuUse, ...]:
    last = samples[-1].gpus
    if any([gpu.name for gpu in one.gpus] != [gpu.name for gpu in last] for one in samples):
        return last
    busy = [
        sum(one.gpus[at].busy * one.seconds for one in samples) / seconds for at in range(len(last))
    ]
    return tuple(
        msgspec.structs.replace(
            gpu,
            busy=min(1.0, busy[at]),
            memory=max(one.gpus[at].memory for one in samples),
        )
        for at, gpu in enumerate(last)
    )
