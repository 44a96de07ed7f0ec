"""Lines for a terminal or a pipe: foreign text made harmless, tables that keep their width.

Names, notes, log lines and errors can come from strangers. Whatever is written through here is one
line without control characters, so it can neither steer the terminal nor break a table.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import click
from rich.cells import cell_len, set_cell_size

_LONGEST = 1000
_UNPRINTABLE = "?"


def one_line(text: str, longest: int = _LONGEST) -> str:
    """`text` on one line: no control characters, no marks of direction, no more than `longest`.

    White space becomes spaces; what cannot be printed becomes a question mark.
    """
    shown = "".join(_printable(char) for char in text[: longest + 1]).rstrip()
    return shown if len(shown) <= longest else shown[: longest - 3] + "..."


def encodable(text: str) -> str:
    """`text` with a question mark for each undecodable byte of a path or an argument."""
    return text.encode("utf-8", "replace").decode()


def say(text: str = "", *, err: bool = False) -> None:
    """Write one line and flush it, to stdout or stderr."""
    click.echo(one_line(text), err=err)


def _printable(char: str) -> str:
    if char.isprintable():
        return char
    return " " if char.isspace() else _UNPRINTABLE


def terminal_width() -> int:
    """Columns of the terminal; 80 where there is none."""
    return max(20, shutil.get_terminal_size().columns)


def is_terminal() -> bool:
    """Whether a person reads stdout on a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: its head.
        align: which side of the column the text stands at.
        least: cells that it may shrink to where the table is too wide; None never shrinks.
    """

    title: str
    align: Literal["left", "right"] = "left"
    least: int | None = None


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]], width: int) -> list[str]:
    """Lay out a head and rows in at most `width` cells; what does not fit is cut."""
    lines = [
        [column.title for column in columns],
        *([one_line(cell) for cell in row] for row in rows),
    ]
    widths = _widths(columns, lines, width)
    return [
        fitted(
            " ".join(
                fitted(cell, size, column.align)
                for column, cell, size in zip(columns, line, widths, strict=True)
            ),
            width,
        ).rstrip()
        for line in lines
    ]


def fitted(text: str, width: int, align: Literal["left", "right"] = "left") -> str:
    """`text` in exactly `width` cells: cut and marked with a tilde, or filled with spaces."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "~" if width else ""
    filling = " " * (width - length)
    return filling + text if align == "right" else text + filling


def _widths(columns: Sequence[Column], lines: Sequence[Sequence[str]], width: int) -> list[int]:
    """Natural widths, less what the shrinking columns must give, the widest of them first."""
    widths = [max(cell_len(line[at]) for line in lines) for at in range(len(columns))]
    excess = sum(widths) + len(columns) - 1 - width
    while excess > 0:
        room = [
            (size, at)
            for at, (size, column) in enumerate(zip(widths, columns, strict=True))
            if column.least is not None and size > column.least
        ]
        if not room:
            break
        widths[max(room)[1]] -= 1
        excess -= 1
    return widths


def duration_text(seconds: float) -> str:
    """Seconds in at most six characters: `42s`, `9m40s`, `1h05m`, `3d02h`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86_400}d{whole % 86_400 // 3600:02}h"


def age_text(then: float) -> str:
    """How long ago a time in seconds since 1970 was, in one unit: `5m`, `3h`, `12d`."""
    seconds = max(0, int(time.time() - then))
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
