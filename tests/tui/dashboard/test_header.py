from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from tests.tui.recorder import epoch_ended, progress
from tui.dashboard.header import header_lines
from tui.dashboard.snapshot import Snapshot
from tui.eta import Remaining
from tui.history import History
from tui.machine import present_line, slowed_text
from vae_engine.sessions.machine_record import GpuUse, MachineRecord, MachineSample
from vae_engine.sessions.records import Label
from vae_engine.settings import make_settings

NOW = 1_000_000.0

TRAINING = Snapshot(
    label=Label(name="mnist-d2"),
    status="training",
    history=History(tuple(epoch_ended(epoch) for epoch in range(1, 13))),
    progress=progress(13, 10),
    epochs=50,
    run=1,
    device="CPU",
    best_epoch=12,
    best_val_loss=159.3,
    duration=190.0,
    updated=NOW - 2,
    remaining=Remaining(250.0, 580.0),
)


def lines(snapshot: Snapshot, width: int = 120, doing: str = "") -> list[str]:
    parts = header_lines(snapshot, make_settings(), doing, NOW, width)
    return ["".join(text for text, _ in line) for line in parts]


@pytest.mark.parametrize("width", [58, 78, 118, 198])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"status": "starting", "history": History(), "progress": None, "best_val_loss": None},
        {"status": "paused", "asked": ("continue", "stop", "stop_now")},
        {"status": "diverged", "progress": None, "stop_reason": "the loss is not finite " * 9},
        {"label": Label(name="長い名前" * 20)},
        {"problem": "the session is no longer in /a/rather/long/folder/of/sessions/somewhere"},
        {"epochs": 100_000, "remaining": Remaining(9e5, 9e6), "duration": 9e6},
        {"run": 12, "progress": progress(13, 123_456, steps=999_999)},
    ],
)
def test_every_line_fills_the_width(changes: dict[str, Any], width: int) -> None:
    found = lines(replace(TRAINING, **changes), width)
    assert [cell_len(line) for line in found] == [width] * 3


def test_the_bars_stand_below_each_other() -> None:
    _, epochs, steps = lines(TRAINING)
    assert epochs.index("━") == steps.index("━")
    assert epochs.count("━") == steps.count("━")


def test_time_goes_on_while_a_worker_trains_and_rests_while_it_is_paused() -> None:
    assert lines(TRAINING)[2].endswith("elapsed 3m12s")
    assert lines(replace(TRAINING, status="paused"))[2].endswith("elapsed 3m10s")
    assert lines(replace(TRAINING, status="completed", progress=None))[2].endswith("elapsed 3m10s")


def test_only_a_live_session_has_an_expected_end() -> None:
    assert lines(TRAINING)[1].endswith("ETA 4m10s to 9m40s")
    assert "ETA" not in lines(replace(TRAINING, status="stopped"))[1]
    assert "ETA" not in lines(replace(TRAINING, finishing="converged"))[1]
    assert "ETA" not in lines(replace(TRAINING, remaining=None))[1]


def test_the_most_urgent_is_reported_first() -> None:
    asked = replace(TRAINING, status="stopping", asked=("stop_now",))
    assert "stops at the end of epoch 13" in lines(replace(asked, asked=()))[0]
    assert "pending: stop now" in lines(asked)[0]
    assert "starting a worker" in lines(asked, doing="starting a worker ...")[0]
    assert "gone" in lines(replace(asked, problem="gone"), doing="starting a worker ...")[0]


def test_what_others_wrote_is_one_line_of_text() -> None:
    strange = replace(TRAINING, label=Label(name="a\nb"), device="\x1b[31mCPU")
    settings = make_settings(dataset="/data/digits/mine.npz")
    head = "".join(text for text, _ in header_lines(strange, settings, "", NOW, 120)[0])
    assert head.startswith("a b ")
    assert head.endswith("mine.npz · d=2 · ?[31mCPU")


def test_a_step_beyond_the_last_one_does_not_break_the_line() -> None:
    found = lines(replace(TRAINING, progress=progress(13, 90, steps=40)))
    assert [len(line) for line in found] == [120] * 3
    assert "100%" in found[2]


def test_an_attempt_is_reported_in_place_of_how_the_runs_before_it_ended() -> None:
    told = "attempt at 14:03 failed: no memory"
    ended = Snapshot(Label(name="one"), status="completed", stop_reason="epochs", attempt=told)
    assert told in lines(ended)[0]


def machine(**changes: Any) -> MachineRecord:
    found: dict[str, Any] = {
        "time": NOW - 5,
        "seconds": 10.0,
        "cpu": 0.8,
        "others": 1.2,
        "rss": 612_000_000,
        "memory_free": 5_000_000_000,
        "disk_free": 31_000_000_000,
    }
    sample = MachineSample(**{**found, **changes})
    return MachineRecord(cores=2.0, memory=8_000_000_000, latest=sample, samples=(sample,))


def test_a_bottleneck_of_the_machine_stands_beside_the_status() -> None:
    slow = replace(TRAINING, machine=machine())
    for width in (78, 118):
        assert "other processes use 1.2 of 2 cores: training has 40%" in lines(slow, width)[0]
    # What is quiet, old, or does not train, is not reported.
    for changes in (
        {"machine": machine(others=0.1, cpu=1.9)},
        {"machine": machine(time=NOW - 300)},
        {"machine": machine(), "status": "paused"},
        {"machine": machine(), "status": "completed"},
        {"machine": None},
    ):
        assert "other processes" not in lines(replace(TRAINING, **changes))[0]
    assert "pending: pause" in lines(replace(slow, asked=("pause",)))[0]


def test_the_machine_in_one_line() -> None:
    evil = GpuUse(name="A\x1b[2J100", busy=0.45, memory=3_100_000_000, memory_total=2**34)
    assert present_line(machine(gpus=(evil,)), live=True) == (
        "CPU 40% of 2 cores · others 60% · memory 612M · disk 31G free · A?[2J100 45% 3.1G"
    )
    assert present_line(machine(), live=False).startswith("on average: CPU")
    assert present_line(None, live=True) == ""
    assert slowed_text(machine()) == "other processes for 10s of 10s"
    assert slowed_text(machine(others=0.0)) == ""
