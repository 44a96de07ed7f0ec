"""What commands print: lines, and tables that keep their width."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Literal, TextIO

import click
import msgspec

from tui.text import cells, fitted, one_line, shortened

UNLIMITED = 1_000_000
"""Columns for what is not cut."""


def say(text: str = "", *, err: bool = False) -> None:
    """Write one line and flush it, to stdout or stderr; on a terminal in its characters."""
    stream = sys.stderr if err else sys.stdout
    line = one_line(text)
    if not line.isascii() and stream is not None and stream.isatty():
        from tui.terminal.charset import ascii_text, is_unicode

        if not is_unicode(os.environ, stream.encoding):
            line = ascii_text(line)
    click.echo(line, err=err)


def terminal_width() -> int:
    """Return the terminal's columns from the kernel; without a terminal `COLUMNS`, else 80."""
    try:
        columns = os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ else 0
    except (OSError, ValueError):
        columns = 0
    return max(20, columns or shutil.get_terminal_size().columns)


def table_width() -> int:
    """Columns that a table may take: in a pipe all it needs, unless `COLUMNS` is set."""
    return terminal_width() if is_terminal() or "COLUMNS" in os.environ else UNLIMITED


def is_terminal() -> bool:
    """Whether a person reads stdout on a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


class Column(msgspec.Struct, frozen=True):
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
        shortened(
            " ".join(
                fitted(cell, size, column.align)
                for column, cell, size in zip(columns, line, widths, strict=True)
            ),
            width,
        ).rstrip()
        for line in lines
    ]


def _widths(columns: Sequence[Column], lines: Sequence[Sequence[str]], width: int) -> list[int]:
    """Natural widths, less what the shrinking columns must give, the widest of them first."""
    widths = [max(cells(line[at]) for line in lines) for at in range(len(columns))]
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


def flush_or_discard(stream: TextIO | None) -> None:
    """Flush the buffers, or discard them if they cannot be written.

    Python flushes when it ends, and would end with exit code 120 and complaints of its own.
    """
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
