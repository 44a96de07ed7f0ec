"""Commands: files that controllers drop into a session's inbox and its worker takes away."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Literal

import msgspec

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic, layout

CommandName = Literal["pause", "continue", "stop", "stop_now"]


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One request; `stop` is at the end of the epoch, `stop_now` after a checkpoint."""

    command: CommandName
    sender: str = ""


def send(folder: Path, command: CommandName) -> Path:
    """Ask the worker of the session in `folder`; the file is gone once the worker has read it.

    Returns:
        The command's file.

    Raises:
        OSError: the inbox cannot be written.
    """
    inbox = folder / layout.INBOX
    inbox.mkdir(exist_ok=True)
    # Names sort in the order of asking, so that all controllers see the same outcome.
    path = inbox / f"{time.time_ns():020d}-{atomic.random_name(3)}.json"
    atomic.write_record(path, Command(command=command, sender=f"pid {os.getpid()}"))
    return path


def pending(folder: Path) -> list[CommandName]:
    """Commands that were asked and not read yet, oldest first; damaged ones are left out."""
    names: list[CommandName] = []
    for path in _files(folder):
        with contextlib.suppress(FileNotFoundError, SessionDamagedError):
            names.append(atomic.read_record(path, Command).command)
    return names


def take(folder: Path) -> list[tuple[CommandName | None, str]]:
    """Remove and return all commands, oldest first; only the worker may call this.

    Returns:
        (command, "") for each, or (None, what is wrong) for a file that is no command.

    Raises:
        OSError: the first of them cannot be removed; it was not taken.
    """
    taken: list[tuple[CommandName | None, str]] = []
    for path in _files(folder):
        asked: tuple[CommandName | None, str]
        try:
            asked = (atomic.read_record(path, Command).command, "")
        except SessionDamagedError as error:
            asked = (None, str(error))
        except FileNotFoundError:
            continue
        try:
            path.unlink(missing_ok=True)
        except OSError:
            if not taken:
                raise
            return taken  # Those before must be obeyed; the next call tells the failure.
        taken.append(asked)
    return taken


def _files(folder: Path) -> list[Path]:
    try:
        found = (folder / layout.INBOX).glob("[0-9]*.json")
        return sorted(path for path in found if not path.is_dir())
    except OSError:
        return []
