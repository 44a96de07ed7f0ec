"""The last log lines of a process that exited without a final event."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic
from vae_engine.text import cut, printable

RUN_BEGINS = "this run begins"
"""The first line that a worker logs; earlier lines belong to an earlier run."""

SILENT_END = "its log has no message: the system may have killed it, for example for lack of memory"
"""Shown for a process that logged nothing."""

_BUS_ERROR = (
    "a file that it had mapped, such as the cache of decoded images, was shortened or lies on a "
    "failing disk (SIGBUS): resume the session"
)
_TAIL_BYTES = 16 * 1024
_MOST_LINES, _LONGEST = 2, 400
# Informational lines of ours and of TensorFlow, and stack frames.
_REMARK = re.compile(
    r"""
    \d{4}-\d\d-\d\d\ \d\d:\d\d:\d\d[,.]\d+(:|\ )\ ?(DEBUG|INFO|I)\ .*
    | [IW]\d{4}\ \d\d:\d\d:\d\d.*
    # TensorFlow's error on every machine without a GPU.
    | E\d{4}\ .*failed\ call\ to\ cuInit.*
    | WARNING:\ All\ log\ messages\ before\ absl.*
    | (Current\ thread|Thread)\ 0x.*
    | Extension\ modules:.*
    | Traceback\ \(most\ recent\ call\ last\):
    | \s+File\ ".*
    | \s+<.*>
    | \s*[\^~]+
    """,
    re.VERBOSE,
)


_RECORD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[,.]\d+ (DEBUG|INFO)? ?")
"""Where a record of our own begins; its level, if it is information."""


def crash_message(log: Path, start: int = 0) -> str:
    """Return the last lines of a log that describe the error, as one printable line; "" for none.

    Args:
        log: of a process that has exited.
        start: offset in bytes where the process began to write.
    """
    try:
        with atomic.open_regular(log) as file:
            size = file.seek(0, 2)
            begin = max(start, size - _TAIL_BYTES)
            file.seek(begin)
            text = file.read(_TAIL_BYTES).decode(errors="replace")
    except FileNotFoundError:
        return ""
    except (OSError, SessionDamagedError) as error:
        return f"its log cannot be read ({error})"
    _, _, of_this_run = text.rpartition(RUN_BEGINS)
    # Skip the rest of the line after the mark, and a truncated first line.
    lines = of_this_run.split("\n")
    return _telling(lines[1:] if len(of_this_run) < len(text) or begin > start else lines)


def _telling(lines: Iterable[str]) -> str:
    errors: list[str] = []
    for line in lines:
        record = _RECORD.match(line)
        if record is not None and record[1]:
            # The process went on: what others had printed, such as a download, was no error.
            errors = [error for error in errors if _RECORD.match(error)]
        elif line.strip() and not _REMARK.fullmatch(line):
            errors.append(line)
    # What follows is the place, not the error.
    for at, line in enumerate(errors):
        if line.startswith("Fatal Python error: Bus error"):
            return _BUS_ERROR
        if line.startswith("Fatal Python error"):
            errors = errors[: at + 1]
            break
    shown = "; ".join(printable(" ".join(line.split())) for line in errors[-_MOST_LINES:])
    return cut(shown, _LONGEST)
