"""Terminals that close during a run: the app ends, the run continues."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import psutil
import pytest

from tests.cli.terminal import VAE, terminals
from tests.faults.storm import check_log
from tests.waiting import DEADLINE, wait_for
from tests.worker.conftest import Runner, events_until, worker_record
from vae_engine.sessions import inbox
from vae_engine.sessions.session import Session

# An epoch here is over before its steps would be shown.
DASHBOARD = "Pause"
CONTROLLING = ("setsid", "--ctty")
IGNORING = ("sh", "-c", 'trap "" HUP; exec "$0" "$@"')
PREFIXES: dict[str, tuple[str, ...]] = {
    "no-signal": (),
    "signal": CONTROLLING,
    "nohup": (*CONTROLLING, *IGNORING),
}


# How it is shown: with which options, and what is then seen.
MODES: dict[str, tuple[tuple[str, ...], str]] = {
    "app": ((), DASHBOARD),
    "lines": (("--plain",), "epoch "),
}
QUICK = [("app", "signal"), ("lines", "no-signal"), ("lines", "nohup")]


@pytest.mark.parametrize(
    "viewers",
    [
        pytest.param(QUICK, id="some"),
        pytest.param(list(product(MODES, PREFIXES)), id="all", marks=pytest.mark.slow),
    ],
)
def test_terminals_that_go_away_leave_the_training_alone(
    runner: Runner,
    digits: Path,
    capsys: pytest.CaptureFixture[str],
    viewers: list[tuple[str, str]],
) -> None:
    root = str(runner.store.root)
    gone: dict[str, float] = {}
    with terminals() as start:
        first = start(
            "train", "--dataset", str(digits), "--epochs", "500", "--min-epochs", "500",
            "--sessions-dir", root, prefix=CONTROLLING,
        )  # fmt: skip
        first.wait_for("epoch 0/500")
        (listing,) = runner.store.listings()
        session = Session(listing.folder)
        worker = worker_record(session)
        gone["train, app"] = seconds_until_gone(first.process, first.hang_up)
        for mode, how in viewers:
            options, shown = MODES[mode]
            command = ("attach", *options, session.id, "--sessions-dir", root)
            viewer = start(*command, prefix=PREFIXES[how])
            viewer.wait_for(shown)
            gone[f"attach, {mode}, {how}"] = seconds_until_gone(viewer.process, viewer.hang_up)
        if shutil.which("tmux"):
            gone["attach, tmux killed"] = killed_with_tmux(session)
    with capsys.disabled():
        print()
        for name, seconds in gone.items():
            print(f"  {name}: gone after {seconds:.2f} s")
    assert worker_record(session) == worker
    session.poll()
    before = session.log.epoch
    events_until(session, lambda: session.log.epoch > before)
    inbox.send(session.folder, "stop_now")
    events_until(session, lambda: session.log.phase == "ended" and not session.alive())
    assert session.status() == "stopped"
    check_log(session)


def seconds_until_gone(process: subprocess.Popen[bytes], act: Callable[[], object]) -> float:
    """Do what takes the terminal away; how long the process then still lives."""
    began = time.monotonic()
    act()
    process.wait(timeout=DEADLINE)
    return time.monotonic() - began


def killed_with_tmux(session: Session) -> float:
    """Show the session in a tmux of its own, and kill that."""

    def tmux(*arguments: str) -> str:
        command = ["tmux", "-L", f"vae-{session.id}", "-f", "/dev/null", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    shown = f"exec {VAE} attach {session.id} --sessions-dir {session.folder.parent}"
    tmux("new-session", "-d", "-x", "100", "-y", "30", shown)
    try:
        wait_for(lambda: DASHBOARD in tmux("capture-pane", "-p"))
        process = psutil.Process(int(tmux("list-panes", "-F", "#{pane_pid}")))
        assert "attach" in process.cmdline()
    finally:
        began = time.monotonic()
        tmux("kill-server")
    wait_for(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
    return time.monotonic() - began
