"""How long a user waits for `vae train`: from the start of the command to its end."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.processes import ROOT, MeasurementError
from benchmarks.training_sessions import end_worker, processor_seconds
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import read_optional
from vae_engine.sessions.events import AnyEvent, Finishing, Prepared
from vae_engine.sessions.records import WorkerRecord
from vae_engine.sessions.session import Session
from vae_engine.settings import SETTINGS, Settings, make_settings

_TRAIN = ("-m", "tui", "train", "--plain", "--sessions-dir")
_FIRST = ("--epochs", "1", "--limit", "128")
_POLL_SECONDS = 0.02

Say = Callable[[str], None]


@dataclass(frozen=True)
class Waited:
    """What a user waited for.

    Attributes:
        test_loss: test negative ELBO, nats per image.
        start: seconds from the command's start until training began: imports, images, network.
        training: until the last epoch's end, with all that lies between the steps.
        end: until the command's end: evaluation on the test split, saved models.
        processor: processor seconds of the worker, from its start to its end.
    """

    test_loss: float
    start: float
    training: float
    end: float
    processor: float

    @property
    def whole(self) -> float:
        """From the start of the command to its end."""
        return self.start + self.training + self.end


class Commands:
    """Runs `vae train` as a user does who has trained before, in a home folder of its own."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def train(self, options: Sequence[str]) -> Waited:
        """Run the command with these options, off a terminal.

        Raises:
            MeasurementError: the session did not complete.
        """
        with tempfile.TemporaryDirectory(dir=self._home) as sessions:
            return _run([sys.executable, *_TRAIN, sessions, *options], Path(sessions), self._home)


@contextlib.contextmanager
def commands(say: Say) -> Iterator[Commands]:
    """A home folder that has what the first training leaves there, such as the images."""
    with tempfile.TemporaryDirectory() as home:
        ran = Commands(Path(home))
        say("vae train, a first time in an empty home folder")
        ran.train(_FIRST)
        yield ran


def command_options(settings: Settings) -> list[str]:
    """The options of `vae train` that give these settings."""
    usual = make_settings()
    return [
        part
        for name, setting in SETTINGS.items()
        if (value := getattr(settings, name)) != getattr(usual, name)
        for part in (f"--{name.replace('_', '-')}", setting.format(value))
    ]


def parts_of(events: Sequence[AnyEvent], began: float, ended: float) -> tuple[float, float, float]:
    """Seconds of start, training and end of a command.

    Args:
        events: of its session.
        began: when the command was started, in seconds since 1970.
        ended: when it had ended.

    Raises:
        MeasurementError: it did not come so far.
    """
    prepared = [event.time for event in events if isinstance(event, Prepared)]
    finishing = [event.time for event in events if isinstance(event, Finishing)]
    if not prepared or not finishing:
        raise MeasurementError("vae train did not come to its end")
    return prepared[0] - began, finishing[-1] - prepared[0], ended - finishing[-1]


def _run(command: Sequence[str], sessions: Path, home: Path) -> Waited:
    environment = {**os.environ, "HOME": str(home), "KERAS_HOME": str(home / ".keras")}
    began = time.time()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            used = _worker_seconds(process, sessions)
        except BaseException:
            process.terminate()
            for session in _sessions(sessions):
                end_worker(session)
            raise
    ended = time.time()
    for session in _sessions(sessions):
        if process.returncode == 0 and (result := session.result()) is not None:
            return Waited(result.test_loss, *parts_of(session.poll(), began, ended), used)
    raise MeasurementError(f"vae train exited with {process.returncode}")


def _worker_seconds(process: subprocess.Popen[bytes], sessions: Path) -> float:
    """The worker's processor seconds, read until the command has ended."""
    worker: psutil.Process | None = None
    used = 0.0
    while process.poll() is None:
        worker = worker or next(filter(None, map(_worker, _sessions(sessions))), None)
        if worker is not None:
            used = max(used, processor_seconds(worker))
        time.sleep(_POLL_SECONDS)
    return used


def _worker(session: Session) -> psutil.Process | None:
    record = read_optional(session.folder / layout.WORKER, WorkerRecord)
    with contextlib.suppress(psutil.Error):
        return None if record is None else psutil.Process(record.pid)
    return None


def _sessions(folder: Path) -> list[Session]:
    return [Session(path.parent) for path in folder.glob(f"*/{layout.MANIFEST}")]
