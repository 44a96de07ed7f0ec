"""Widget with the grid of a sweep's trials, which fills as they run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.rendering.runs import Line
from tui.rendering.series import number_text
from tui.sweeps.grid import Cell, TrialTable
from tui.sweeps.toned_lines import SWATCH, TonedLines, first_shown
from tui.text import fitted
from tui.widgets.cursor_keys import CURSOR_KEYS

_GAP = 2
# Around the cell under the cursor, so that it is visible without colours.
_LEFT, _RIGHT = "›", " "


class TrialGrid(TonedLines, can_focus=True):
    """Rows of settings, columns of seeds, with a cursor on one trial.

    The grid scrolls with the cursor.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *CURSOR_KEYS,
        Binding("G", "end(-1)", "Last", show=False),
    ]

    class Moved(Message):
        """Posted when another trial is under the cursor."""

        def can_replace(self, message: Message) -> bool:
            """Keep only the latest message."""
            return isinstance(message, TrialGrid.Moved)

    @dataclass
    class Opened(Message):
        """Posted when a trial is double-clicked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._table = TrialTable()
        self._row, self._column = 0, 0
        self._top, self._left = 0, 0

    @property
    def row(self) -> int:
        """Row under the cursor."""
        return self._row

    @property
    def current(self) -> int | None:
        """Index of the trial under the cursor, None if there is none."""
        rows = self._table.rows
        return rows[self._row].trials[self._column] if rows else None

    @property
    def lines_wanted(self) -> int:
        """Height of the whole grid in lines."""
        return len(self._table.rows) + 1

    def show(self, table: TrialTable) -> None:
        """Show trials; the cursor stays on its trial."""
        self._table = table
        self._put(self._row, self._column)

    def action_move(self, across: int, down: int) -> None:
        """Move the cursor to a neighbour; it stays at the edge."""
        self._put(self._row + down, self._column + across)

    def action_page(self, direction: int) -> None:
        """Move the cursor by one page."""
        self._put(self._row + direction * max(1, self.size.height - 1), self._column)

    def action_end(self, index: int) -> None:
        """Move the cursor to the first or the last trial."""
        if rows := self._table.rows:
            row = index % len(rows)
            self._put(row, index % len(rows[row].trials))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the click; a double click opens the trial."""
        row = self._top + event.y - 1
        label, width = self._widths()
        column = self._left + (event.x - label) // width
        if event.y < 1 or event.x < label or row >= len(self._table.rows):
            return
        if column < len(self._table.rows[row].trials):
            self._put(row, column)
            if event.chain == 2:
                self.post_message(self.Opened())

    def draw(self) -> None:
        """Draw the visible part."""
        width, height = self.size
        table = self._table
        if not width or not height or not table.rows or not self.is_attached:
            self.set_lines([])
            return
        label, cell = self._widths()
        across = max(1, (width - label) // cell)
        self._top = first_shown(self._top, self._row, len(table.rows), height - 1)
        self._left = first_shown(self._left, self._column, len(table.seeds), across)
        lines = [self._head(label, cell, across)]
        lines += [
            self._line(row, label, cell, across)
            for row in range(self._top, min(len(table.rows), self._top + height - 1))
        ]
        self.set_lines(lines)

    def _put(self, row: int, column: int) -> None:
        rows = self._table.rows
        if rows:
            row = min(max(0, row), len(rows) - 1)
            column = min(max(0, column), len(rows[row].trials) - 1)
        moved = (row, column) != (self._row, self._column)
        self._row, self._column = row, column
        self.draw()
        if moved:
            self.post_message(self.Moved())

    def _values(self) -> list[int]:
        """Return the widths of the columns with the settings' values."""
        table = self._table
        return [
            max(cell_len(name), *(cell_len(row.values[at]) for row in table.rows))
            for at, name in enumerate(table.names)
        ]

    def _widths(self) -> tuple[int, int]:
        """Return the width of the labels, and of one trial."""
        table = self._table
        label = SWATCH + sum(width + _GAP for width in self._values())
        cells = [cell_len(_text(cell)) for row in table.cells for cell in row]
        widest = max([*cells, *(cell_len(seed) for seed in table.seeds), 1])
        return min(label, max(SWATCH, self.size.width // 2)), widest + 2 + _GAP

    def _head(self, label: int, cell: int, across: int) -> Line:
        style = self.get_component_rich_style("toned--head")
        values = zip(self._table.names, self._values(), strict=True)
        text = " " * SWATCH + "".join(fitted(n, w, "right") + " " * _GAP for n, w in values)
        seeds = self._table.seeds[self._left : self._left + across]
        text = fitted(text, label) + "".join(fitted(f" {seed}", cell) for seed in seeds)
        width = self.size.width
        rest = len(self._table.seeds) - self._left - len(seeds)
        more = f"{self._left + len(seeds)} of {len(self._table.seeds)} " if rest else ""
        if more and len(text.rstrip()) + len(more) < width:
            text = fitted(text, width - len(more)) + more
        return [Segment(fitted(text, width), style)]

    def _line(self, row: int, label: int, cell: int, across: int) -> Line:
        one = self._table.rows[row]
        values = zip(one.values, self._values(), strict=True)
        text = "".join(fitted(value, w, "right") + " " * _GAP for value, w in values)
        here = row == self._row
        line = [
            self.swatch(one.tone),
            Segment(fitted(text, label - SWATCH), Style(bold=True) if here else Style.null()),
        ]
        shown = self._table.cells[row][self._left : self._left + across]
        for column, found in enumerate(shown, self._left):
            chosen = here and column == self._column
            style = self.heat_style(found.heat) + self.tone_style(found.tone, current=chosen)
            mark = _LEFT if chosen else " "
            line.append(Segment(mark + fitted(_text(found), cell - 2 - _GAP) + _RIGHT, style))
            line.append(Segment(" " * _GAP))
        return line


def _text(cell: Cell) -> str:
    """Format status, epoch and result of a trial."""
    return cell.text if cell.metric is None else f"{cell.text}  {number_text(cell.metric)}"
