"""Screen with the list of sweeps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from tui.polling import Poller
from tui.screen import Keys, WorkbenchScreen
from tui.status import STATUS_STYLES, with_glyph
from tui.sweeps.actions import SweepActions
from tui.sweeps.catalogue import SweepCatalogue, SweepEntry
from tui.text import age_text, encodable, one_line
from tui.widgets.key_line import KeyLine
from tui.widgets.session_table import SessionTable
from tui.widgets.table_layout import Head, Row
from vae_engine.errors import SessionError
from vae_engine.sessions.store import SessionStore
from vae_engine.sweeps.store import Sweep, SweepStore

_HEADS = (
    Head("status", "status"),
    Head("name", "name", flexible=True),
    Head("trials", "trials", "right"),
    Head("failed", "failed", "right"),
    Head("age", "age", "right"),
)


key = Keys("sweeps")


_NEED_ANY = ("open", "stop", "resume")


class SweepsScreen(WorkbenchScreen):
    """Lists all sweeps; running ones update live."""

    CSS_PATH = "list_screen.tcss"
    TERMS = ("session", "seed")
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "open", "Open", "Open the sweep: its trials, curves and results", show=True),
        key("n", "new", "New", "Train a new sweep", show=True),
        key("x", "stop", "Stop", "Stop the sweep, its trials after a checkpoint", show=True),
        key("r", "resume", "Resume", "Resume the unfinished trials", show=True),
        key("escape", "dismiss", "Back", "Back to the sessions", show=True),
    ]

    def __init__(self, store: SessionStore) -> None:
        super().__init__()
        self._store = store
        self._catalogue = SweepCatalogue(SweepStore(store))
        self._entries: dict[str, SweepEntry] = {}
        self._poller = Poller(self, self._read)
        self._actions = SweepActions(self, self._poller.poll_now)

    def compose(self) -> ComposeResult:
        """Compose header, table, details of the sweep under the cursor, and footer."""
        yield Static(Content.assemble(("sweeps", "bold")), id="sweeps-head")
        with Container(id="sweeps-list"):
            yield SessionTable(_HEADS, id="sweeps-table")
            yield Static(id="sweeps-empty")
        yield Static(id="sweeps-detail")
        yield KeyLine()

    def on_mount(self) -> None:
        """Start polling the sweeps."""
        self.query_one(SessionTable).focus()
        self._poller.follow()

    def on_screen_resume(self) -> None:
        """Poll now."""
        self._poller.poll_now()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable what acts on a sweep where there is none."""
        if action in _NEED_ANY and not self._entries:
            return False
        return super().check_action(action, parameters)

    def _current_sweep(self) -> Sweep | None:
        """Return the sweep under the cursor, None if there is none or it is damaged."""
        entry = self._current()
        if entry is not None and entry.sweep is None:
            self.notify(entry.problem, severity="error", markup=False)
        return entry.sweep if entry is not None else None

    @on(SessionTable.Opened)
    def action_open(self) -> None:
        """Open the sweep under the cursor."""
        if sweep := self._current_sweep():
            self.workbench.open_sweep(sweep)

    def action_stop(self) -> None:
        """Stop the sweep, after a confirmation."""
        if sweep := self._current_sweep():
            self._actions.stop(sweep)

    def action_resume(self) -> None:
        """Resume the unfinished trials, after a confirmation."""
        if sweep := self._current_sweep():
            self._actions.resume(sweep)

    def action_new(self) -> None:
        """Open the form with the settings of a sweep."""
        self.workbench.open_new_sweep()

    @on(SessionTable.Highlighted)
    def _show_detail(self) -> None:
        entry = self._current()
        text = "" if entry is None else entry.problem or f"{entry.varied}\n{entry.id}"
        self._say("#sweeps-detail", Content(text))

    def _current(self) -> SweepEntry | None:
        return self._entries.get(self.query_one(SessionTable).cursor_key or "")

    async def _read(self) -> None:
        """Read and show the list."""
        problem, entries = "", []
        try:
            entries = await asyncio.to_thread(self._catalogue.scan)
        except SessionError as error:
            problem = one_line(str(error))
        before, self._entries = self._entries, {entry.id: entry for entry in entries}
        if bool(before) != bool(entries):
            self.refresh_bindings()
        self.query_one(SessionTable).show([_row(entry) for entry in entries])
        self._show_detail()
        running = sum(entry.status == "running" for entry in entries)
        counts = "1 sweep" if len(entries) == 1 else f"{len(entries)} sweeps"
        text = f"{counts}, {running} running" if running else counts
        self._say("#sweeps-head", Content.assemble(("sweeps", "bold"), "  ", text))
        self._show_emptiness(entries, problem)

    def _show_emptiness(self, entries: Sequence[SweepEntry], problem: str) -> None:
        """Explain why the list is empty, and what to press."""
        folder = one_line(encodable(str(self._store.root)))
        text = "" if entries else problem or f"No sweeps in {folder} yet.\n\n{_GREETING}"
        self._say("#sweeps-empty", Content(text))
        self.query_one("#sweeps-empty").display = bool(text)

    def _say(self, where: str, words: Content) -> None:
        static = self.query_one(where, Static)
        if static.content != words:
            static.update(words, layout=False)  # Each has a fixed height.


_GREETING = (
    "A sweep trains a grid of settings and seeds and compares the results.\n"
    "Press n for a new one, or type `vae sweep run --latent-dim 2,8,16 --seeds 3` in a shell."
)


def _row(entry: SweepEntry) -> Row:
    status = with_glyph(entry.status)
    cells: tuple[str, ...] = (status, entry.name, "", "", "")
    if entry.sweep is not None:
        done = f"{entry.finished}/{entry.trials}"
        cells = (status, entry.name, done, str(entry.failed or ""), _age(entry.created))
    return Row(entry.id, cells, STATUS_STYLES[entry.status].tone)


def _age(created: float) -> str:
    return age_text(created) if time.time() - created >= 60 else "now"
