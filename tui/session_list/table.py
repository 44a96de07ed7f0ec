"""Table of sessions: sorted, folded by sweep, with curves if there is room."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from textual.message import Message

from tui.catalogue import Entry
from tui.polling import OneAtATime
from tui.preferences import Preferences
from tui.session_list.columns import COLUMN_IDS, CURVE, SessionColumn, shown_columns
from tui.session_list.curve_texts import CurveTexts
from tui.session_list.rows import folded_rows
from tui.status import STATUS_STYLES
from tui.widgets.session_table import SessionTable
from tui.widgets.table_layout import Head, Row

# Curves are read only once scrolling has stopped.
_REST_SECONDS = 0.2


def sort_column(preferences: Preferences) -> str:
    """Return the id of the column by which the list is sorted."""
    column = preferences.sort
    return column if column in COLUMN_IDS else "age"


class SessionRows(SessionTable):
    """Lists sessions; a sweep is one row, followed by its trials if unfolded.

    Attributes:
        entries: sessions and sweeps by the keys of their rows.
    """

    class CurvesRead(Message):
        """Posted when new curves were read."""

    def __init__(self, width: int, *, id: str) -> None:
        """Make an empty table for a terminal of this many columns."""
        super().__init__(_heads(shown_columns(width, live=False)), id=id)
        self.entries: dict[str, Entry] = {}
        self._unfolded: set[str] = set()
        self._curves = CurveTexts()
        self._reading = OneAtATime(self, self._read_curves, group="curves")
        self._shown_columns: tuple[SessionColumn, ...] = ()

    @property
    def has_sweeps(self) -> bool:
        """Whether any row is a sweep or one of its trials."""
        return any(entry.sweep for entry in self.entries.values())

    def under_cursor(self) -> Entry | None:
        """Session or sweep under the cursor."""
        return self.entries.get(self.cursor_key or "")

    def chosen(self) -> list[Entry]:
        """Return the selected sessions in order of the list, or else the current one.

        A sweep stands for its trials.
        """
        rows = [self.entries[key] for key in self.keys if key in self.selected]
        rows = rows or [entry for entry in [self.under_cursor()] if entry is not None]
        sessions = [one for row in rows for one in (row.trials or (row,))]
        return list({one.id: one for one in sessions}.values())

    def fold(self, entry: Entry) -> None:
        """Unfold or fold the trials of a sweep."""
        assert entry.sweep is not None
        self._unfolded ^= {entry.sweep.id}

    def show_entries(self, entries: Sequence[Entry], preferences: Preferences, now: float) -> None:
        """Fold, sort and show sessions, with ages at `now`."""
        rows = folded_rows(
            entries,
            sort_column(preferences),
            reverse=preferences.sort_reversed,
            unfolded=self._unfolded,
        )
        self.entries = {entry.id: entry for entry in rows}
        width = self.screen.size.width
        self._shown_columns = shown_columns(width, live=any(one.live for one in rows))
        curves = self._curves.texts(rows)
        self.show(
            [_row(entry, now, self._shown_columns, curves) for entry in rows],
            heads=_heads(self._shown_columns),
        )
        self._want_curves()

    def _want_curves(self) -> None:
        if self._missing_curves():
            self._reading.run()

    def _missing_curves(self) -> list[Entry]:
        """Return the visible rows whose curve is missing, if the column is shown."""
        if not any(column.id == CURVE for column in self._shown_columns):
            return []
        top = int(self.scroll_offset.y)
        keys = self.keys[top : top + self.size.height]
        return self._curves.missing(self.entries[key] for key in keys)

    async def _read_curves(self) -> None:
        await asyncio.sleep(_REST_SECONDS)
        from tui.rendering.palettes import ColorDepth
        from tui.widgets.display import app_depth

        ascii_only = app_depth(self.app) is ColorDepth.ASCII
        entries = self._missing_curves()
        await asyncio.to_thread(self._curves.read, entries, ascii_only=ascii_only)
        if self.is_attached:
            self.post_message(self.CurvesRead())


def _heads(columns: Sequence[SessionColumn]) -> list[Head]:
    """Return the headers of columns; the name takes the remaining width."""
    return [
        Head(column.id, column.title, column.align, flexible=column.id == "name")
        for column in columns
    ]


def _row(
    entry: Entry, now: float, columns: Sequence[SessionColumn], curves: Mapping[str, str]
) -> Row:
    cells = tuple(
        curves.get(entry.id, "") if column.id == CURVE else column.text(entry, now)
        for column in columns
    )
    return Row(entry.id, cells, STATUS_STYLES[entry.status].tone)
