"""Run commands on a session as users do, and check the outcome."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import signal
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tui.cli.main import run

MOST_SECONDS = 30
_DIGESTED = 64 * 2**20
# The colours in which images are drawn are all that a command may send to a terminal.
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    command: tuple[str, ...]
    code: int
    out: str
    err: str


def ask(*command: object) -> Answer:
    """Run `vae` in this process; any exception but those it turns into an answer comes through."""
    arguments = tuple(str(argument) for argument in command)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(arguments)
    return Answer(arguments, code, out.getvalue(), err.getvalue())


def check(answer: Answer) -> Answer:
    """Assert that it is a result, or one clear line; and that a terminal is not steered by it."""
    assert answer.code in (0, 1, 2), answer
    if answer.code:
        assert answer.err.startswith("vae: "), answer
        assert answer.err.count("\n") == 1, answer
        assert len(answer.err) < 1100, answer
    else:
        assert answer.err == "", answer
    for text in (answer.out, answer.err):
        assert is_harmless(text), answer
    return answer


def is_harmless(text: str) -> bool:
    """Whether nothing in it steers a terminal, but for colours and ends of lines."""
    return all(line.isprintable() for line in _COLOURS.sub("", text).split("\n"))


def digest(folder: Path) -> str:
    """SHA-256 over the names, kinds and contents of everything below a folder, its times too."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        found = path.lstat()
        total.update(f"{path}\0{found.st_mode}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
        if stat.S_ISLNK(found.st_mode):
            total.update(os.fsencode(path.readlink()))
        elif stat.S_ISREG(found.st_mode) and found.st_size <= _DIGESTED:
            total.update(path.read_bytes())
    return total.hexdigest()


@contextlib.contextmanager
def bounded_time(seconds: int = MOST_SECONDS) -> Iterator[None]:
    """Fail what takes more of the processor's time, or waits for what never comes."""

    def too_long(*_: object) -> None:
        raise AssertionError(f"no answer within {seconds} s of the processor's time")

    before = [signal.signal(kind, too_long) for kind in (signal.SIGALRM, signal.SIGPROF)]
    signal.alarm(20 * seconds)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        for kind, handler in zip((signal.SIGALRM, signal.SIGPROF), before, strict=True):
            signal.signal(kind, handler)
