"""Screen with the list of all sessions and a preview of the one under the cursor."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from tui.catalogue import Entry
from tui.preferences import Preferences
from tui.screen import WorkbenchScreen
from tui.session_list.actions import SessionActions
from tui.session_list.body import ListBody
from tui.session_list.columns import COLUMN_IDS
from tui.session_list.filter_bar import FilterBar
from tui.session_list.head import ListHead
from tui.session_list.keys import LIST_KEYS, ListState
from tui.session_list.preview import SessionPreview
from tui.session_list.rows import best_trial
from tui.session_list.table import SessionRows, sort_column
from tui.text import loss_text
from tui.widgets.key_line import KeyLine
from tui.widgets.session_table import SessionTable
from vae_engine.sessions.session import Session

_TICK_SECONDS = 1.0
_AGE_SECONDS = 20.0
_WIDE = 90


def _plain(do: Callable[[SessionActions], None]) -> Callable[[SessionsScreen], None]:
    """Make the action of a key."""
    return lambda screen: do(screen.actions)


def _on_current(do: Callable[[SessionActions, Entry], None]) -> Callable[[SessionsScreen], None]:
    """Make the action of a key on the session under the cursor, if there is one."""

    def act(screen: SessionsScreen) -> None:
        if entry := screen.current():
            do(screen.actions, entry)

    return act


def _on_chosen(
    do: Callable[[SessionActions, Sequence[Entry]], None],
) -> Callable[[SessionsScreen], None]:
    """Make the action of a key on the chosen sessions, if there are any."""

    def act(screen: SessionsScreen) -> None:
        if entries := screen.table.chosen():
            do(screen.actions, entries)

    return act


class SessionsScreen(WorkbenchScreen):
    """Lists all sessions; cursor, selection, sort and filter persist when sessions change."""

    TERMS = ("loss", "nats", "latent_dim", "epoch", "session")
    BINDINGS: ClassVar[list[BindingType]] = LIST_KEYS

    def __init__(self) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-close"), (100, "-open"), (150, "-roomy")]
        self.actions = SessionActions(self)
        self._refreshed = 0.0
        self._admitted = 0
        self._state = ListState()

    def compose(self) -> ComposeResult:
        """Compose header, filter, table beside or above the preview, and footer."""
        yield ListHead(id="sessions-head")
        yield FilterBar(id="filter-bar")
        yield ListBody(id="sessions-body")
        yield KeyLine()

    @property
    def table(self) -> SessionRows:
        """Return the table of sessions."""
        return self.query_one(SessionRows)

    def current(self) -> Entry | None:
        """Return the session under the cursor; on a sweep, say why not and return None."""
        entry = self.table.under_cursor()
        if entry is not None and entry.trials:
            self.notify("This is a sweep: Enter opens it, z lists its trials.")
            return None
        return entry

    def on_mount(self) -> None:
        """Restore the sort order, and start polling the sessions."""
        self.query_one(FilterBar).display = False
        self.table.focus()
        self.watch(self.app, "entries", self._refresh_if_current)
        self.watch(self.app, "problem", self._refresh_if_current)
        self.watch(self.app, "preferences", self._follow_preferences)
        self._clock = self.set_interval(_TICK_SECONDS, self._tick)

    def on_screen_resume(self) -> None:
        """Poll now."""
        self._clock.resume()
        self.refresh_rows()
        self.workbench.list_is_shown(True)

    def on_screen_suspend(self) -> None:
        """Let the app poll less often while the list is covered."""
        self._clock.pause()
        self.workbench.list_is_shown(False)

    def terms(self) -> Mapping[str, str]:
        """Return the terms of the columns, with the values of the session under the cursor."""
        entry = self.table.under_cursor()
        loss = f"{loss_text(entry.loss)} nats" if entry is not None and entry.loss else ""
        d = str(entry.settings.latent_dim) if entry is not None and entry.settings else ""
        return {**super().terms(), "loss": loss, "latent_dim": d}

    def check_action(
        self,
        action: str,
        parameters: tuple[object, ...],  # noqa: ARG002 - the signature is Textual's
    ) -> bool | None:
        """Enable the keys that have an effect; in the filter, letters are text."""
        if not self._state.allow(action, can_undo=self.actions.can_undo):
            return False
        if action == "leave_filter":
            return bool(self.query_one(FilterBar).display)
        # `has_focus` is updated late: keys typed ahead would still act as bindings.
        return action != "filter" or self.focused is not self.query_one(FilterBar).box

    def action_select(self) -> None:
        """Toggle the selection of the session under the cursor."""
        self.table.toggle()
        self._show_head()

    def action_select_all(self) -> None:
        """Select all sessions in the list, or none."""
        self.table.toggle_all()
        self._show_head()

    def action_filter(self) -> None:
        """Focus the filter."""
        self.query_one(FilterBar).open()

    def action_leave_filter(self) -> None:
        """Leave the filter; in the table, clear it."""
        self.query_one(FilterBar).clear()
        self.table.focus()

    def action_open(self) -> None:
        """Open the dashboard, or the sweep."""
        entry = self.table.under_cursor()
        if entry is None or not entry.trials or entry.sweep is None:
            if session := self._opened_session():
                self.workbench.open_dashboard(session)
        else:
            self.actions.open_sweep(entry.sweep.id)

    def action_generate(self) -> None:
        """Open the sampler; for a sweep, that of its best trial."""
        if session := self._opened_session():
            self.workbench.open_sampler(session)

    def action_browse(self) -> None:
        """Open the images of the session, of a sweep those of the best trial."""
        if session := self._opened_session():
            self.workbench.open_data_browser(session)

    def action_new(self) -> None:
        """Open the form with the defaults."""
        self.workbench.open_new_session()

    def action_sweeps(self) -> None:
        """Open the list of sweeps."""
        self.workbench.open_sweeps()

    def action_first(self, name: str) -> None:
        """Do what the welcome page offers."""
        self.action_demo() if name == "demo" else self.action_example()

    action_demo = _plain(SessionActions.demo)
    action_example = _plain(SessionActions.example)
    action_undo = _plain(SessionActions.undo)
    action_resume = _on_current(SessionActions.resume)
    action_extend = _on_current(SessionActions.extend)
    action_rename = _on_current(SessionActions.rename)
    action_note = _on_current(SessionActions.note)
    action_export = _on_current(SessionActions.export)
    action_fork = _on_current(SessionActions.fork)
    action_compare = _on_chosen(SessionActions.compare)
    action_tag = _on_chosen(SessionActions.tag)
    action_delete = _on_chosen(SessionActions.delete)

    def action_fold(self) -> None:
        """Unfold or fold the trials of the sweep under the cursor."""
        entry = self.table.under_cursor()
        if entry is None or entry.sweep is None:
            self.notify("Only sweeps can be folded.")
            return
        self.table.fold(entry)
        self.refresh_rows()
        if not entry.trials:
            self.table.put_cursor(f"{entry.sweep.id}/")

    def action_sort_by(self, column: str) -> None:
        """Sort by a column, or reverse the order if it is already sorted by it."""
        preferences = self.workbench.preferences
        reverse = preferences.sort == column and not preferences.sort_reversed
        self.workbench.remember(sort=column, sort_reversed=reverse)

    def action_sort_next(self) -> None:
        """Sort by the next column."""
        at = COLUMN_IDS.index(sort_column(self.workbench.preferences)) + 1
        self.workbench.remember(sort=COLUMN_IDS[at % len(COLUMN_IDS)], sort_reversed=False)

    def action_sort_reverse(self) -> None:
        """Reverse the sort order."""
        self.workbench.remember(sort_reversed=not self.workbench.preferences.sort_reversed)

    @on(SessionTable.HeadClicked)
    def _sort_clicked(self, message: SessionTable.HeadClicked) -> None:
        if message.id in COLUMN_IDS:
            self.action_sort_by(message.id)

    @on(SessionTable.Opened)
    def _open_clicked(self) -> None:
        self.action_open()

    @on(SessionRows.CurvesRead)
    def _show_curves(self) -> None:
        self.refresh_rows()

    def _opened_session(self) -> Session | None:
        """Open the session under the cursor; for a sweep, its best trial."""
        entry = self.table.under_cursor()
        if entry is None:
            return None
        session = best_trial(entry) if entry.trials else entry
        return self.opened_session(session.folder)

    @on(SessionTable.Highlighted)
    def _show_preview(self) -> None:
        self.query_one(SessionPreview).show(self.table.under_cursor())

    @on(Input.Changed, "#filter")
    def _take_filter(self, event: Input.Changed) -> None:
        """Filter by the part of the text that is valid."""
        self.query_one(FilterBar).read(event.value)
        self.refresh_rows()

    @on(Input.Submitted, "#filter")
    def _leave_input(self, event: Input.Submitted) -> None:
        self.query_one(FilterBar).show(bool(event.value))
        self.table.focus()

    def _follow_preferences(self, preferences: Preferences) -> None:
        self.table.sorted_by = (sort_column(preferences), preferences.sort_reversed)
        self.refresh_rows()

    def _tick(self) -> None:
        """Update the times: of live sessions every second, ages every minute."""
        live = any(entry.live for entry in self.workbench.entries or ())
        if live or time.monotonic() - self._refreshed > _AGE_SECONDS:
            self._refresh_if_current()

    def _refresh_if_current(self) -> None:
        if self.is_current:
            self.refresh_rows()

    def refresh_rows(self) -> None:
        """Show the sessions that match the filter."""
        entries, now = self.workbench.entries, time.time()
        if entries is None:
            return
        self._refreshed = time.monotonic()
        listed = self.query_one(FilterBar).filter
        admitted = [entry for entry in entries if listed.admits(entry, now)]
        self._admitted = len(admitted)
        self.table.show_entries(admitted, self.workbench.preferences, now)
        self._show_preview()
        self._show_head()
        body = self.query_one(ListBody)
        workbench = self.workbench
        body.say_why_empty(len(entries), workbench.problem, workbench.store.root)
        body.share_room()
        state = ListState(bool(entries), min(2, len(self.table.entries)), self.table.has_sweeps)
        if state != self._state:
            self._state = state
            self.refresh_bindings()

    def on_resize(self, event: events.Resize) -> None:
        """Lay out again, with the columns that fit."""
        self.query_one(KeyLine).compact = event.size.width < _WIDE
        self.call_after_refresh(self.refresh_rows)

    def _show_head(self) -> None:
        admitted = self._admitted if self.query_one(FilterBar).filter.conditions else None
        self.query_one(ListHead).show(self.workbench, self.table, admitted)
