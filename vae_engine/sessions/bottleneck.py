"""Whether the machine slows a run down; docs/session-format.md explains the bounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from vae_engine.sessions.machine_record import MachineRecord, MachineSample, merged

Kind = Literal["processor", "memory", "swap", "disk", "disk_wait", "gpu"]

OTHERS_SHARE: Final = 0.15
"""Other processes count from this share of the cores on..."""
BUSY_SHARE: Final = 0.85
"""...if they and the worker together use this share..."""
WAITING_SHARE: Final = 0.1
"""...and the worker's threads wait for this share, where the system tells: others may be polite."""
LEAST_MEMORY: Final = 250_000_000
MEMORY_SHARE: Final = 0.03
"""Memory is short below this many bytes, or this share of all."""
MOST_SWAPPED: Final = 1_000_000
"""Bytes per second from which on swapping costs time."""
LEAST_DISK: Final = 1_000_000_000
"""Free bytes below which the disk is nearly full: a session takes 10 to 100 MB."""
WAIT_SHARE: Final = 0.25
"""Share of the cores that wait for a disk, while the worker uses less than half of them."""
GPU_SHARE: Final = 0.5
"""A GPU that is used but less than this waits for the processor, if that is busy."""

_MB, _GB = 1e6, 1e9


@dataclass(frozen=True)
class Bottleneck:
    """What slows a run down.

    Attributes:
        kind: of what.
        text: what was measured, in a few words.
        effect: what that means for the run, or what helps.
    """

    kind: Kind
    text: str
    effect: str

    @property
    def sentence(self) -> str:
        """Both in one line."""
        return f"{self.text}: {self.effect}"


def bottlenecks(record: MachineRecord, sample: MachineSample) -> list[Bottleneck]:
    """Return what slows the worker down in a sample, the worst first; usually nothing.

    Args:
        record: of the session, for what the worker may use.
        sample: one of it, or the mean of several.
    """
    found = (
        _memory(record, sample),
        _swap(sample),
        _processor(record, sample),
        _disk_wait(record, sample),
        _disk(sample),
        _gpu(record, sample),
    )
    return [one for one in found if one is not None]


def overall(record: MachineRecord) -> MachineSample:
    """Return the means over all runs."""
    return merged(record.samples)


def slowed_seconds(record: MachineRecord) -> dict[Kind, float]:
    """Return for how long each kind of bottleneck slowed the runs down, the longest first."""
    seconds: dict[Kind, float] = {}
    for sample in record.samples:
        for kind in _kinds(bottlenecks(record, sample)):
            seconds[kind] = seconds.get(kind, 0.0) + sample.seconds
    return dict(sorted(seconds.items(), key=lambda item: -item[1]))


def _kinds(found: Iterable[Bottleneck]) -> list[Kind]:
    return [one.kind for one in found]


def _processor(record: MachineRecord, sample: MachineSample) -> Bottleneck | None:
    cores, together = record.cores, sample.cpu + sample.others
    if sample.others < OTHERS_SHARE * cores or together < BUSY_SHARE * cores:
        return None
    if sample.waiting is not None and sample.waiting < WAITING_SHARE * cores:
        return None
    return Bottleneck(
        "processor",
        f"other processes use {sample.others:.1f} of {cores:.3g} cores",
        f"training has {sample.cpu / cores:.0%}",
    )


def _memory(record: MachineRecord, sample: MachineSample) -> Bottleneck | None:
    if sample.memory_free >= max(LEAST_MEMORY, MEMORY_SHARE * record.memory):
        return None
    left = f"{sample.memory_free / _MB:.0f} MB of {record.memory / _GB:.3g} GB left"
    return Bottleneck(
        "memory",
        f"memory nearly full, {left}",
        "the system may swap, or end the worker",
    )


def _swap(sample: MachineSample) -> Bottleneck | None:
    if sample.swapped < MOST_SWAPPED:
        return None
    return Bottleneck(
        "swap", f"the machine swaps {sample.swapped / _MB:.0f} MB/s", "too little memory"
    )


def _disk(sample: MachineSample) -> Bottleneck | None:
    if sample.disk_free >= LEAST_DISK:
        return None
    return Bottleneck(
        "disk",
        f"disk nearly full, {sample.disk_free / _MB:.0f} MB left",
        "a run that cannot write a checkpoint fails",
    )


def _disk_wait(record: MachineRecord, sample: MachineSample) -> Bottleneck | None:
    if sample.io_wait < WAIT_SHARE * record.cores or sample.cpu > 0.5 * record.cores:
        return None
    return Bottleneck(
        "disk_wait",
        f"{sample.io_wait:.1f} of {record.cores:.3g} cores wait for a disk",
        f"training uses {sample.cpu / record.cores:.0%}",
    )


def _gpu(record: MachineRecord, sample: MachineSample) -> Bottleneck | None:
    used = [gpu for gpu in sample.gpus if gpu.busy > 0.0]
    if not used or sample.cpu < BUSY_SHARE * record.cores:
        return None
    busiest = max(used, key=lambda gpu: gpu.busy)
    if busiest.busy >= GPU_SHARE:
        return None
    return Bottleneck("gpu", f"the GPU is busy {busiest.busy:.0%}", "the processor feeds it slowly")
