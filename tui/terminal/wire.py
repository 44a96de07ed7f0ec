"""Compact frames: only the cells that changed on the screen.

Textual writes the full SGR style before every run of cells and resets it afterwards, about 40 bytes
per run, and sends a changed line from its widget's left edge on. Here the terminal's cells are
remembered, unchanged cells are skipped, and styles are sent only where they change. Images of a
frame that is still large are sent in few colours first, in all of them later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

from rich.cells import cell_len

from tui.terminal.coarse import (
    DIALOG_CELLS,
    FALLBACK,
    LEVELS,
    MOSAICS,
    Budget,
    coarse,
    is_image,
    may_be_image,
)
from tui.terminal.wire_frames import PLAIN, Cell, NotUnderstoodError, Rendition, Run, runs_of
from tui.terminal.wire_pen import Cursor, Pen

# Synchronized output, operating system commands, the bell, images that the terminal keeps and what
# it is asked about them: they leave the cells alone.
_HARMLESS = re.compile(
    r"(?:\x1b\[\?2026[hl]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x07|\x1b_G[^\x1b]*\x1b\\"
    r"|\x1bPtmux;\x1b\x1b_G[^\x1b]*\x1b\x1b\\\x1b\\|\x1b\[(?:>q|16t|c))+"
)
_MOVE = re.compile(r"\x1b\[[0-9]+;[0-9]+H")
_EXACT = 0
# Number of cells written before their bytes are counted.
_FEW = 8

_character, _width = itemgetter(0), itemgetter(1)


@dataclass(slots=True)
class _Change:
    """A run that the terminal does not show yet; a run of unknown width has no cells."""

    line: int
    column: int
    text: str
    rendition: Rendition
    cells: list[Cell] | None
    image: bool = False

    @property
    def start(self) -> tuple[int, int]:
        """Line and column."""
        return self.line, self.column

    @property
    def end(self) -> tuple[int, int]:
        """Line and column after it."""
        return self.line, self.column + len(self.text)


class Wire:
    """Models the cells of a terminal, and makes the bytes that update it to the next frame."""

    def __init__(self) -> None:
        # The intended cells; those of `_owed` are shown in few colours so far.
        self._lines: dict[int, list[Cell | None]] = {}
        self._owed: dict[int, dict[int, Cell]] = {}
        self._cursor: Cursor | None = None

    @property
    def owes(self) -> bool:
        """Whether some cells are still shown in few colours."""
        return bool(self._owed)

    def forget(self) -> None:
        """Forget the cells, so that the next frame is sent whole."""
        self._lines.clear()
        self._owed.clear()
        self._cursor = None

    def compacted(self, data: str, *, mend: bool = True, budget: Budget | None = None) -> str:
        """Compact data for the terminal; the resulting picture is the same.

        Args:
            data: what is to be written: a frame, or control sequences, which pass as they are.
            mend: send a frame of the whole screen whole, as others may have written over it.
            budget: of bytes; images get fewer colours where the frame would take more.
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
            # It is unknown which cells it changes.
            return data
        changes, end = self._changes(frame)
        levels, written = self._affordable(changes, end, budget)
        self._note(changes, levels)
        self._cursor = end
        return written

    def refined(self, size: int) -> str:
        """Send some of the cells shown in few colours in full colour: about `size` bytes."""
        if self._cursor is None:
            return ""
        pen = Pen(self._cursor)
        while self._owed and len(pen.written().encode()) < size:
            line, owed = next(iter(self._owed.items()))
            for column in sorted(owed)[:_FEW]:
                pen.write(line, column, *owed.pop(column))
            if not owed:
                del self._owed[line]
        pen.end(*self._cursor)
        return pen.written()

    def _affordable(
        self, changes: list[_Change], end: Cursor, budget: Budget | None
    ) -> tuple[int, str]:
        """Return the most levels that the budget allows, and the data in these levels."""
        exact = self._written(changes, end, _EXACT)
        if budget is None or len(exact.encode()) <= budget.wanted:
            return _EXACT, exact
        if not _mark_images(changes):
            return _EXACT, exact
        small = sum(len(change.text) for change in changes if change.image) <= DIALOG_CELLS
        idle: tuple[int, str] | None = None
        for levels in (*LEVELS, *MOSAICS) if small else LEVELS:
            written = self._written(changes, end, levels)
            size = len(written.encode())
            if levels in LEVELS and budget.allows(size, levels):
                return levels, written
            if idle is None and levels <= FALLBACK and size <= budget.idle:
                idle = levels, written
        return idle or (FALLBACK, self._written(changes, end, FALLBACK))

    def _written(self, changes: Iterable[_Change], end: Cursor, levels: int) -> str:
        pen = Pen(self._cursor)
        shared, since, room = PLAIN, (0, 0), 0
        for change in changes:
            text, rendition = change.text, change.rendition
            if levels != _EXACT and change.image:
                text, rendition = coarse(text, rendition, levels)
                if levels in MOSAICS and text.isspace():
                    if room >= len(text) and since == change.start:
                        rendition = shared
                    else:
                        shared, room = rendition, -levels
                    since, room = change.end, room - len(text)
            width = None if change.cells is None else len(change.cells)
            pen.write(change.line, change.column, text, rendition, width)
            if change.cells is None:
                pen.lose_place()
        pen.end(*end)
        return pen.written()

    def _note(self, changes: Iterable[_Change], levels: int) -> None:
        """Record which cells are shown in fewer colours than intended."""
        for change in changes:
            line, column, cells = change.line, change.column, change.cells
            owed = self._owed.get(line)
            if owed is not None:
                for place in range(column, column + cell_len(change.text)):
                    owed.pop(place, None)
                if not owed:
                    del self._owed[line]
            if levels != _EXACT and change.image and cells:
                self._owed.setdefault(line, {}).update(enumerate(cells, column))

    def _changes(self, frame: Iterable[Run]) -> tuple[list[_Change], Cursor]:
        """Return the changes of a frame, and the final position of the cursor."""
        changes = []
        line, column = self._cursor or (0, 0)
        shown = self._line(line, column)
        for place, width, text, rendition, cells in frame:
            if place is not None:
                line, column = line + 1 if place.line is None else place.line, place.column
                shown = self._line(line, column)
            start, column = column, column + width
            if cells is None:
                # Terminals disagree on wide characters, so the cells of this line are unknown now.
                shown[:] = [None] * column
                changes.append(_Change(line, start, text, rendition, None))
                continue
            before = shown[start:column]
            if before == cells:
                continue
            shown[start:column] = cells
            if 1 < width == len(before):
                first, last = _differing(before, cells)
                cells = cells[first : last + 1]
                text = "".join(map(_character, cells))
                start += first
                if text.isspace():
                    rendition = cells[0][1]
            changes.append(_Change(line, start, text, rendition, cells))
        return changes, (line, column)

    def _line(self, line: int, columns: int) -> list[Cell | None]:
        """Return the known cells of a line, at least its first columns."""
        cells = self._lines.setdefault(line, [])
        cells += [None] * (columns - len(cells))
        return cells


def _differing(before: list[Cell | None], cells: list[Cell]) -> tuple[int, int]:
    """Return the first and last index at which two different lists of equal length differ."""
    first, last = 0, len(cells) - 1
    while before[first] == cells[first]:
        first += 1
    while before[last] == cells[last]:
        last -= 1
    return first, last


def _mark_images(changes: list[_Change]) -> bool:
    """Mark runs that are part of an image; returns False if none is.

    A cell of one colour is a space, as those of panels are, and others look like bars. They count
    where they lie between parts of an image, on a line of one.
    """
    lines = set()
    for change in changes:
        if is_image(change.text, change.rendition):
            change.image = True
            lines.add(change.line)
    possible = [may_be_image(change.text, change.rendition) for change in changes]
    for at in range(1, len(changes) - 1):
        before, change, after = changes[at - 1 : at + 2]
        between = before.end == change.start and change.end == after.start
        if between and all(possible[at - 1 : at + 2]) and change.line in lines:
            change.image = True
    return bool(lines)
