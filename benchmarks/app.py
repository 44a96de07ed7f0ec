"""How soon the app is there, how soon it answers, and what it costs beside a training.

Run with ``python -m benchmarks.app``; it takes about four minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.explorer import SIZE, explorer
from benchmarks.figures import Figure, as_json, heading, line, median_and_tail
from benchmarks.recorded import EPOCH_SECONDS, EPOCHS_DONE, Replay, folder_of, long_session
from benchmarks.terminal import EMPTY_APP, WORKBENCH, Terminal

STARTS = 5
KEYS = 24
# A new list is complete before all folders are measured; which takes a while longer.
MEASURING_SECONDS = 10.0
OPENINGS = 4
LONG_EPOCHS = 10_000
WATCHED_SECONDS = 2 * EPOCH_SECONDS
WINDOW_SECONDS = 5.0
SETTLING_SECONDS = 4.0
LINK_BYTES_PER_SECOND = 50 * 1024
LINK_KEYS = 12
LINK_PAUSE_SECONDS = 0.7
LINK_HURRY_SECONDS = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    target = parser.parse_args().json
    before = os.getloadavg()[0]
    figures: list[Figure] = []
    print(heading(), flush=True)
    for measure in (first_frame, many_sessions, sampler, explorer, long_opening, wire, slow_link):
        with tempfile.TemporaryDirectory() as folder:
            for figure in measure(Path(folder)):
                figures.append(figure)
                print(line(figure), flush=True)
    load = (before, os.getloadavg()[0])
    print(f"\nload average {load[0]:.1f} before, {load[1]:.1f} after")
    if target is not None:
        target.write_text(json.dumps(as_json(figures, load), indent=2) + "\n")


def first_frame(folder: Path) -> Iterator[Figure]:
    """From the start of Python until the footer is drawn, and until all 20 sessions are."""
    root = folder / "sessions"
    folder_of(root, 20)
    drawn, listed, empty = [], [], []
    for _ in range(STARTS):
        empty.append(_start(EMPTY_APP, folder, b"loss", b"Quit"))
        drawn.append(_start((*WORKBENCH, root), folder, b"Quit"))
        listed.append(_start((*WORKBENCH, root), folder, b"digits-0", b"digits-19", b"Quit"))
    peer = "peer: an empty Textual app"
    for position, kind in enumerate(("wall", "processor")):
        frame, full, other = (
            statistics.median(start[position] for start in starts)
            for starts in (drawn, listed, empty)
        )
        # The goal is when it is there; processor time explains it on a busy machine.
        goal = 1.7 if kind == "wall" else None
        yield Figure(f"first frame, {kind} time; {peer}", frame, "s", goal=goal, peer=other)
        yield Figure(f"  20 sessions listed, {kind} time; {peer}", full, "s", peer=other)


def many_sessions(folder: Path) -> Iterator[Figure]:
    """A list of 1,000: until it is there, and how it moves once it is."""
    folder_of(folder / "sessions", 1_000)
    with Terminal((*WORKBENCH, folder / "sessions"), folder) as terminal:
        started = terminal.read_until(b"Quit")
        listed = terminal.read_until(b"1000 sessions", b"digits-999") - started
        terminal.read_for(MEASURING_SECONDS)
        moves = _answers(terminal, "j" * KEYS)
    yield Figure("1,000 sessions listed, after the first frame", listed, "s", goal=1.0)
    yield from _key_figures("a key in the list of 1,000", moves)


def sampler(folder: Path) -> Iterator[Figure]:
    """New samples, a step of the selection, and nudges that traversals follow."""
    folder_of(folder / "sessions", 1)
    with Terminal((*WORKBENCH, folder / "sessions"), folder, size=SIZE) as terminal:
        terminal.read_until(b"digits-0")
        terminal.settle()
        terminal.answer("g", b"seed")
        terminal.answer("n")
        draws = _answers(terminal, "n" * KEYS)
        steps = _answers(terminal, "lh" * (KEYS // 2))
        traversals = terminal.answer("t", b"KL")
        terminal.answer("\t")
        nudges = _answers(terminal, "l" * KEYS)
    yield from _key_figures("sampler, 64 samples resampled", draws)
    yield from _key_figures("sampler, another of 64 selected", steps)
    yield Figure("sampler, traversals with their KL", traversals, "s", goal=0.3)
    yield from _key_figures("sampler, traversals after a nudge", nudges)


def long_opening(folder: Path) -> Iterator[Figure]:
    """From Enter in the list until the dashboard of a very long session stands."""
    for progress, kind in ((0, "epochs alone"), (4, "4 progress events an epoch")):
        root = folder / f"sessions-{progress}"
        long_session(root, LONG_EPOCHS, progress)
        seconds = []
        with Terminal((*WORKBENCH, root), folder) as terminal:
            terminal.read_until(b"long")
            terminal.settle(1.0)
            used = 0.0
            for _ in range(OPENINGS):
                before = terminal.processor_seconds()
                seconds.append(terminal.answer("\r", f"epoch {LONG_EPOCHS}".encode()))
                used += terminal.processor_seconds() - before
                terminal.answer("\x1b")
        name, median = f"opening 10,000 epochs, {kind}", statistics.median(seconds)
        yield Figure(name, median, "s", goal=0.5, processor=used / OPENINGS)
        yield Figure("  the first time in the app", seconds[0], "s")


def wire(folder: Path) -> Iterator[Figure]:
    """What a dashboard writes and uses, of a finished session and of one that trains."""
    [finished] = folder_of(folder / "finished", 1)
    with Terminal((*WORKBENCH, finished.folder.parent), folder) as terminal:
        for keys, place, shown in (
            ("", "list", b"digits-0"),
            ("\r", "dashboard", b"the newest"),
            ("g", "sampler", b"temperature"),
        ):
            begun = len(terminal.output)
            terminal.press(keys)
            terminal.read_until(shown, after=begun if keys else 0)
            terminal.read_for(SETTLING_SECONDS)
            before = len(terminal.output)
            terminal.read_for(WINDOW_SECONDS)
            sent = len(terminal.output) - before
            yield Figure(f"written in 5 s when nothing changes, {place}", sent, "bytes", goal=0)
    yield from _training(folder)


def slow_link(folder: Path) -> Iterator[Figure]:
    """Steps back in the epochs of a session that trains, behind a slow link."""
    with _live_dashboard(folder, LINK_BYTES_PER_SECOND) as terminal:
        for pause, pace in ((LINK_PAUSE_SECONDS, "one by one"), (LINK_HURRY_SECONDS, "in haste")):
            seconds = []
            for _ in range(LINK_KEYS):
                seconds.append(_step_back(terminal))
                terminal.read_for(pause)
            name = f"a key on the dashboard of a training, link of 50 KiB/s, {pace}"
            yield Figure(f"{name}, p95", median_and_tail(seconds)[1], "s", goal=0.2)
            yield Figure("  median", median_and_tail(seconds)[0], "s")


def _step_back(terminal: Terminal) -> float:
    """Seconds from the key until the title of the digits names another epoch."""
    before = _epoch_shown(terminal)
    pressed = terminal.press("h")
    while _epoch_shown(terminal) == before:
        terminal.read(0.1)
    return terminal.arrivals[-1][0] - pressed


def _epoch_shown(terminal: Terminal) -> str:
    """What stands after the title of the digits, such as `epoch 28 of 31`."""
    [line] = [line for line in terminal.screen() if "and reconstructions" in line]
    return line.partition("and reconstructions")[2]


def _start(arguments: Sequence[str | Path], folder: Path, *wanted: bytes) -> tuple[float, float]:
    """Seconds of wall clock and of processor until all of `wanted` is on the screen."""
    with Terminal(arguments, folder) as terminal:
        shown = terminal.read_until(*wanted)
        return shown - terminal.begun, terminal.processor_seconds()


def _training(folder: Path) -> Iterator[Figure]:
    """What the dashboard costs while a session trains."""
    for over_ssh, where in ((False, "local terminal"), (True, "over ssh")):
        with _live_dashboard(folder / where, over_ssh=over_ssh) as terminal:
            begun, used = len(terminal.arrivals), terminal.processor_seconds()
            terminal.read_for(WATCHED_SECONDS)
            share = (terminal.processor_seconds() - used) / WATCHED_SECONDS
            resident = terminal.resident_megabytes()
            arrivals = terminal.arrivals[begun:]
        mean = sum(size for _, size in arrivals) / WATCHED_SECONDS
        # A local terminal pays nothing for bytes: docs/decisions/0040.
        goal = 8.0 if over_ssh else None
        yield Figure(f"written while training, {where}, mean", mean / 1024, "KiB/s", goal=goal)
        yield Figure("  its busiest 5 s", _busiest(arrivals) / 1024, "KiB/s", goal=goal)
        yield Figure("  the app's share of a core", 100 * share, "%", goal=5.0)
        yield Figure("  the app's resident memory", resident, "MB", goal=110.0)


@contextmanager
def _live_dashboard(
    folder: Path, bytes_per_second: int = 0, *, over_ssh: bool = False
) -> Iterator[Terminal]:
    """The dashboard of a session that trains, once it stands."""
    root = folder / "live"
    replay = Replay(root)
    replay.start()
    try:
        with Terminal(
            (*WORKBENCH, root), folder, bytes_per_second=bytes_per_second, over_ssh=over_ssh
        ) as terminal:
            terminal.read_until(b"live")
            terminal.read_for(2.0)
            terminal.press("\r")
            terminal.read_until(f"epoch {EPOCHS_DONE}, the newest".encode())
            terminal.read_for(2.0)
            yield terminal
    finally:
        replay.end()


def _busiest(arrivals: Sequence[tuple[float, int]]) -> float:
    """Bytes per second in the busiest window."""
    sums = (
        sum(size for at, size in arrivals if start <= at < start + WINDOW_SECONDS)
        for start, _ in arrivals
    )
    return max(sums, default=0) / WINDOW_SECONDS


def _answers(terminal: Terminal, keys: str) -> tuple[list[float], float]:
    """Seconds to the answer of each key, and the processor seconds of one."""
    before = terminal.processor_seconds()
    seconds = [terminal.answer(key) for key in keys]
    return seconds, (terminal.processor_seconds() - before) / len(keys)


def _key_figures(name: str, answers: tuple[list[float], float]) -> Iterator[Figure]:
    seconds, processor = answers
    median, tail = median_and_tail(seconds)
    yield Figure(f"{name}, p95", 1000 * tail, "ms", goal=60)
    yield Figure("  median", 1000 * median, "ms", processor=1000 * processor)


if __name__ == "__main__":
    main()
