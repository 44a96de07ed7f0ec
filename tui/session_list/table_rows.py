"""The rows of the list of sessions: sorted, folded by sweep, with curves where there is room."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from tui.catalogue import Entry
from tui.session_list.actions import SessionActions, key
from tui.session_list.columns import COLUMN_IDS, COLUMNS, CURVE, Column, shown_columns
from tui.session_list.curve_texts import CurveTexts
from tui.session_list.rows import best_trial, folded_rows
from tui.status import LOOKS
from tui.widgets.session_table import SessionTable
from tui.widgets.table_layout import Head, Row
from vae_engine.errors import EngineError
from vae_engine.sessions.session import Session

_SORT_KEYS = Binding.Group("Sort by a column; again: the other way round")
# Scrolling reads nothing: only what is looked at for a moment.
_REST_SECONDS = 0.2


class SessionRows(SessionActions):
    """A screen with the table of sessions; a sweep is one row, or also those of its trials."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("z", "fold", "Fold", "List a sweep's trials, or fold them", show=True),
        key("o", "sort_next", "Sort", "Sort by the next column"),
        key("O", "sort_reverse", "Reverse", "Reverse the sort order"),
        *(
            key(
                str(at % 10),
                f"sort_by('{column.id}')",
                f"Sort by {column.title}",
                f"Sort by {column.title}",
                group=_SORT_KEYS,
            )
            for at, column in enumerate(COLUMNS, 1)
            if column.sorts
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._shown: dict[str, Entry] = {}
        self._unfolded: set[str] = set()
        self._curves = CurveTexts()
        self._columns: tuple[Column, ...] = ()

    def refresh_rows(self) -> None:
        """Show the sessions as they are now."""
        raise NotImplementedError

    def under_cursor(self) -> Entry | None:
        """The session or sweep under the cursor."""
        return self._shown.get(self.query_one(SessionTable).cursor_key or "")

    def current(self) -> Entry | None:
        """The session under the cursor; None, and a word of why, on a sweep."""
        entry = self.under_cursor()
        if entry is not None and entry.trials:
            self.notify("This is a sweep: Enter opens it, z lists its trials.")
            return None
        return entry

    def chosen(self) -> list[Entry]:
        """The selected sessions in the order of the list, else the current one; no sweeps.

        A sweep stands for its trials.
        """
        table = self.query_one(SessionTable)
        rows = [self._shown[key] for key in table.keys if key in table.selected]
        rows = rows or [entry for entry in [self.under_cursor()] if entry is not None]
        sessions = [one for row in rows for one in (row.trials or (row,))]
        return list({one.id: one for one in sessions}.values())

    def opened_session(self) -> Session | None:
        """The session under the cursor, of a sweep the best trial, opened."""
        entry = self.under_cursor()
        if entry is None or not entry.trials:
            return super().opened_session()
        try:
            return Session(best_trial(entry).folder)
        except EngineError as error:
            self._complain(error)
            return None

    def action_open(self) -> None:
        """Open the dashboard, or the sweep."""
        entry = self.under_cursor()
        if entry is None or not entry.trials or entry.sweep is None:
            super().action_open()
            return
        from vae_engine.sweeps.store import SweepStore

        try:
            sweep = SweepStore(self.workbench.store).find(entry.sweep.id)
        except EngineError as error:
            self._complain(error)
        else:
            self.workbench.open_sweep(sweep)

    def action_fork(self) -> None:
        """Open the form with the settings of the session, not of a sweep."""
        if self.current() is not None:
            super().action_fork()

    def action_fold(self) -> None:
        """List the trials of the sweep under the cursor, or fold them again."""
        entry = self.under_cursor()
        if entry is None or entry.sweep is None:
            self.notify("Only a sweep folds: it stands for its trials.")
            return
        self._unfolded ^= {entry.sweep.id}
        self.refresh_rows()
        if not entry.trials:
            self.query_one(SessionTable).put_cursor(f"{entry.sweep.id}/")

    def action_sort_by(self, column: str) -> None:
        """Sort by a column; the other way round if it is sorted by it already."""
        preferences = self.workbench.preferences
        reverse = preferences.sort == column and not preferences.sort_reversed
        self.workbench.remember(sort=column, sort_reversed=reverse)

    def action_sort_next(self) -> None:
        """Sort by the next column."""
        at = COLUMN_IDS.index(self.sort_column) + 1
        self.workbench.remember(sort=COLUMN_IDS[at % len(COLUMN_IDS)], sort_reversed=False)

    def action_sort_reverse(self) -> None:
        """Reverse the sort order."""
        self.workbench.remember(sort_reversed=not self.workbench.preferences.sort_reversed)

    @property
    def sort_column(self) -> str:
        """Id of the column by which the list is sorted."""
        column = self.workbench.preferences.sort
        return column if column in COLUMN_IDS else "age"

    def show_rows(self, entries: Sequence[Entry], now: float) -> None:
        """Fold, sort and show these sessions, as they are at `now`."""
        rows = folded_rows(
            entries,
            self.sort_column,
            reverse=self.workbench.preferences.sort_reversed,
            unfolded=self._unfolded,
        )
        self._shown = {entry.id: entry for entry in rows}
        table = self.query_one(SessionTable)
        self._columns = shown_columns(self.size.width, live=any(one.live for one in rows))
        curves = self._curves.texts(rows)
        table.show(
            [_row(entry, now, self._columns, curves) for entry in rows],
            heads=table_heads(self._columns),
        )
        self._want_curves()

    @on(SessionTable.HeadClicked)
    def _sort_clicked(self, message: SessionTable.HeadClicked) -> None:
        if message.id in COLUMN_IDS:
            self.action_sort_by(message.id)

    @on(SessionTable.Opened)
    def _open_clicked(self) -> None:
        self.action_open()

    def _want_curves(self) -> None:
        """Have the curves read of the rows in view, where there is a column for them."""
        if not any(column.id == CURVE for column in self._columns):
            return
        table = self.query_one(SessionTable)
        top = int(table.scroll_offset.y)
        keys = table.keys[top : top + table.size.height]
        missing = self._curves.missing(self._shown[key] for key in keys)
        if missing:
            self._read_curves(missing)

    @work(exclusive=True, group="curves")
    async def _read_curves(self, entries: Sequence[Entry]) -> None:
        await asyncio.sleep(_REST_SECONDS)
        from tui.rendering.palettes import ColorDepth
        from tui.widgets.display import app_depth

        ascii_only = app_depth(self.app) is ColorDepth.ASCII
        await asyncio.to_thread(self._curves.read, entries, ascii_only=ascii_only)
        if self.is_attached:
            self.refresh_rows()


def table_heads(columns: Sequence[Column]) -> list[Head]:
    """The heads of these columns; the name takes what the others leave."""
    return [
        Head(column.id, column.title, column.align, flexible=column.id == "name")
        for column in columns
    ]


def _row(entry: Entry, now: float, columns: Sequence[Column], curves: Mapping[str, str]) -> Row:
    cells = tuple(
        curves.get(entry.id, "") if column.id == CURVE else column.text(entry, now)
        for column in columns
    )
    return Row(entry.id, cells, LOOKS[entry.status].tone)
