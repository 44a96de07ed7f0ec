"""What a process that is gone has left in its log, for when it had no last word of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic
from vae_engine.text import cut, printable

RUN_BEGINS = "this run begins"
"""What a worker logs first: what stands before is of an earlier run."""

SILENT_END = "its log has no message: the system may have killed it, for example for lack of memory"
"""What is said of a process that left nothing."""

_TAIL_BYTES = 16 * 1024
_MOST_LINES, _LONGEST = 2, 400
# Remarks of ours and of TensorFlow's about what goes well, and the places of a dump of the stack.
_REMARK = re.compile(
    r"""
    \d{4}-\d\d-\d\d\ \d\d:\d\d:\d\d[,.]\d+(:|\ )\ ?(DEBUG|INFO|I)\ .*
    | [IW]\d{4}\ \d\d:\d\d:\d\d.*
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


def last_words(log: Path, start: int = 0) -> str:
    """The last lines of a log that say what went wrong, on one printable line; "" for none.

    Args:
        log: of a process that is gone.
        start: offset in bytes from which the process wrote.
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
    # Behind the mark is the rest of its line; a line that was cut off at the front says little.
    lines = of_this_run.split("\n")
    return _telling(lines[1:] if len(of_this_run) < len(text) or begin > start else lines)


def _telling(lines: Iterable[str]) -> str:
    told = [line for line in lines if line.strip() and not _REMARK.fullmatch(line)]
    # What follows is where, not what.
    for at, line in enumerate(told):
        if line.startswith("Fatal Python error"):
            told = told[: at + 1]
            break
    shown = "; ".join(printable(" ".join(line.split())) for line in told[-_MOST_LINES:])
    return cut(shown, _LONGEST)
