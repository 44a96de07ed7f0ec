"""An hour of training with the app open: memory and open files stay constant."""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.cli.terminal import terminals
from tests.faults.storm import check_log, check_nothing_left
from tests.waiting import wait_for
from tests.worker.conftest import Runner, worker_record
from vae_engine.sessions import inbox
from vae_engine.settings import make_settings

MINUTES = float(os.environ.get("VAE_SOAK_MINUTES", "60"))
SAMPLES = 120  # At most.
DASHBOARD = "best val_loss"
# Steps through the epochs, the charts, and a draw in the sampler, with what to wait for after each.
KEYS = (
    *((key, "") for key in ("\x1b[D", "\x1b[C", "\x1b[F", "y", "y", "s", "s", "r", "r")),
    ("g", "decoder of epoch"),
    ("n", "decoder of epoch"),
    ("\x1b", DASHBOARD),
)


@dataclass(frozen=True)
class Usage:
    """What a process holds at a moment: bytes of memory of its own, open files, seconds of CPU."""

    memory: int
    files: int
    cpu: float


def usage(process: psutil.Process) -> Usage:
    times = process.cpu_times()
    memory = process.memory_info()
    # Pages of files, such as libraries, come and go as the system likes.
    own = memory.rss - memory.shared
    return Usage(own, process.num_fds(), times.user + times.system)


@pytest.mark.soak
def test_a_long_training_under_the_eyes_of_the_app(
    digits: Path, runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = make_settings(dataset=str(digits), epochs=20_000, min_epochs=20_000, threads=2)
    session = runner.create(settings)
    runner.start(session)
    with terminals() as start:
        screen = start(
            "attach", session.id, "--sessions-dir", str(runner.store.root), columns=160, rows=50
        )
        screen.wait_for(DASHBOARD)
        processes = {
            "app": psutil.Process(screen.process.pid),
            "worker": psutil.Process(worker_record(session).pid),
        }
        seen: dict[str, list[Usage]] = {name: [] for name in processes}
        began = time.monotonic()
        while time.monotonic() < began + MINUTES * 60:
            # On a machine that is busy elsewhere the keys may take longer than that.
            until = time.monotonic() + MINUTES * 60 / SAMPLES

            def reached(until: float = until) -> bool:
                screen.feed()
                return time.monotonic() >= until

            wait_for(reached, MINUTES * 60)
            for name, process in processes.items():
                seen[name].append(usage(process))
            for key, shown in KEYS:
                screen.press(key)
                screen.wait_for(shown)
        inbox.send(session.folder, "stop")

        def ended() -> bool:
            screen.feed()
            session.poll()
            return session.log.phase == "ended" and not session.alive()

        wait_for(ended)
        screen.press("\x03")
        assert screen.wait() == 0
    with capsys.disabled():
        print(f"\n{session.log.epoch} epochs in {MINUTES:g} minutes")
        for name, usages in seen.items():
            print(f"  {name}: {told(usages)}")
    assert session.status() == "stopped"
    check_log(session)
    check_nothing_left(session)
    for usages in seen.values():
        check_flat(usages)


def quarters(usages: list[Usage]) -> tuple[list[Usage], list[Usage]]:
    """The second quarter, when everything has been used once, and the last."""
    quarter = len(usages) // 4
    return usages[quarter : 2 * quarter], usages[-quarter:]


def told(usages: list[Usage]) -> str:
    early, late = quarters(usages)
    memory = [statistics.median(one.memory for one in part) / 2**20 for part in (early, late)]
    files = [max(one.files for one in part) for part in (early, late)]
    tenths = [usages[at * (len(usages) - 1) // 10].memory / 2**20 for at in range(11)]
    return (
        f"memory {memory[0]:.1f} MiB in the second quarter, {memory[1]:.1f} MiB in the last; "
        f"open files {files[0]} and {files[1]}; {usages[-1].cpu:.0f} s of CPU\n"
        f"    by tenths of the time: {' '.join(f'{one:.0f}' for one in tenths)} MiB"
    )


def check_flat(usages: list[Usage]) -> None:
    """What a process holds does not grow, but for the history of the epochs."""
    early, late = quarters(usages)
    before, after = (statistics.median(one.memory for one in part) for part in (early, late))
    assert after < 1.05 * before + 10 * 2**20
    # A file that is being written when it is looked at is no leak.
    assert max(one.files for one in late) <= max(one.files for one in early) + 2
