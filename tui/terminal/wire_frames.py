"""Parse a frame that Textual writes into runs of cells with a style and a position."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from typing import NamedTuple

from rich.cells import cell_len

from tui.rendering.placeholders import CELL_CHARACTERS, PLACEHOLDER

# Textual ends every run so. What comes between two of them can be read by itself, and much of it
# comes again and again.
_RESET = "\x1b[0m"
# A style, a move or a new line, then characters; or what is not understood.
_TOKEN = re.compile(
    r"(?:\x1b\[([0-9;:]*m)|\x1b\[([1-9][0-9]*);([1-9][0-9]*)H|(\n)|^)([^\x00-\x1f\x7f-\x9f]*)|(.)"
)
# With its row and its column.
_PLACE = re.compile(f"{PLACEHOLDER}[^{PLACEHOLDER}]{{{CELL_CHARACTERS - 1}}}")
_FOREGROUNDS = frozenset(map(str, (*range(30, 40), *range(90, 98))))
_BACKGROUNDS = frozenset(map(str, (*range(40, 50), *range(100, 108))))


@dataclass(frozen=True, eq=False, slots=True)
class Rendition:
    """How a terminal draws its next characters: parameters of SGR, ECMA-48 section 8.3.117.

    Renditions come from `rendition` and are compared by identity, which is fast.

    Attributes:
        foreground: of the text, empty for the terminal's own, None where nothing of it is seen.
        background: behind it, empty for the terminal's own.
        effects: bold, underlined and the like, in order.
    """

    foreground: str | None
    background: str
    effects: tuple[str, ...]


class Move(NamedTuple):
    """Move of the cursor; lines and columns count from 0, no line means the next one."""

    line: int | None
    column: int


Cell = tuple[str, Rendition]
# Where it begins, None where the run before it ended; how many columns it takes; its characters;
# how they are drawn; the cells they leave, None where terminals do not agree on them. A frame has a
# thousand, and a named tuple takes three times as long to take apart.
Run = tuple[Move | None, int, str, Rendition, list[Cell] | None]


class NotUnderstoodError(ValueError):
    """The data does more than write runs of cells."""


def runs_of(data: str) -> list[Run]:
    """Return the runs of a frame, in order; a move is a run without characters.

    Raises:
        NotUnderstoodError: if there are other control sequences in the data.
    """
    return list(chain.from_iterable(map(_runs_of_piece, data.split(_RESET))))


# Entries dropped here make equal renditions differ: their cells are sent once more.
@lru_cache(maxsize=8192)
def rendition(foreground: str | None, background: str, effects: tuple[str, ...]) -> Rendition:
    """Return the unique rendition with these attributes."""
    return Rendition(foreground, background, effects)


PLAIN = rendition("", "", ())


@lru_cache(maxsize=8192)
def _runs_of_piece(piece: str) -> tuple[Run, ...]:
    found: list[Run] = []
    drawn = PLAIN
    for parameters, line, column, newline, text, other in _TOKEN.findall(piece):
        if other:
            raise NotUnderstoodError
        if parameters:
            drawn = _changed(drawn, parameters[:-1])
        elif line:
            found.append((Move(int(line) - 1, int(column) - 1), 0, "", PLAIN, []))
        elif newline:
            found.append((Move(None, 0), 0, "", PLAIN, []))
        if text:
            found.append(_run(text, drawn))
    return tuple(found)


def _run(text: str, drawn: Rendition) -> Run:
    """Make a run with its visible cells: a plain space has no foreground."""
    width = len(text)
    if text.startswith(PLACEHOLDER) and (places := _placeholders(text)):
        return None, len(places), text, drawn, [(place, drawn) for place in places]
    if not _is_narrow(text):
        return None, cell_len(text), text, drawn, None
    if drawn.effects or " " not in text:
        return None, width, text, drawn, [(character, drawn) for character in text]
    blank = rendition(None, drawn.background, ())
    if not text.strip(" "):
        return None, width, text, blank, [(" ", blank)] * width
    cells = [(character, blank if character == " " else drawn) for character in text]
    return None, width, text, drawn, cells


@lru_cache(maxsize=4096)
def _placeholders(text: str) -> tuple[str, ...]:
    """The cells of an image that the terminal keeps; none if there is anything else."""
    places = re.findall(_PLACE, text)
    return tuple(places) if len(places) * CELL_CHARACTERS == len(text) else ()


@lru_cache(maxsize=4096)
def _is_narrow(text: str) -> bool:
    """Return whether each character takes one column; terminals disagree on joining ones."""
    return text.isascii() or all(cell_len(character) == 1 for character in text)


@lru_cache(maxsize=8192)
def _changed(drawn: Rendition, parameters: str) -> Rendition:
    """Return the rendition after a control sequence with these parameters."""
    foreground, background, effects = drawn.foreground, drawn.background, drawn.effects
    codes = iter(parameters.split(";"))
    for code in codes:
        if code in ("", "0"):
            foreground, background, effects = "", "", ()
        elif code in _FOREGROUNDS:
            foreground = _color(code, codes)
        elif code in _BACKGROUNDS:
            background = _color(code, codes)
        else:
            effects = (*effects, _color(code, codes) if code == "58" else code)
    return rendition(foreground, background, effects)


def _color(code: str, codes: Iterator[str]) -> str:
    """Parse a colour: its code, then 5 and an index, or 2 and red, green and blue."""
    if code in ("39", "49"):
        return ""
    if code not in ("38", "48", "58"):
        return code
    kind = next(codes, "")
    return ";".join((code, kind, *islice(codes, 1 if kind == "5" else 3)))


# Block elements and those that ink what they leave: U+2580 and its neighbours.
_INVERSES = str.maketrans("▀▄▌▐▘▟▝▙▖▜▗▛▞▚", "▄▀▐▌▟▘▙▝▜▖▛▗▚▞")
_INVERTIBLE = frozenset(map(chr, _INVERSES))


def inverted(text: str, drawn: Rendition) -> tuple[str, Rendition] | None:
    """Return the same picture with inverse glyphs and colours; None if some have no inverse."""
    if not (drawn.foreground and drawn.background) or drawn.effects:
        return None
    if not _INVERTIBLE.issuperset(text):
        return None
    return text.translate(_INVERSES), _swapped(drawn.foreground, drawn.background)


@lru_cache(maxsize=8192)
def _swapped(foreground: str, background: str) -> Rendition:
    return rendition(_moved(background, -10), _moved(foreground, 10), ())


def _moved(color: str, by: int) -> str:
    """Return the code of the same colour as background or foreground: they differ by ten."""
    code, mark, rest = color.partition(";")
    return f"{int(code) + by}{mark}{rest}"
