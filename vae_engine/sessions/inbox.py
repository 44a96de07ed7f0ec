"""Commands: files that controllers put into a session's inbox and its worker removes."""

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
    """One command; `stop` acts at the end of the epoch, `stop_now` after a checkpoint."""

    command: CommandName
    sender: str = ""


def send(folder: Path, command: CommandName) -> Path:
    """Send a command to the worker of the session in `folder`, which deletes the file once read.

    Returns:
        The command's file.

    Raises:
        OSError: the inbox cannot be written.
    """
    inbox = folder / layout.INBOX
    inbox.mkdir(exist_ok=True)
    # Names sort by time, so that all controllers see the same outcome.
    path = inbox / f"{time.time_ns():020d}-{atomic.random_name(3)}.json"
    atomic.write_record(path, Command(command=command, sender=f"pid {os.getpid()}"))
    return path


def pending(folder: Path) -> list[CommandName]:
    """Return unread commands, oldest first, without damaged ones."""
    names: list[CommandName] = []
    for path in _files(folder):
        with contextlib.suppress(FileNotFoundError, SessionDamagedError):
            names.append(atomic.read_record(path, Command).command)
    return names


def take(folder: Path) -> list[tuple[CommandName | None, str]]:
    """Remove and return all commands, oldest first; only the worker may call this.

    Returns:
        (command, "") for each, or (None, problem) for a file that is not a command.

    Raises:
        OSError: the first cannot be removed; it was not taken.
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
            return taken  # The earlier ones must be executed; the next call raises.
        taken.append(asked)
    return taken


def _files(folder: Path) -> list[Path]:
    try:
        found = (folder / layout.INBOX).glob("[0-9]*.json")
        return sorted(path for path in found if not path.is_dir())
    except OSError:
        return []
