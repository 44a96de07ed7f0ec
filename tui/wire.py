"""Frames in fewer bytes: of what Textual writes, only what is not on the screen yet.

Textual tells each run of cells its whole style and takes it back at the run's end, about 40 bytes a
run, and sends a changed part of a line from its widget's left edge on. Here the terminal's cells
are remembered, cells that stay are passed over, and styles are told only where they change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.driver import Driver
from textual.geometry import Size
from textual.message import Message

_TOKEN = re.compile(r"\x1b\[(?:([0-9;:]*)m|([0-9]+);([0-9]+)H)|([^\x00-\x1f\x7f-\x9f]+)|\n")
# Synchronized output, operating system commands, the bell: they leave the cells alone.
_HARMLESS = re.compile(r"(?:\x1b\[\?2026[hl]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x07)+")


class Rendition(NamedTuple):
    """How a terminal draws its next characters: parameters of SGR, ECMA-48 section 8.3.117.

    Attributes:
        foreground: of the text, empty for the terminal's own.
        background: behind it, likewise.
        effects: bold, underlined and the like, in order.
    """

    foreground: str = ""
    background: str = ""
    effects: tuple[str, ...] = ()


Cell = tuple[str, Rendition]
Place = tuple[int, int]

_PLAIN = Rendition()


class Run(NamedTuple):
    """Characters of one style on one line; `line` and `column` count from 1."""

    line: int
    column: int
    text: str
    rendition: Rendition


class Wire:
    """What a terminal shows, and how it comes to show the next frame."""

    def __init__(self) -> None:
        self._lines: dict[int, list[Cell | None]] = {}
        self._cursor: Place | None = None

    def forget(self) -> None:
        """The terminal may show anything now: the next frame is sent whole."""
        self._lines.clear()
        self._cursor = None

    def compacted(self, data: str) -> str:
        """What leads the terminal to the same picture.

        Args:
            data: what is to be written: a frame, or control sequences, which pass as they are.
        """
        tokens = list(_TOKEN.finditer(data))
        if sum(token.end() - token.start() for token in tokens) < len(data):
            if _HARMLESS.fullmatch(data) is None:
                self.forget()
            return data
        runs, cursor = _runs(tokens)
        # A frame of the whole screen mends what others may have written over it.
        if sum(len(run.text) for run in runs) >= sum(map(len, self._lines.values())):
            self.forget()
        pen = _Pen(self._cursor)
        for run in runs:
            self._draw(run, pen)
        pen.end(cursor)
        self._cursor = pen.place
        return "".join(pen.pieces)

    def _draw(self, run: Run, pen: _Pen) -> None:
        line = self._lines.setdefault(run.line, [])
        if cell_len(run.text) != len(run.text):
            # Terminals do not agree on wide characters, so nothing is known of this line now.
            line.clear()
            pen.write(run)
            pen.place = None
            return
        first, last = run.column - 1, run.column - 1 + len(run.text)
        if len(line) < last:
            line.extend([None] * (last - len(line)))
        cells, before = _cells(run.text, run.rendition), line[first:last]
        if before == cells:
            return
        line[first:last] = cells
        if len(cells) > 1:
            differing = [at for at, cell in enumerate(cells) if cell != before[at]]
            start, end = differing[0], differing[-1] + 1
            run = Run(run.line, run.column + start, run.text[start:end], run.rendition)
        pen.write(run)


class _Pen:
    """Writes runs, with moves and styles only where the terminal does not have them yet."""

    def __init__(self, place: Place | None) -> None:
        self.pieces: list[str] = []
        self.place = place
        self._told = _PLAIN

    def write(self, run: Run) -> None:
        self._move((run.line, run.column))
        wanted = run.rendition
        if wanted is not self._told:
            if not wanted.effects and not self._told.effects and run.text.isspace():
                wanted = Rendition(self._told.foreground, wanted.background)
            self._style(wanted)
        self.pieces.append(run.text)
        self.place = run.line, run.column + len(run.text)

    def end(self, cursor: Place | None) -> None:
        """Leave the cursor where it is wanted, and the style plain."""
        self._style(_PLAIN)
        if cursor is not None:
            self._move(cursor)

    def _style(self, wanted: Rendition) -> None:
        step = _step(self._told, wanted)
        if step:
            self.pieces.append(step)
            self._told = wanted

    def _move(self, place: Place) -> None:
        if place == self.place:
            return
        line, column = place
        if self.place is not None and self.place[0] == line and self.place[1] < column:
            self.pieces.append(f"\x1b[{column - self.place[1]}C")
        else:
            self.pieces.append(f"\x1b[{line};{column}H")
        self.place = place


def compact_driver(driver: type[Driver]) -> type[Driver]:
    """A driver that writes every frame compacted, and is otherwise `driver`."""

    class CompactDriver(driver):  # type: ignore[misc, valid-type]
        """Writes in fewer bytes."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._wire = Wire()
            self._drawn_size: Size | None = None

        def write(self, data: str) -> None:
            # Not every resize comes through `process_message`, but the app knows of all.
            if self._app.size != self._drawn_size:
                self._drawn_size = self._app.size
                self._wire.forget()
            super().write(self._wire.compacted(data))

        def process_message(self, message: Message) -> None:
            if isinstance(message, events.Resize):
                # The terminal has moved or cut what it showed.
                self._wire.forget()
            super().process_message(message)

        def resume_application_mode(self) -> None:
            # Textual starts its threads at every SIGCONT, also when only SIGSTOP, which nobody can
            # catch, came before it: those of before would go on beside them.
            keys = getattr(self, "_key_thread", None)
            if keys is not None and keys.is_alive():
                self.suspend_application_mode()
                self._must_signal_resume = True
            super().resume_application_mode()

    return CompactDriver


def _runs(tokens: list[re.Match[str]]) -> tuple[list[Run], Place | None]:
    """The runs of a frame, and where it leaves the cursor."""
    runs: list[Run] = []
    line, column, rendition = 1, 1, _PLAIN
    moved = False
    for token in tokens:
        parameters, to_line, to_column, text = token.groups()
        if text is not None:
            runs.append(Run(line, column, text, rendition))
            column += cell_len(text)
        elif parameters is not None:
            rendition = _changed(rendition, parameters)
        elif to_line is not None:
            line, column = int(to_line), int(to_column)
            moved = True
        else:
            line, column = line + 1, 1
    return runs, (line, column) if moved else None


def _cells(text: str, rendition: Rendition) -> list[Cell | None]:
    """A run's cells as they are seen: a space without effects has no foreground."""
    if " " not in text or rendition.effects:
        return [(character, rendition) for character in text]
    blank = _blank(rendition.background)
    return [(character, blank if character == " " else rendition) for character in text]


@lru_cache(maxsize=4096)
def _blank(background: str) -> Rendition:
    return Rendition("", background)


@lru_cache(maxsize=8192)
def _changed(rendition: Rendition, parameters: str) -> Rendition:
    """The rendition after a control sequence with these parameters."""
    foreground, background, effects = rendition
    codes = iter(parameters.split(";"))
    for code in codes:
        if code in ("", "0"):
            foreground, background, effects = _PLAIN
        elif code == "38" or re.fullmatch("3[0-79]|9[0-7]", code):
            foreground = _color(code, codes)
        elif code == "48" or re.fullmatch("4[0-79]|10[0-7]", code):
            background = _color(code, codes)
        else:
            effects = (*effects, _color(code, codes) if code == "58" else code)
    return Rendition(foreground, background, effects)


def _color(code: str, codes: Iterator[str]) -> str:
    """The whole of a colour: its code, then 5 and an index, or 2 and red, green and blue."""
    if code in ("39", "49"):
        return ""
    if code not in ("38", "48", "58"):
        return code
    kind = next(codes, "")
    return ";".join((code, kind, *islice(codes, 1 if kind == "5" else 3)))


@lru_cache(maxsize=16384)
def _step(told: Rendition, wanted: Rendition) -> str:
    """What leads from one rendition to another, in the fewest bytes."""
    if told == wanted:
        return ""
    if wanted == _PLAIN:
        return "\x1b[m"
    ways = [["0", *wanted.effects, wanted.foreground, wanted.background]]
    if told.effects == wanted.effects[: len(told.effects)]:
        changes = [*wanted.effects[len(told.effects) :]]
        if told.foreground != wanted.foreground:
            changes.append(wanted.foreground or "39")
        if told.background != wanted.background:
            changes.append(wanted.background or "49")
        ways.append(changes)
    return "\x1b[" + min((";".join(filter(None, way)) for way in ways), key=len) + "m"
