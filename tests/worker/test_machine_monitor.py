"""What the worker records of its machine, with a machine and a clock that the test sets."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import psutil
import pytest

from vae_engine.machine import memory_room, usable_cores
from vae_engine.sessions import layout
from vae_engine.sessions.machine_record import MOST_SAMPLES, GpuUse, merged, read_machine
from vae_engine.worker import machine_monitor
from vae_engine.worker.gpus import Gpus
from vae_engine.worker.machine_monitor import Counters, Levels, MachineMonitor, MachineProbe


@dataclass
class Machine:
    """A machine of two cores."""

    cores: float = 2.0
    memory: int = 8_000_000_000
    now: float = 0.0
    found: Counters = field(default_factory=lambda: Counters(0.0, 0.0))
    state: Levels = field(default_factory=lambda: Levels(6, 5_000_000_000, 4_000_000_000))
    error: Exception | None = None

    def counters(self) -> Counters:
        if self.error is not None:
            raise self.error
        return self.found

    def levels(self) -> Levels:
        return self.state

    def work(self, seconds: float, *, own: float, others: float) -> None:
        """Let time pass, in which processes use so many cores."""
        self.now += seconds
        self.found = replace(
            self.found,
            own=self.found.own + own * seconds,
            busy=self.found.busy + (own + others) * seconds,
            waiting=(self.found.waiting or 0.0) + others * seconds,
        )


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def monitor(tmp_path: Path, machine: Machine) -> MachineMonitor:
    return MachineMonitor(tmp_path, lambda: machine, lambda: machine.now)


def poll(monitor: MachineMonitor, machine: Machine, seconds: float, **work: float) -> None:
    """Train for so long, polled as the supervisor does, but less often."""
    for _ in range(round(seconds)):
        machine.work(1.0, **work)
        monitor.poll(active=True, run=1, epoch=3)


def test_ten_seconds_of_training_are_a_sample(
    tmp_path: Path, monitor: MachineMonitor, machine: Machine
) -> None:
    poll(monitor, machine, 10, own=1.5, others=0.25)
    assert read_machine(tmp_path) is None
    poll(monitor, machine, 1, own=1.5, others=0.25)
    record = read_machine(tmp_path)
    assert record is not None
    (sample,) = record.samples
    assert sample == record.latest
    assert (sample.cpu, sample.others, sample.seconds) == pytest.approx((1.5, 0.25, 10.0))
    assert (sample.run, sample.epoch, record.cores) == (1, 3, 2.0)
    assert (sample.rss, sample.memory_free, sample.disk_free) == (6, 5_000_000_000, 4_000_000_000)


def test_a_pause_is_no_training(tmp_path: Path, monitor: MachineMonitor, machine: Machine) -> None:
    poll(monitor, machine, 5, own=1.0, others=0.0)
    machine.work(0.5, own=1.0, others=0.0)
    monitor.poll(active=False, run=1, epoch=3)
    machine.work(3600.0, own=0.0, others=2.0)
    monitor.poll(active=False, run=1, epoch=3)
    poll(monitor, machine, 11, own=1.0, others=0.0)
    record = read_machine(tmp_path)
    assert record is not None
    assert [one.seconds for one in record.samples] == pytest.approx([4.5, 10.0])
    assert all(one.cpu == pytest.approx(1.0) for one in record.samples)


def test_a_long_run_has_few_samples_and_keeps_its_means(
    tmp_path: Path, monitor: MachineMonitor, machine: Machine
) -> None:
    for hour in range(3):
        poll(monitor, machine, 1200, own=2.0 - 0.5 * hour, others=0.5 * hour)
    record = read_machine(tmp_path)
    assert record is not None
    assert MOST_SAMPLES / 4 < len(record.samples) < MOST_SAMPLES
    total = sum(one.seconds for one in record.samples)
    assert total == pytest.approx(3 * 1200, abs=20)
    assert sum(one.cpu * one.seconds for one in record.samples) / total == pytest.approx(1.5, 0.01)
    assert record.samples[0].cpu == pytest.approx(2.0)
    assert record.samples[-1].others == pytest.approx(1.0)
    assert (tmp_path / layout.MACHINE).stat().st_size < 40_000


def test_a_resumed_session_keeps_what_earlier_runs_recorded(
    tmp_path: Path, monitor: MachineMonitor, machine: Machine
) -> None:
    poll(monitor, machine, 11, own=1.0, others=0.0)
    second = MachineMonitor(tmp_path, lambda: machine, lambda: machine.now)
    for _ in range(11):
        machine.work(1.0, own=2.0, others=0.0)
        second.poll(active=True, run=2, epoch=5)
    record = read_machine(tmp_path)
    assert record is not None
    assert [(one.run, round(one.cpu, 3)) for one in record.samples] == [(1, 1.0), (2, 2.0)]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b'{"cores": 0}', b"x" * 2**21])
def test_a_damaged_record_begins_anew(
    tmp_path: Path, monitor: MachineMonitor, machine: Machine, content: bytes
) -> None:
    (tmp_path / layout.MACHINE).write_bytes(content)
    poll(monitor, machine, 11, own=1.0, others=0.0)
    record = read_machine(tmp_path)
    assert record is not None
    assert len(record.samples) == 1


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), psutil.AccessDenied(1), ValueError("odd")]
)
def test_a_machine_that_cannot_be_read_ends_the_record_and_not_the_run(
    tmp_path: Path,
    monitor: MachineMonitor,
    machine: Machine,
    error: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    machine.error = error
    poll(monitor, machine, 30, own=1.0, others=0.0)
    assert read_machine(tmp_path) is None
    assert len([one for one in caplog.records if "no longer recorded" in one.message]) == 1


def test_a_link_in_place_of_the_record_is_replaced_and_not_followed(
    tmp_path: Path, monitor: MachineMonitor, machine: Machine
) -> None:
    (tmp_path / "other").write_text("mine")
    (tmp_path / layout.MACHINE).symlink_to(tmp_path / "other")
    poll(monitor, machine, 11, own=1.0, others=0.0)
    assert (tmp_path / "other").read_text() == "mine"
    assert read_machine(tmp_path) is not None


def test_this_machine_is_read(tmp_path: Path) -> None:
    probe = MachineProbe(tmp_path)
    before, levels = probe.counters(), probe.levels()
    while probe.counters().own < before.own + 0.1:
        pass
    after = probe.counters()
    assert 0 < probe.cores <= (os.cpu_count() or 1)
    assert after.busy >= before.busy
    assert 1_000_000 < levels.rss < probe.memory
    assert 0 < levels.memory_free <= probe.memory
    assert levels.disk_free > 0


def test_a_quota_of_the_control_group_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vae_engine.machine._CGROUP", tmp_path)
    whole = usable_cores()
    for text, cores in (("max 100000", whole), ("50000 100000", 0.5), ("0 0", whole), ("", whole)):
        (tmp_path / "cpu.max").write_text(text)
        assert usable_cores() == cores
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("900000\n")
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 400000\n")
    assert memory_room() == (500_000, 1_000_000)
    (tmp_path / "memory.max").write_text("max\n")
    assert memory_room()[1] == psutil.virtual_memory().total


class NvmlError(Exception):
    pass


def nvml(*, broken: str = "", error: type[Exception] = NvmlError) -> ModuleType:
    """A module as `pynvml` is, of a machine with one GPU."""

    def call(name: str, result: object) -> object:
        def called(*_: object) -> object:
            if name == broken:
                raise error(name)
            return result

        return called

    module = ModuleType("pynvml")
    found = {
        "nvmlInit": None,
        "nvmlDeviceGetCount": 1,
        "nvmlDeviceGetHandleByIndex": object(),
        "nvmlDeviceGetName": b"A\x1b[2JGPU",
        "nvmlDeviceGetMemoryInfo": SimpleNamespace(used=3, total=7),
        "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=40),
    }
    for name, result in found.items():
        setattr(module, name, call(name, result))
    module.NVMLError = NvmlError  # type: ignore[attr-defined]
    return module


def test_gpus_are_read_where_there_are_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml())
    assert Gpus().read() == (GpuUse(name="A\x1b[2JGPU", busy=0.4, memory=3, memory_total=7),)


@pytest.mark.parametrize("error", [NvmlError, OSError, AttributeError, ValueError])
@pytest.mark.parametrize(
    "broken",
    [
        "nvmlInit",
        "nvmlDeviceGetCount",
        "nvmlDeviceGetHandleByIndex",
        "nvmlDeviceGetName",
        "nvmlDeviceGetMemoryInfo",
        "nvmlDeviceGetUtilizationRates",
    ],
)
def test_a_driver_that_is_missing_or_fails_is_no_error(
    monkeypatch: pytest.MonkeyPatch, broken: str, error: type[Exception]
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml(broken=broken, error=error))
    gpus = Gpus()
    assert gpus.read() == gpus.read() == ()


@pytest.mark.parametrize("missing", ["NVMLError", "nvmlInit", "nvmlDeviceGetCount"])
def test_another_module_of_that_name_is_no_error(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    module = nvml(broken="nvmlDeviceGetName", error=OSError)
    delattr(module, missing)
    monkeypatch.setitem(sys.modules, "pynvml", module)
    gpus = Gpus()
    assert gpus.read() == gpus.read() == ()


def test_a_gpu_that_is_lost_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    module = nvml()
    lost: set[int] = set()

    def memory(at: int) -> SimpleNamespace:
        if at in lost:
            raise NvmlError("GPU is lost")
        return SimpleNamespace(used=at, total=-1)

    module.nvmlDeviceGetCount = lambda: 3  # type: ignore[attr-defined]
    module.nvmlDeviceGetHandleByIndex = lambda at: at  # type: ignore[attr-defined]
    module.nvmlDeviceGetMemoryInfo = memory  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pynvml", module)
    gpus = Gpus()
    assert [(use.memory, use.memory_total) for use in gpus.read()] == [(0, 0), (1, 0), (2, 0)]
    lost.add(1)
    assert [use.memory for use in gpus.read()] == [0, 2]
    lost.clear()
    assert [use.memory for use in gpus.read()] == [0, 2]


def test_bytes_written_are_rates_and_unknown_where_the_system_hides_them(
    tmp_path: Path, monitor: MachineMonitor, machine: Machine
) -> None:
    machine.found = replace(machine.found, written=1_000)
    for _ in range(11):
        machine.work(1.0, own=1.0, others=0.0)
        assert machine.found.written is not None
        machine.found = replace(machine.found, written=machine.found.written + 2_000_000)
        monitor.poll(active=True, run=1, epoch=3)
    record = read_machine(tmp_path)
    assert record is not None
    assert record.latest.written == pytest.approx(2e6)
    machine.found = replace(machine.found, written=None)
    poll(monitor, machine, 10, own=1.0, others=0.0)
    record = read_machine(tmp_path)
    assert record is not None
    assert record.latest.written is None
    assert merged(record.samples).written is None


def test_what_this_process_writes_is_counted_or_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = MachineProbe(tmp_path)
    before = probe.counters().written
    (tmp_path / "data").write_bytes(b"x" * 2**20)
    after = probe.counters().written
    if before is not None:
        assert after is not None
        assert after >= before
    denied = psutil.AccessDenied(1)
    monkeypatch.setattr(
        psutil.Process, "io_counters", lambda _: (_ for _ in ()).throw(denied), raising=False
    )
    assert probe.counters().written is None
    monkeypatch.delattr(psutil.Process, "io_counters")
    assert probe.counters().written is None


def test_without_nvml_there_are_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert Gpus().read() == ()


def test_guests_count_once_and_only_processors_that_may_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = SimpleNamespace(user=10.0, nice=5.0, system=1.0, idle=80.0, iowait=4.0, guest=2.0)

    class Times(tuple[float, ...]):
        def __getattr__(self, name: str) -> float:
            return float(getattr(times, name))

    one = Times(vars(times).values())
    monkeypatch.setattr(machine_monitor, "_affinity", lambda: {0})
    monkeypatch.setattr(psutil, "cpu_times", lambda **_: [one, one])
    found = MachineProbe(tmp_path).counters()
    assert (found.busy, found.io_wait) == (16.0, 4.0)


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="the system does not tell")
def test_waiting_for_a_processor_only_grows(tmp_path: Path) -> None:
    before, after = (MachineProbe(tmp_path).counters().waiting for _ in range(2))
    assert before is not None
    assert after is not None
    assert 0 <= before <= after
