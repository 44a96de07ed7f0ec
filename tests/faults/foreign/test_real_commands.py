"""Damaged and hostile sessions by the commands that people type, each in a process of its own.

The commands of the other tests run in the test's own process, thousands of times. Here are few, and
what only a process of its own has is real: `vae` itself, its worker, exit codes, memory and time.
"""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from tests.cli.terminal import VAE
from tests.faults.foreign.commands import Answer, check, digest
from tests.faults.foreign.mutations import Mutation
from tests.faults.foreign.test_damaged_sessions import Ground, generated, search
from tests.faults.foreign.test_hostile_files import BOMBS, HARMLESS_ANSWERS
from tests.faults.foreign.test_hostile_text import ATTACKS, hostile_session
from tests.tui.recorder import Recorder
from tests.waiting import wait_for
from vae_engine.errors import EngineError
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import read_record
from vae_engine.sessions.records import WorkerRecord
from vae_engine.sessions.store import SessionStore

pytestmark = pytest.mark.slow

EXAMPLES = 24
MOST_SECONDS = 60
# Python, NumPy, scikit-learn and LiteRT take up to 250 MB.
MOST_MEMORY = 600 * 2**20


@dataclass(frozen=True)
class Run:
    """What a process said, and the most memory that it held, bytes."""

    answer: Answer
    memory: int


def run(place: Path, *command: object) -> Run:
    """Run `vae` in a process of its own, with a bound on the processor's time."""
    arguments = tuple(str(argument) for argument in command)
    out, err = place / "out.txt", place / "err.txt"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [VAE, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS,) * 2),
        )
        ended: list[tuple[int, resource.struct_rusage]] = []

        def gone() -> bool:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                ended.append((os.waitstatus_to_exitcode(status), usage))
            return bool(pid)

        try:
            wait_for(gone, 20 * MOST_SECONDS)
        except AssertionError:
            process.kill()
            raise
    process.returncode, usage = ended[0]
    texts = [path.read_text(errors="surrogateescape") for path in (out, err)]
    return Run(Answer(arguments, process.returncode, *texts), usage.ru_maxrss * 1024)


class RealGround(Ground):
    """The same damage, looked at by real processes; what writes comes last."""

    def look(self, name: str, changes: list[Mutation], output: Path) -> None:
        folder = self.damage(name, changes)
        before = digest(self.store.root)
        try:
            for command in looking(folder, output):
                self.ask(output, *command)
            assert digest(self.store.root) == before
            if (output / "whole.zip").exists():
                self.ask(output, "import", output / "whole.zip", "--sessions-dir", output / "s")
            if name != "example":  # Its test split takes a minute.
                self.ask(output, "evaluate", folder.name, "--samples", 2)
            self.ask(output, "resume", folder.name, "--epochs", 1, "--detach")
        finally:
            end_worker(folder)
            self.clear(folder)
            clear(output)

    def ask(self, place: Path, *command: object) -> None:
        told = run(place, *command)
        answer = told.answer
        if command[0] == "evaluate":  # Off a terminal it tells its stages, a line each.
            last = answer.err.splitlines(keepends=True)[-1:] if answer.code else []
            answer = replace(answer, err="".join(last))
        check(answer)
        assert told.memory < MOST_MEMORY, told
        self.tally[("an answer", "a clear word", "bad usage")[told.answer.code]] += 1


def looking(folder: Path, output: Path) -> list[tuple[object, ...]]:
    """What people ask of a session without changing it."""
    one = folder.name
    return [
        ("sessions",),
        ("show", one),
        ("show", one, "--json"),
        ("attach", one, "--plain"),
        ("sample", one, "-n", 3),
        ("reconstruct", one, "-n", 2),
        ("export", one, "-o", output / "whole.zip"),
    ]


def end_worker(folder: Path) -> None:
    """Kill the worker that a resume may have started, and wait until it is gone."""
    with contextlib.suppress(EngineError, OSError, psutil.NoSuchProcess):
        process = psutil.Process(read_record(folder / layout.WORKER, WorkerRecord).pid)
        if str(folder) in process.cmdline():
            process.kill()
            wait_for(lambda: not process.is_running() or process.status() == "zombie")


def clear(output: Path) -> None:
    subprocess.run(["rm", "-rf", *output.iterdir()], check=True)


def test_damaged_sessions_by_real_commands(
    tmp_path: Path, digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground = RealGround(tmp_path, str(digits))
    monkeypatch.setenv("VAE_SESSIONS", str(ground.store.root))
    output = tmp_path / "output"
    output.mkdir()

    def look(drawn: tuple[str, list[Mutation]]) -> None:
        name, changes = drawn
        ground.look(name, changes, output)

    search(ground, look, generated(EXAMPLES, derandomize=False))


def test_hostile_sessions_by_real_commands(
    store: SessionStore, recorder: Recorder, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    for text in ATTACKS.values():
        hostile_session(recorder, text)
    before = digest(store.root)
    listings = store.listings()
    assert len(listings) == len(ATTACKS)
    for listing in listings:
        for command in looking(listing.folder, place)[1:]:
            told = run(place, *command)
            check(told.answer)
            assert told.memory < MOST_MEMORY, told
    check(run(place, "sessions").answer)
    assert digest(store.root) == before


def test_bombs_by_real_commands(recorder: Recorder, tmp_path: Path) -> None:
    place, output = tmp_path / "place", tmp_path / "output"
    for folder in (place, output):
        folder.mkdir()
    for name, make in BOMBS.items():
        told = run(output, *make(recorder.session(), place))
        check(told.answer)
        assert (told.answer.code == 0) == (name in HARMLESS_ANSWERS), told
        assert told.memory < MOST_MEMORY, told
