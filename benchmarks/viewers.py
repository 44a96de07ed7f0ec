"""How much a training slows down while many look at it.

Run with ``python -m benchmarks.viewers``; it takes about seven minutes. A real worker trains on
MNIST with the default settings. By turns the viewers are stopped (SIGSTOP) and let go, so that load
from elsewhere and the worker's own pace strike both alike; starts and first frames do not count.
20 `vae show` come over ten turns, about one an epoch; then once more 20 within one turn.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.figures import Figure, as_json, heading, line
from benchmarks.terminal import Terminal
from vae_engine.sessions import events as ev
from vae_engine.sessions import inbox, layout
from vae_engine.sessions.atomic import read_record
from vae_engine.sessions.records import WorkerRecord
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings
from vae_engine.worker.launcher import start_worker

DASHBOARDS = 8
SHOWS = 20
TURNS = 10
TURN_SECONDS = 16.0
SETTLING_SECONDS = 2.0
GOAL_PERCENT = 3.0
_ATTACH = ("-m", "tui", "attach")
_SHOW = ("-m", "tui", "show")


@dataclass(frozen=True)
class Turn:
    """What was seen in a span of time.

    Attributes:
        rate: images per second of time spent in training steps.
        viewers: processor seconds of the viewers a second.
    """

    rate: float
    viewers: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--turns", type=int, default=TURNS, help="with and without viewers")
    parser.add_argument("--dashboards", type=int, default=DASHBOARDS, help="how many are open")
    options = parser.parse_args()
    before = os.getloadavg()[0]
    figures = []
    print(heading(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for figure in slow_down(Path(folder), options.dashboards, options.turns):
            figures.append(figure)
            print(line(figure), flush=True)
    load = (before, os.getloadavg()[0])
    print(f"\nload average {load[0]:.1f} before, {load[1]:.1f} after")
    if options.json is not None:
        options.json.write_text(json.dumps(as_json(figures, load), indent=2) + "\n")


def slow_down(folder: Path, dashboards: int, turns: int) -> Iterator[Figure]:
    """Images per second alone, under dashboards and `vae show`, and under many `vae show`."""
    with training(folder) as session, ExitStack() as opened:
        attach = (*_ATTACH, session.id, "--sessions-dir", str(session.folder.parent))
        screens = [opened.enter_context(Terminal(attach, folder)) for _ in range(dashboards)]
        for screen in screens:
            screen.read_until(b"step")
        stopping = threading.Event()
        reader = threading.Thread(target=_drain, args=(screens, stopping), daemon=True)
        reader.start()
        alone, watched, shown = [], [], []
        for _ in range(turns):
            alone.append(_turn(session, screens, dashboards=False, shows=0))
            watched.append(_turn(session, screens, dashboards=True, shows=SHOWS // turns))
        shown.append(_turn(session, screens, dashboards=True, shows=SHOWS))
        alone.append(_turn(session, screens, dashboards=False, shows=0))
        stopping.set()
        reader.join()
    viewers = f"{dashboards} dashboards, {SHOWS // turns * turns} vae show"
    yield from _figures(viewers, alone, watched, GOAL_PERCENT)
    seconds = f"in {TURN_SECONDS:.0f} s"
    yield from _figures(f"{dashboards} dashboards, {SHOWS} vae show {seconds}", alone, shown, None)


def _figures(
    viewers: str, alone: list[Turn], watched: list[Turn], goal: float | None
) -> Iterator[Figure]:
    before = statistics.median(turn.rate for turn in alone)
    under = statistics.median(turn.rate for turn in watched)
    used = statistics.mean(turn.viewers for turn in watched)
    yield Figure(f"training alone, beside {viewers}", before, "img/s")
    yield Figure(f"training under {viewers}", under, "img/s")
    yield Figure(f"slow-down by {viewers}", 100 * (1 - under / before), "%", goal)
    yield Figure(f"processor share of {viewers}", 100 * used, "%")


@contextmanager
def training(folder: Path) -> Iterator[Session]:
    """A worker at work, past its first epoch's slow beginning."""
    store = SessionStore(folder / "sessions")
    session = store.create(make_settings(epochs=1000, min_epochs=1000), command=["benchmark"])
    start_worker(session)
    worker = psutil.Process(read_record(session.folder / layout.WORKER, WorkerRecord).pid)
    try:
        while session.log.epoch < 1:
            session.poll()
            time.sleep(0.1)
        yield session
    finally:
        inbox.send(session.folder, "stop_now")
        try:
            worker.wait(timeout=60)
        except psutil.TimeoutExpired:
            worker.kill()


def _turn(session: Session, screens: list[Terminal], *, dashboards: bool, shows: int) -> Turn:
    for screen in screens:
        screen.process.send_signal(signal.SIGCONT if dashboards else signal.SIGSTOP)
    time.sleep(SETTLING_SECONDS)
    session.poll()
    used, began = _processor_seconds(screens), time.monotonic()
    for number in range(shows):
        _show(session)
        due = began + (number + 1) * TURN_SECONDS / shows
        time.sleep(max(0.0, due - time.monotonic()))
    time.sleep(max(0.0, began + TURN_SECONDS - time.monotonic()))
    seconds = time.monotonic() - began
    used = _processor_seconds(screens) - used
    return Turn(_rate(session, session.poll()), used / seconds)


def _show(session: Session) -> None:
    command = [sys.executable, *_SHOW, session.id, "--sessions-dir", str(session.folder.parent)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _processor_seconds(screens: list[Terminal]) -> float:
    children = os.times()
    own = children.children_user + children.children_system
    return own + sum(screen.processor_seconds() for screen in screens)


def _rate(session: Session, events: list[ev.AnyEvent]) -> float:
    """Images over the seconds spent in steps, between progress of the same epoch."""
    images = seconds = 0.0
    before: tuple[int, float, float] | None = None
    for event in events:
        if not isinstance(event, ev.Progress):
            continue
        done = float(event.step * session.settings.batch_size)
        now = (event.epoch, done, done / event.images_per_second)
        if before is not None and before[0] == now[0]:
            images += now[1] - before[1]
            seconds += now[2] - before[2]
        before = now
    return images / seconds


def _drain(screens: list[Terminal], stopping: threading.Event) -> None:
    """Take what the dashboards write, as a terminal does."""
    while not stopping.is_set():
        for master in select.select([screen.master for screen in screens], [], [], 0.5)[0]:
            os.read(master, 65536)


if __name__ == "__main__":
    main()
