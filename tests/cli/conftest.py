from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.terminal import VAE, Attach, terminals
from tests.waiting import DEADLINE
from tui.cli.main import run


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    def error(self, code: int) -> str:
        """The one line of a failure with this exit code and nothing on stdout."""
        assert (self.code, self.out) == (code, ""), self
        assert self.err.count("\n") == 1, self
        assert self.err.endswith("\n"), self
        line = self.err.rstrip("\n")
        assert line.isprintable(), self
        assert line.startswith("vae: "), self
        return line


Vae = Callable[..., Outcome]
Spawn = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(autouse=True)
def own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions in a folder of the test's own, in a terminal of 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VAE_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    for name in ("NO_COLOR", "LC_ALL", "PYTHONIOENCODING", "SSH_CONNECTION", "SSH_TTY", "VAE_LINK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")


@pytest.fixture
def vae(capsys: pytest.CaptureFixture[str]) -> Vae:
    """Run `vae` with these arguments in this process."""

    def call(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return call


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Start `vae` as a process of its own, in its own group, with its output in pipes."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [VAE, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
            encoding="utf-8",
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with process:
            if process.poll() is None:
                process.kill()


@pytest.fixture
def terminal() -> Iterator[Attach]:
    """Run `vae` with these arguments on a terminal of its own."""
    with terminals() as start:
        yield start


def finish(process: subprocess.Popen[str]) -> Outcome:
    """Wait until a process ends; what it wrote since it was last read."""
    out, err = process.communicate(timeout=DEADLINE)
    return Outcome(process.returncode, out, err)


def read_until(process: subprocess.Popen[str], part: str) -> str:
    """Read lines up to the one with `part`; returns that one."""
    assert process.stdout is not None
    for line in process.stdout:
        if part in line:
            return line.rstrip("\n")
    raise AssertionError(f"no {part!r}: {process.communicate()}")
