"""Images by kitty's graphics protocol, shown where the screen has placeholder characters.

A terminal keeps an image under its number. Text shows it: U+10EEEE in a foreground colour that is
the number, followed by marks that are the row and the column of the image's cells. So an image
moves, is covered and goes as the text does. Source: "The terminal graphics protocol",
sw.kovidgoyal.net/kitty/graphics-protocol, sections "Unicode placeholders" and "Deleting images".
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from tui.rendering.placeholders import PLACEHOLDER
from tui.rendering.runs import Line

LARGEST_NUMBER: Final = (1 << 24) - 1
"""A number is a 24-bit colour."""

_START, _END = "\x1b_G", "\x1b\\"
_CHUNK = 4096
# Lengths of segments. Rich cuts a segment at the nearest whole character of its proportion; only
# for powers of two that is exact, and no placeholder loses its marks.
_RUNS: Final = (32, 16, 8, 4, 2, 1)
# kitty's rowcolumn-diacritics.txt, from Unicode 6.0: the marks for 0, 1, 2, ...
_MARKS: Final = (
    "305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 "
    "59c-5a1 5a8-5a9 5ab-5ac 5af 5c4 610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec "
    "730 732-733 735-736 73a 73d 73f-741 743 745 747 749-74a 7eb-7f1 7f3 816-819 81b-823 825-827 "
    "829-82d 951 953-954 f82-f83 f86-f87 135d-135f 17dd 193a 1a17 1a75-1a7c 1b6b 1b6d-1b73 "
    "1cd0-1cd2 1cda-1cdb 1ce0 1dc0-1dc1 1dc3-1dc9 1dcb-1dcc 1dd1-1de6 1dfe 20d0-20d1 20d4-20d7 "
    "20db-20dc 20e1 20e7 20e9 20f0 2cef-2cf1 2de0-2dff a66f a67c-a67d a6f0-a6f1 a8e0-a8f1 aab0 "
    "aab2-aab3 aab7-aab8 aabe-aabf aac1 fe20-fe26 10a0f 10a38 1d185-1d189 1d1aa-1d1ad 1d242-1d244"
)


def _marks() -> Iterator[str]:
    for part in _MARKS.split():
        first, _, last = part.partition("-")
        yield from map(chr, range(int(first, 16), int(last or first, 16) + 1))


MARKS: Final = tuple(_marks())
"""The combining character for each row or column."""
MOST_CELLS: Final = len(MARKS)
"""Columns or rows that an image may have at most."""


def placeholders(number: int, columns: int, rows: int, paper: Color | None = None) -> list[Line]:
    """The text that shows an image: ``rows`` lines, each ``columns`` cells wide.

    Args:
        number: of the image, 1 to `LARGEST_NUMBER`.
        columns: at most `MOST_CELLS`.
        rows: at most `MOST_CELLS`.
        paper: seen where the image leaves cells empty.
    """
    ink = Color.from_rgb(number >> 16, number >> 8 & 255, number & 255)
    style = Style.from_color(ink, paper)
    return [[Segment(text, style) for text in _texts(row, columns)] for row in range(rows)]


@lru_cache(maxsize=512)
def _texts(row: int, columns: int) -> tuple[str, ...]:
    texts = []
    start = 0
    for length in _RUNS:
        while columns - start >= length:
            cells = MARKS[start : start + length]
            texts.append("".join(PLACEHOLDER + MARKS[row] + column for column in cells))
            start += length
    return tuple(texts)


def transmission(number: int, png: bytes, columns: int, rows: int) -> str:
    """Send an image that placeholders show; it replaces the one of that number."""
    return _chunked(f"a=T,U=1,q=2,f=100,i={number},c={columns},r={rows}", png)


def placed(png: bytes, columns: int, rows: int) -> str:
    """Show an image at the cursor, which stays, over these cells; without placeholders."""
    return _chunked(f"a=T,q=2,f=100,C=1,c={columns},r={rows}", png)


def deletion(number: int) -> str:
    """Have an image forgotten."""
    return f"{_START}a=d,d=I,i={number},q=2{_END}"


def deletion_of_range(first: int, last: int) -> str:
    """Have all images of these numbers forgotten; kitty does since 0.33."""
    return f"{_START}a=d,d=R,x={first},y={last},q=2{_END}"


def through_tmux(sequences: str) -> str:
    """Wrap graphics commands so that tmux passes them on, with `allow-passthrough on`."""
    commands = sequences.split(_END)[:-1]
    return "".join(
        "\x1bPtmux;" + (command + _END).replace("\x1b", "\x1b\x1b") + _END for command in commands
    )


def _chunked(keys: str, data: bytes) -> str:
    text = base64.standard_b64encode(data).decode()
    chunks = [text[at : at + _CHUNK] for at in range(0, len(text), _CHUNK)] or [""]
    parts = []
    for at, chunk in enumerate(chunks):
        told = f"{keys}," if at == 0 else "q=2,"
        parts.append(f"{_START}{told}m={int(at < len(chunks) - 1)};{chunk}{_END}")
    return "".join(parts)
