"""Write runs of cells to a terminal with as few moves and styles as possible."""

from __future__ import annotations

from tui.terminal.wire_frames import PLAIN, Rendition, inverted

Cursor = tuple[int, int]
"""Line and column."""

_NOWHERE = (-1, -1)


class Pen:
    """Writes runs, with moves and styles only if they change."""

    def __init__(self, place: Cursor | None) -> None:
        self._pieces: list[str] = []
        self._line, self._column = place or _NOWHERE
        self._rendition = PLAIN
        self._foreground, self._background = "", ""
        self._effects: tuple[str, ...] = ()

    @property
    def place(self) -> Cursor:
        """Position of the terminal's cursor."""
        return self._line, self._column

    def lose_place(self) -> None:
        """Mark the cursor's position as unknown."""
        self._line, self._column = _NOWHERE

    def write(
        self, line: int, column: int, text: str, rendition: Rendition, width: int | None = None
    ) -> None:
        """Write characters of one style at a position."""
        if column != self._column or line != self._line:
            self._move(line, column)
        if rendition is not self._rendition:
            turned = inverted(text, rendition)
            if turned is not None and self._changes(turned[1]) < self._changes(rendition):
                text, rendition = turned
            self._style(rendition)
        self._pieces.append(text)
        self._column = column + (len(text) if width is None else width)

    def end(self, line: int, column: int) -> None:
        """Move the cursor to its final position, and reset the style."""
        if self._foreground or self._background or self._effects:
            self._pieces.append("\x1b[m")
        if column != self._column or line != self._line:
            self._move(line, column)

    def written(self) -> str:
        """Return everything written."""
        return "".join(self._pieces)

    def _move(self, line: int, column: int) -> None:
        if line == self._line and column > self._column:
            self._pieces.append(f"\x1b[{column - self._column}C")
        else:
            self._pieces.append(f"\x1b[{line + 1};{column + 1}H")
        self._line, self._column = line, column

    def _changes(self, wanted: Rendition) -> int:
        """Count the colours that would have to be set."""
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
