"""The list of all sessions, what is known of the one under the cursor, and what to do with them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from tui.preferences import Preferences
from tui.session_list.actions import key
from tui.session_list.columns import shown_columns
from tui.session_list.filtering import Filter, parse_filter
from tui.session_list.preview import SessionPreview
from tui.session_list.table_rows import SessionRows, table_heads
from tui.text import encodable, loss_text, one_line
from tui.widgets.key_line import KeyLine
from tui.widgets.session_table import SessionTable

_TICK_SECONDS = 1.0
_AGE_SECONDS = 20.0
_WIDE = 90
# Rows of the table and of the preview, which shares what the table leaves.
_LEAST_ROWS, _ROOM_TO_GROW = 6, 2
_LEAST_PREVIEW, _PREVIEW_SHARE = 9, 0.4


class SessionsScreen(SessionRows):
    """All sessions. Cursor, selection, sort and filter stay as they are when sessions change."""

    TERMS = ("loss", "nats", "latent_dim", "epoch", "session")
    BINDINGS: ClassVar[list[BindingType]] = [
        # With priority, so that what is typed right after it goes into the filter.
        key("slash", "filter", "Filter", "Filter the list", show=True, priority=True),
        key("space", "select", "Select", "Select or deselect this session"),
        key("a", "select_all", "All", "Select all sessions, or none"),
        key("escape", "leave_filter", "Clear", "Show all sessions again"),
        key("q", "app.quit", "Quit", "Quit; runs continue", show=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-close"), (100, "-open"), (150, "-roomy")]
        self._filter = Filter()
        self._refreshed = 0.0
        self._admitted = 0
        self._shared = (0, 0, False)
        self._offered = (True, 2, False)

    def compose(self) -> ComposeResult:
        """Head, filter, table beside or above the preview, keys."""
        yield Static(id="sessions-head")
        with Horizontal(id="filter-bar"):
            yield Static("filter", id="filter-label")
            yield Input(
                placeholder="d=2 loss<145 status=completed tag:paper", id="filter", compact=True
            )
            yield Static(id="filter-problem")
        with Container(id="sessions-body"):
            with Container(id="sessions-list"):
                heads = table_heads(shown_columns(self.app.size.width, live=False))
                yield SessionTable(heads, id="sessions-table")
                yield Static(id="sessions-empty")
            yield SessionPreview(id="sessions-preview")
        yield KeyLine()

    def on_mount(self) -> None:
        """Take up the sort order of the last run, and follow the sessions."""
        self._show_filter_bar(False)
        self.query_one(SessionTable).focus()
        self.watch(self.app, "entries", self._refresh_if_current)
        self.watch(self.app, "problem", self._refresh_if_current)
        self.watch(self.app, "preferences", self._follow_preferences)
        self._clock = self.set_interval(_TICK_SECONDS, self._tick)

    def on_screen_resume(self) -> None:
        """Catch up with what happened meanwhile."""
        self._clock.resume()
        self.refresh_rows()
        self.workbench.list_is_shown(True)

    def on_screen_suspend(self) -> None:
        """Let the app look less often while nobody sees the list."""
        self._clock.pause()
        self.workbench.list_is_shown(False)

    def terms(self) -> Mapping[str, str]:
        """The columns' words, with the values of the session under the cursor."""
        entry = self.under_cursor()
        loss = f"{loss_text(entry.loss)} nats" if entry is not None and entry.loss else ""
        d = str(entry.settings.latent_dim) if entry is not None and entry.settings else ""
        return {**super().terms(), "loss": loss, "latent_dim": d}

    def check_action(
        self,
        action: str,
        parameters: tuple[object, ...],  # noqa: ARG002 - the signature is Textual's
    ) -> bool | None:
        """Offer what has an effect; in the filter, its key is a character."""
        if self.workbench.entries is not None:
            present, shown = len(self.workbench.entries), len(self._shown)
            if action == "first":
                return not present
            if action in _NEED_ANY and not present:
                return False
            if action == "fold":
                return any(entry.sweep for entry in self._shown.values())
            if action in _NEED_SHOWN and shown < _NEED_SHOWN[action]:
                return False
        elif action in ("first", "fold"):
            return False
        # `has_focus` lags behind: keys typed ahead would still be taken for bindings.
        return action != "filter" or self.focused is not self.query_one("#filter", Input)

    def action_select(self) -> None:
        """Select the session under the cursor, or no longer."""
        self.query_one(SessionTable).toggle()
        self._show_head()

    def action_select_all(self) -> None:
        """Select all sessions of the list, or none."""
        self.query_one(SessionTable).toggle_all()
        self._show_head()

    def action_filter(self) -> None:
        """Type a filter."""
        self._show_filter_bar(True)
        # At once: `focus()` would let keys pass that were typed right after.
        self.set_focus(self.query_one("#filter", Input))

    def action_leave_filter(self) -> None:
        """From the filter back to the table; from the table show all sessions again."""
        box = self.query_one("#filter", Input)
        if not box.has_focus or not box.value:
            box.value = ""
            self._show_filter_bar(False)
        self.query_one(SessionTable).focus()

    @on(SessionTable.Highlighted)
    def _show_preview(self) -> None:
        self.query_one(SessionPreview).show(self.under_cursor())

    @on(Input.Changed, "#filter")
    def _take_filter(self, event: Input.Changed) -> None:
        """Filter as it is typed, by what can be read of it."""
        self._apply_filter(event.value)

    @on(Input.Submitted, "#filter")
    def _leave_input(self, event: Input.Submitted) -> None:
        self._show_filter_bar(bool(event.value))
        self.query_one(SessionTable).focus()

    def _apply_filter(self, text: str) -> None:
        self._filter = parse_filter(text)
        problem = one_line(self._filter.problem)
        self.query_one("#filter", Input).set_class(bool(problem), "-wrong")
        self._say("#filter-problem", Content(problem))
        self.refresh_rows()

    def _follow_preferences(self, preferences: Preferences) -> None:
        sorting = (self.sort_column, preferences.sort_reversed)
        self.query_one(SessionTable).sorted_by = sorting
        self.refresh_rows()

    def _tick(self) -> None:
        """Let times go on: those of live sessions by the second, ages by the minute."""
        live = any(entry.live for entry in self.workbench.entries or ())
        if live or time.monotonic() - self._refreshed > _AGE_SECONDS:
            self._refresh_if_current()

    def _refresh_if_current(self) -> None:
        if self.is_current:
            self.refresh_rows()

    def refresh_rows(self) -> None:
        """Show the sessions that the filter admits, as they are now."""
        entries, now = self.workbench.entries, time.time()
        if entries is None:
            return
        self._refreshed = time.monotonic()
        admitted = [entry for entry in entries if self._filter.admits(entry, now)]
        self._admitted = len(admitted)
        self.show_rows(admitted, now)
        self._show_preview()
        self._show_head()
        self._show_emptiness(len(entries))
        self._share_room()
        sweeps = any(entry.sweep for entry in self._shown.values())
        offered = (bool(entries), min(2, len(self._shown)), sweeps)
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def _show_head(self) -> None:
        entries = self.workbench.entries or ()
        live = sum(entry.live for entry in entries)
        counts = [_count(len(entries), "session")]
        if self._filter.conditions:
            counts.append(f"{self._admitted} shown")
        counts += [f"{live} running"] if live else []
        selected = len(self.chosen()) if self.query_one(SessionTable).selected else 0
        counts += [f"{selected} selected"] if selected else []
        folder = _home_relative(self.workbench.store.root)
        head = Content.assemble(
            ("vae", "bold"), "  ", ", ".join(counts), "  ", (folder, "$text-muted")
        )
        self._say("#sessions-head", head)

    def _show_emptiness(self, total: int) -> None:
        """Say why there is nothing to see, and what to press."""
        said = ""
        if self.workbench.problem:
            said = one_line(self.workbench.problem)
        elif total and not self._shown:
            said = "No session meets the filter.\n\nEsc shows all of them again."
        self._say("#sessions-empty", Content(said))
        self.query_one("#sessions-empty").display = bool(said)
        self._welcome(not total and not said)
        self.query_one(SessionPreview).display = bool(self._shown)

    def _share_room(self) -> None:
        """Give the preview the rows that the table does not need."""
        room = self.query_one("#sessions-body").size.height
        wanted = max(_LEAST_ROWS, len(self._shown) + _ROOM_TO_GROW)
        height = max(min(wanted, room - max(_LEAST_PREVIEW, int(room * _PREVIEW_SHARE))), 1)
        box = self.query_one("#sessions-list")
        wanted_height = (room, height, bool(self._shown))
        if room and wanted_height != self._shared:
            self._shared = wanted_height
            box.styles.height = height if self._shown else "1fr"

    def on_resize(self, event: events.Resize) -> None:
        """Share the room anew, and show the columns that have room."""
        self.query_one(KeyLine).compact = event.size.width < _WIDE
        self.call_after_refresh(self.refresh_rows)

    def _welcome(self, wanted: bool) -> None:
        """Greet whoever has no session yet, or no longer."""
        there = self.query("#welcome")
        if wanted and not there:
            from tui.session_list.welcome import Welcome

            self.query_one("#sessions-list").mount(
                Welcome(_home_relative(self.workbench.store.root))
            )
        elif there and not wanted:
            there.remove()

    def _say(self, where: str, words: Content) -> None:
        """Update a Static, but only if it shows something else: it would be sent again."""
        static = self.query_one(where, Static)
        if static.content != words:
            static.update(words)

    def _show_filter_bar(self, visible: bool) -> None:
        self.query_one("#filter-bar").display = visible


# Actions that do nothing without a session, and those that need so many in the list.
_NEED_ANY = {"filter", "leave_filter", "sort_next", "sort_reverse", "sort_by"}
_NEED_SHOWN = {
    **dict.fromkeys(("open", "generate", "resume", "extend", "fork", "rename", "tag", "note"), 1),
    **dict.fromkeys(("export", "delete", "select", "select_all"), 1),
    "compare": 2,
}


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def _home_relative(path: Path) -> str:
    shown = f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)
    return one_line(encodable(shown))
