"""When the machine slows a run down, and when it does not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vae_engine.sessions.bottleneck import bottlenecks, overall, slowed_seconds
from vae_engine.sessions.machine_record import GpuUse, MachineRecord, MachineSample

QUIET: dict[str, Any] = {
    "time": 1e9,
    "seconds": 10.0,
    "cpu": 1.9,
    "others": 0.05,
    "rss": 600_000_000,
    "memory_free": 5_000_000_000,
    "disk_free": 30_000_000_000,
}


def sample(**changes: Any) -> MachineSample:
    return MachineSample(**{**QUIET, **changes})


def record(*samples: MachineSample, cores: float = 2.0) -> MachineRecord:
    return MachineRecord(
        cores=cores, memory=8_000_000_000, latest=samples[-1], samples=tuple(samples)
    )


def gpu(busy: float) -> tuple[GpuUse, ...]:
    return (GpuUse(name="GPU", busy=busy, memory=1, memory_total=2),)


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({}, []),
        ({"cpu": 0.8, "others": 1.1}, ["processor"]),
        ({"cpu": 1.6, "others": 0.35}, ["processor"]),
        ({"cpu": 0.8, "others": 1.1, "waiting": 1.5}, ["processor"]),
        # Of low priority, they take what the worker leaves.
        ({"cpu": 0.8, "others": 1.2, "waiting": 0.05}, []),
        # Others are busy, but there is room for all.
        ({"cpu": 0.5, "others": 0.6}, []),
        ({"cpu": 1.9, "others": 0.1}, []),
        ({"memory_free": 100_000_000}, ["memory"]),
        ({"memory_free": 260_000_000}, []),
        ({"swapped": 5e6}, ["swap"]),
        ({"swapped": 1000.0}, []),
        ({"disk_free": 300_000_000}, ["disk"]),
        ({"cpu": 0.4, "io_wait": 1.2}, ["disk_wait"]),
        ({"cpu": 1.9, "io_wait": 0.6}, []),
        ({"gpus": gpu(0.2)}, ["gpu"]),
        ({"gpus": gpu(0.9)}, []),
        ({"gpus": gpu(0.0)}, []),  # It does not train on it.
        ({"gpus": gpu(0.2), "cpu": 0.5}, []),
        (
            {"memory_free": 1, "swapped": 9e6, "cpu": 0.5, "others": 1.5, "disk_free": 1},
            ["memory", "swap", "processor", "disk"],
        ),
    ],
)
def test_a_machine_is_the_bottleneck_where_it_takes_time(
    changes: dict[str, Any], kinds: list[str]
) -> None:
    one = sample(**changes)
    assert [found.kind for found in bottlenecks(record(one), one)] == kinds


def test_the_sentence_has_the_figures() -> None:
    one = sample(cpu=0.8, others=1.15)
    (found,) = bottlenecks(record(one), one)
    assert found.sentence == ("other processes use 1.1 of 2 cores: training has 40%")


def test_the_duration_of_each_kind_is_counted() -> None:
    busy = {"cpu": 1.0, "others": 1.0}
    found = record(
        sample(), sample(**busy, seconds=20.0), sample(**busy, disk_free=1), sample(seconds=60.0)
    )
    assert slowed_seconds(found) == {"processor": 30.0, "disk": 10.0}
    assert overall(found).seconds == 100.0
    assert overall(found).cpu == pytest.approx((1.9 * 70 + 1.0 * 30) / 100)


@pytest.mark.parametrize(
    "damage",
    [
        {"cpu": -1.0},
        {"cpu": 1e300},
        {"seconds": 0.0},
        {"rss": -5},
        {"time": 1e300},
        {"gpus": [{"name": "x" * 101, "busy": 0.5, "memory": 1, "memory_total": 1}]},
        {"gpus": [{"name": "x", "busy": 7.0, "memory": 1, "memory_total": 1}]},
    ],
)
def test_a_record_of_absurd_figures_is_refused(damage: dict[str, Any]) -> None:
    plain = msgspec.to_builtins(record(sample()))
    plain["samples"][0].update(damage)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(plain), type=MachineRecord)
