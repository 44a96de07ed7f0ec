"""Frames in fewer bytes: of what Textual writes, only what is not on the screen yet.

Textual tells each run of cells its whole style and takes it back at the run's end, about 40 bytes a
run, and sends a changed part of a line from its widget's left edge on. Here the terminal's cells
are remembered, cells that stay are passed over, and styles are told only where they change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from textual import events
from textual.driver import Driver
from textual.geometry import Size
from textual.message import Message

from tui.terminal.wire_frames import (
    PLAIN,
    Cell,
    NotUnderstoodError,
    Rendition,
    Run,
    inverted,
    runs_of,
)

# Synchronized output, operating system commands, the bell: they leave the cells alone.
_HARMLESS = re.compile(r"(?:\x1b\[\?2026[hl]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x07)+")
_MOVE = re.compile(r"\x1b\[[0-9]+;[0-9]+H")

Cursor = tuple[int, int]
"""Column and row."""

_NOWHERE = (-1, -1)
_width = itemgetter(1)


class Wire:
    """What a terminal shows, and how it comes to show the next frame."""

    def __init__(self) -> None:
        self._lines: dict[int, list[Cell | None]] = {}
        self._cursor: Cursor | None = None

    def forget(self) -> None:
        """The terminal may show anything now: the next frame is sent whole."""
        self._lines.clear()
        self._cursor = None

    def compacted(self, data: str, *, mend: bool = True) -> str:
        """What leads the terminal to the same picture.

        Args:
            data: what is to be written: a frame, or control sequences, which pass as they are.
            mend: send a frame of the whole screen whole, as others may have written over it.
        """
        try:
            frame = runs_of(data)
        except NotUnderstoodError:
            if _HARMLESS.fullmatch(data) is None:
                self.forget()
            return data
        if mend and sum(map(_width, frame)) >= sum(map(len, self._lines.values())):
            self.forget()
        if self._cursor is None and _MOVE.match(data) is None:
            # Nobody knows which cells it changes.
            return data
        pen = _Pen(self._cursor)
        self._draw(frame, pen)
        self._cursor = pen.place
        return pen.written()

    def _draw(self, frame: Iterable[Run], pen: _Pen) -> None:
        line, column = self._cursor or (0, 0)
        shown = self._line(line, column)
        for place, width, text, rendition, cells in frame:
            if place is not None:
                line, column = line + 1 if place.line is None else place.line, place.column
                shown = self._line(line, column)
            start, column = column, column + width
            if cells is None:
                # Terminals do not agree on wide characters, so nothing is known of this line now.
                shown[:] = [None] * column
                pen.write(line, start, text, rendition)
                pen.lose_place()
                continue
            before = shown[start:column]
            if before == cells:
                continue
            shown[start:column] = cells
            if 1 < width == len(before):
                first, last = _differing(before, cells)
                text = text[first : last + 1]
                start += first
                if text.isspace():
                    rendition = cells[first][1]
            pen.write(line, start, text, rendition)
        pen.end(line, column)

    def _line(self, line: int, columns: int) -> list[Cell | None]:
        """What is known of a line, at least of its first columns."""
        cells = self._lines.setdefault(line, [])
        cells += [None] * (columns - len(cells))
        return cells


class _Pen:
    """Writes runs, with moves and styles only where the terminal does not have them yet."""

    def __init__(self, place: Cursor | None) -> None:
        self._pieces: list[str] = []
        self._line, self._column = place or _NOWHERE
        self._rendition = PLAIN
        self._foreground, self._background = "", ""
        self._effects: tuple[str, ...] = ()

    @property
    def place(self) -> Cursor:
        """Where the terminal's cursor is."""
        return self._line, self._column

    def lose_place(self) -> None:
        """The cursor may be anywhere."""
        self._line, self._column = _NOWHERE

    def write(self, line: int, column: int, text: str, rendition: Rendition) -> None:
        """Write characters of one style at a place."""
        if column != self._column or line != self._line:
            self._move(line, column)
        if rendition is not self._rendition:
            turned = inverted(text, rendition)
            if turned is not None and self._changes(turned[1]) < self._changes(rendition):
                text, rendition = turned
            self._style(rendition)
        self._pieces.append(text)
        self._column = column + len(text)

    def end(self, line: int, column: int) -> None:
        """Leave the cursor where it is wanted, and the style plain."""
        if self._foreground or self._background or self._effects:
            self._pieces.append("\x1b[m")
        if column != self._column or line != self._line:
            self._move(line, column)

    def written(self) -> str:
        """All of it."""
        return "".join(self._pieces)

    def _move(self, line: int, column: int) -> None:
        if line == self._line and column > self._column:
            self._pieces.append(f"\x1b[{column - self._column}C")
        else:
            self._pieces.append(f"\x1b[{line + 1};{column + 1}H")
        self._line, self._column = line, column

    def _changes(self, wanted: Rendition) -> int:
        """How many colours would have to be told."""
        return (wanted.foreground not in (None, self._foreground)) + (
            wanted.background != self._background
        )

    def _style(self, wanted: Rendition) -> None:
        self._rendition = wanted
        foreground, background, effects = wanted.foreground, wanted.background, wanted.effects
        codes: list[str] = []
        if effects != self._effects:
            kept = len(self._effects)
            if effects[:kept] != self._effects:
                codes.append("0")
                self._foreground, self._background, kept = "", "", 0
            codes += effects[kept:]
            self._effects = effects
        if foreground is not None and foreground != self._foreground:
            codes.append(foreground or "39")
            self._foreground = foreground
        if background != self._background:
            codes.append(background or "49")
            self._background = background
        if codes:
            self._pieces.append(f"\x1b[{';'.join(codes)}m")


def _differing(before: list[Cell | None], cells: list[Cell]) -> tuple[int, int]:
    """The first and the last place where two lists of one length, which are not equal, differ."""
    first, last = 0, len(cells) - 1
    while before[first] == cells[first]:
        first += 1
    while before[last] == cells[last]:
        last -= 1
    return first, last


def compact_driver(driver: type[Driver]) -> type[Driver]:
    """A driver that writes every frame compacted, and is otherwise `driver`."""

    class CompactDriver(driver):  # type: ignore[misc, valid-type]
        """Writes in fewer bytes."""

        def __init__(self, app: Any, **options: Any) -> None:
            super().__init__(app, **options)
            self._sized_app = app
            self._wire = Wire()
            self._drawn_size: Size | None = None

        def write(self, data: str) -> None:
            # Not every resize comes through `process_message`, but the app knows of all.
            if self._sized_app.size != self._drawn_size:
                self._drawn_size = self._sized_app.size
                self._wire.forget()
            # Textual sends the whole screen for every dialog that opens or closes.
            super().write(self._wire.compacted(data, mend=False))

        def redraw(self) -> None:
            """Have the next frame sent whole: others may have written over the screen."""
            self._wire.forget()

        def process_message(self, message: Message) -> None:
            if isinstance(message, events.Resize):
                # The terminal has moved or cut what it showed.
                self._wire.forget()
            super().process_message(message)

    return CompactDriver
