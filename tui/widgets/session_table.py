"""Table of sessions, with any number of rows; sends only changed lines.

Textual's DataTable redraws and resends everything when one cell changes; here, an update of the
duration in one row sends 0.25 KiB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.status import tone_classes, tone_rules
from tui.widgets.table_layout import MARK, Head, Row, TableLayout, lay_out


class SessionTable(ScrollView, can_focus=True):
    """Shows rows with a cursor and a selection, which stay on their rows when the rows change.

    Attributes:
        cursor: index of the row under the cursor.
        selected: keys of the selected rows.
        sorted_by: id of the column by which the rows are sorted, and whether in reverse.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", id="table.up", show=False),
        Binding("down,j", "move(1)", "Down", id="table.down", show=False),
        Binding("pageup", "page(-1)", "Page up", id="table.page-up", show=False),
        Binding("pagedown", "page(1)", "Page down", id="table.page-down", show=False),
        Binding("home", "first", "First", id="table.first", show=False),
        Binding("end,G", "last", "Last", id="table.last", show=False),
        Binding("left,h", "scroll_left", "Left", id="table.left", show=False),
        Binding("right,l", "scroll_right", "Right", id="table.right", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--head",
        "table--sorted",
        "table--cursor",
        "table--mark",
        *tone_classes("table"),
    }
    DEFAULT_CSS = """
    SessionTable {
        height: 1fr;
        overflow-x: auto;
        scrollbar-gutter: stable;
        & > .table--head { color: $text-muted; background: $panel; }
        & > .table--sorted { color: $foreground; background: $panel; text-style: bold; }
        & > .table--cursor { background: $surface; }
        &:focus > .table--cursor { background: $primary-muted; }
        & > .table--mark { color: $text-accent; text-style: bold; }
    }
    """ + tone_rules("SessionTable", "table")

    cursor: reactive[int] = reactive(0, repaint=False)
    selected: reactive[frozenset[str]] = reactive(frozenset(), repaint=False)
    sorted_by: reactive[tuple[str, bool]] = reactive(("", False), repaint=False)

    @dataclass
    class Highlighted(Message):
        """Posted when another row, or None without rows, is under the cursor."""

        key: str | None

        def can_replace(self, message: Message) -> bool:
            """Keep only the latest message."""
            return isinstance(message, SessionTable.Highlighted)

    @dataclass
    class Opened(Message):
        """Posted when a row is double-clicked."""

        key: str

    @dataclass
    class HeadClicked(Message):
        """Posted when the header of a column is clicked."""

        id: str

    def __init__(self, heads: Sequence[Head], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._heads = tuple(heads)
        self._rows: tuple[Row, ...] = ()
        self._columns = lay_out(self._heads, (), 0)
        self._highlighted: str | None = None

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    @property
    def cursor_key(self) -> str | None:
        """Key of the row under the cursor, None without rows."""
        return self._rows[self.cursor].key if self._rows else None

    @property
    def keys(self) -> list[str]:
        """Keys of all rows, from the top."""
        return [row.key for row in self._rows]

    def cell_texts(self, key: str) -> tuple[str, ...]:
        """Return the full texts of a row.

        Raises:
            KeyError: the row does not exist.
        """
        for row in self._rows:
            if row.key == key:
                return row.cells
        raise KeyError(key)

    def show(self, rows: Sequence[Row], *, heads: Sequence[Head] | None = None) -> None:
        """Show rows, and other headers if given.

        Cursor and selection stay with their rows.
        """
        if heads is not None and tuple(heads) != self._heads:
            self._heads = tuple(heads)
            self._columns = TableLayout()
        before, self._rows = self._rows, tuple(rows)
        key = before[self.cursor].key if before else None
        keys = self.keys
        at = keys.index(key) if key in keys else min(self.cursor, max(0, len(rows) - 1))
        offset = self.cursor - self.scroll_offset.y
        if not self._lay_out() and len(before) == len(rows):
            for index, (old, new) in enumerate(zip(before, rows, strict=True)):
                if old != new:
                    self.refresh_line(index + 1)
        if at != self.cursor:
            self.cursor = at
            self.scroll_to(y=at - offset, animate=False)
        self.selected = self.selected & frozenset(keys)
        self._tell()

    def put_cursor(self, key: str) -> None:
        """Move the cursor to a row, if it exists."""
        if key in self.keys:
            self.cursor = self.keys.index(key)

    def toggle(self) -> None:
        """Toggle the selection of the row under the cursor, and move to the next."""
        if self.cursor_key is not None:
            self.selected = self.selected ^ {self.cursor_key}
            self.action_move(1)

    def toggle_all(self) -> None:
        """Select all rows, or none if all are selected."""
        everything = frozenset(self.keys)
        self.selected = frozenset() if self.selected == everything else everything

    def action_move(self, by: int) -> None:
        """Move the cursor by rows."""
        self.cursor = self.cursor + by

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self.cursor = self.cursor + direction * max(1, self.size.height - 2)

    def action_first(self) -> None:
        """Go to the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """Go to the last row."""
        self.cursor = len(self._rows) - 1

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(cursor, len(self._rows) - 1))

    def watch_cursor(self, before: int, now: int) -> None:
        """Redraw both rows, and keep the cursor in view."""
        self.refresh_line(before + 1)
        self.refresh_line(now + 1)
        top, room = self.scroll_offset.y, self.size.height - 1
        if now < top:
            self.scroll_to(y=now, animate=False)
        elif room > 0 and now >= top + room:
            self.scroll_to(y=now - room + 1, animate=False)
        self._tell()

    def watch_selected(self, before: frozenset[str], now: frozenset[str]) -> None:
        """Redraw the rows whose mark changed."""
        changed = before ^ now
        for index, row in enumerate(self._rows):
            if row.key in changed:
                self.refresh_line(index + 1)

    def watch_sorted_by(self) -> None:
        """Redraw the header."""
        self.refresh()

    def on_resize(self) -> None:
        """Give the flexible column its new width."""
        self._lay_out()
        self.watch_cursor(self.cursor, self.cursor)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the click; a double click opens the row."""
        if event.y == 0:
            column = self._columns.column_at(event.x + self.scroll_offset.x)
            if column is not None:
                self.post_message(self.HeadClicked(self._heads[column].id))
            return
        index = self.scroll_offset.y + event.y - 1
        if 0 <= index < len(self._rows):
            self.cursor = index
            if event.chain == 2:
                self.post_message(self.Opened(self._rows[index].key))

    def render_line(self, y: int) -> Strip:
        """Render the header or a row."""
        index = self.scroll_offset.y + y - 1
        if y and index >= len(self._rows):
            return Strip.blank(self._width, self.rich_style)
        strip = self._row_strip(index) if y else self._head_strip()
        left = self.scroll_offset.x
        return strip.crop(left, left + self._width)

    def refresh_line(self, y: int) -> None:
        """Redraw a line of the content if it is in view."""
        visible = y - self.scroll_offset.y
        if 1 <= visible < self.size.height:
            self.refresh(Region(0, visible, self._width, 1))

    def _tell(self) -> None:
        if self.cursor_key != self._highlighted:
            self._highlighted = self.cursor_key
            self.post_message(self.Highlighted(self.cursor_key))

    def _lay_out(self) -> bool:
        """Set the widths of the columns; returns whether everything must be redrawn."""
        layout = lay_out(self._heads, self._rows, self._width)
        size = Size(max(layout.width, self._width), len(self._rows) + 1)
        if layout == self._columns and size == self.virtual_size:
            return False
        self._columns, self.virtual_size = layout, size
        self.refresh()
        return True

    def _head_strip(self) -> Strip:
        plain, strong = (
            self.get_component_rich_style(name) for name in ("table--head", "table--sorted")
        )
        column, reverse = self.sorted_by
        segments = [Segment(" " * MARK, plain)]
        for at, head in enumerate(self._heads):
            here = head.id == column
            title = f"{head.title}{'▴' if reverse else '▾'}" if here else head.title
            text = self._columns.fit(title, at, head.align)
            segments.append(Segment(text, strong if here else plain))
        return self._filled(segments, plain)

    def _row_strip(self, index: int) -> Strip:
        row, base = self._rows[index], self.rich_style
        if index == self.cursor:
            base += self.get_component_rich_style("table--cursor", partial=True)
        mark = base + self.get_component_rich_style("table--mark", partial=True)
        # Marked by glyphs, since backgrounds may look the same in sixteen colours.
        chosen, here = row.key in self.selected, index == self.cursor
        segments = [Segment(f"{'▌' if chosen else ' '}{'›' if here else ' '} ", mark)]
        first = base + self._tone_style(row.tone)
        for at, (cell, head) in enumerate(zip(row.cells, self._heads, strict=True)):
            segments.append(Segment(self._columns.fit(cell, at, head.align), base if at else first))
        return self._filled(segments, base)

    def _filled(self, segments: list[Segment], style: Style) -> Strip:
        return Strip(segments).simplify().adjust_cell_length(self.virtual_size.width, style)

    def _tone_style(self, tone: str) -> Style:
        if not tone:
            return Style.null()
        return self.get_component_rich_style(f"table--{tone}", partial=True)
