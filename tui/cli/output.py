"""Print lines, and tables of limited width."""

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
"""Width for tables that are not truncated."""


def say(text: str = "", *, err: bool = False) -> None:
    """Print one line and flush it; on a terminal, only in characters that it can show."""
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
    """Return the maximum width of a table; unlimited in a pipe, unless `COLUMNS` is set."""
    return terminal_width() if is_terminal() or "COLUMNS" in os.environ else UNLIMITED


def is_terminal() -> bool:
    """Return whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


class Column(msgspec.Struct, frozen=True):
    """A column of a table.

    Attributes:
        title: text of the header.
        align: alignment of the text.
        least: minimum width if the table is too wide; None never shrinks.
    """

    title: str
    align: Literal["left", "right"] = "left"
    least: int | None = None


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]], width: int) -> list[str]:
    """Format a header and rows in at most `width` cells; longer text is truncated."""
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
    """Compute column widths; shrinking columns give way, the widest first."""
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

    Otherwise Python would flush them at exit, and exit with code 120 and its own messages.
    """
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
