"""Run a user's command when a run has ended, however it ended.

A worker that was killed cannot report it. A separate process waits for the worker's end: its stdin
is a pipe that the worker holds open and never writes to. It starts with the worker, and only if the
worker's environment names a command: no file of a session can name one.
"""

from __future__ import annotations

import argparse
import logging
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vae_engine.errors import EngineError, SettingError
from vae_engine.machine import module_command
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import open_to_write
from vae_engine.sessions.session import Session
from vae_engine.text import value_text

_log = logging.getLogger(__name__)

NOTIFY_VARIABLE = "VAE_NOTIFY"
"""Environment variable with the command, for workers and coordinators."""


@dataclass(frozen=True)
class Ending:
    """How a run ended, passed to the command in its environment.

    Attributes:
        id: of the session or sweep; `VAE_ID`.
        name: what people call it; `VAE_NAME`.
        status: such as `completed`, `failed`, `diverged`, `interrupted`; `VAE_STATUS`.
        reason: one line; `VAE_REASON`.
        folder: of the session or sweep; `VAE_FOLDER`.
    """

    id: str
    name: str
    status: str
    reason: str
    folder: Path

    def environment(self) -> dict[str, str]:
        """Return the environment variables of the command."""
        values = {
            "VAE_ID": self.id,
            "VAE_NAME": self.name,
            "VAE_STATUS": self.status,
            "VAE_REASON": self.reason,
            "VAE_FOLDER": str(self.folder),
        }
        # Variables cannot contain a null character.
        return {name: value.replace("\0", "") for name, value in values.items()}


def read_command(text: str) -> list[str]:
    """Split a command into its program and arguments, as a shell would, but run no shell.

    Raises:
        SettingError: an open quote, or no program.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SettingError(f"notify is {value_text(text)}: {str(error).lower()}") from None
    if not words or not words[0]:
        raise SettingError(f"notify is {value_text(text)}: it must be a program and its arguments")
    return words


def start_notifier(folder: Path, module: str = __name__) -> None:
    """Have the command in `VAE_NOTIFY`, if there is one, run once this process has ended.

    Args:
        folder: of the session or sweep that this process works on.
        module: to run as the waiting process.
    """
    # Processes that this one starts, such as the trials of a sweep, send no notification.
    command = os.environ.pop(NOTIFY_VARIABLE, "")
    if not command:
        return
    waiting, _held_open = os.pipe()
    try:
        subprocess.Popen(
            module_command(module, str(folder)),
            stdin=waiting,
            start_new_session=True,
            env={**os.environ, NOTIFY_VARIABLE: command},
        )
    except OSError as error:
        _log.warning("no notification will be sent: %s", error)
    finally:
        os.close(waiting)


def notify(command: str, ending: Ending, environ: Mapping[str, str]) -> int:
    """Run the command and return its exit code; its output goes to `notify.log` in the folder.

    Raises:
        SettingError: the command cannot be read.
        OSError: it cannot be started, or its output cannot be written.
    """
    words = read_command(command)
    log = ending.folder / layout.NOTIFY_LOG
    descriptor = open_to_write(log, os.O_WRONLY | os.O_TRUNC)
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            env={**environ, **ending.environment()},
            check=False,
        )
        if done.returncode != 0:
            text = f"{value_text(command)} exited with code {done.returncode}\n"
            os.write(descriptor, text.encode(errors="replace"))
    finally:
        os.close(descriptor)
    return done.returncode


def session_ending(folder: Path) -> Ending:
    """Describe how the latest run of a session ended; its worker is gone.

    Raises:
        SessionDamagedError: the session cannot be read.
    """
    session = Session(folder)
    session.poll(progress=False)
    log = session.log
    status = session.status(alive=False)
    attempt = log.attempt
    reason = log.stop_reason
    if attempt is not None:
        # It ended before it trained, and left the session as it was.
        status, reason = attempt.status or "interrupted", attempt.reason
    if not log.run_is_over:
        reason = session.crash_message()
    return Ending(session.id, session.label.name, status, reason, folder)


def wait_and_notify(describe: Callable[[Path], Ending], arguments: list[str] | None = None) -> int:
    """Wait for the parent to end, then run the command; returns an exit code.

    Args:
        describe: returns how the session or sweep in a folder ended.
        arguments: the folder.
    """
    parser = argparse.ArgumentParser(description="Run a command when a run has ended.")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(arguments).folder
    command = os.environ.pop(NOTIFY_VARIABLE)
    while os.read(0, 1024):
        pass
    try:
        return notify(command, describe(folder), os.environ)
    except (EngineError, OSError) as error:
        print(f"no notification was sent: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(wait_and_notify(session_ending))
