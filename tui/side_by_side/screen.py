"""Sessions side by side: the same images, the same z, the same epoch, a column per session."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.comparison import Compared, read_compared
from tui.image_feed import ImageFeed
from tui.polling import Poller
from tui.preferences import Preferences
from tui.saving import save_in_thread
from tui.screen import WorkbenchScreen, has_widgets, run_async, run_in_thread
from tui.side_by_side.exchange import Exchange
from tui.side_by_side.keys import PAIR_KEYS
from tui.side_by_side.model import PAGE_NAMES, PAGES, ImageRows, SideBySide
from tui.side_by_side.previews import read_step
from tui.side_by_side.row_grid import RowGrid
from tui.side_by_side.saving import save_rows
from tui.side_by_side.words import figure_lines, models_line, state_line
from tui.widgets.key_line import KeyLine
from tui.widgets.page_tabs import PageTabs
from vae_engine.inspection.letters import letters_of
from vae_engine.inspection.messages import Reply
from vae_engine.sessions.session import Session


class SideBySideScreen(WorkbenchScreen):
    """Shows what the models of two or more sessions make of the same."""

    CSS_PATH = "screen.tcss"
    TERMS = ("elbo", "reconstruction_loss", "kl", "nats", "z")
    BINDINGS: ClassVar[list[BindingType]] = PAIR_KEYS

    class Told(Message):
        """A reply of the process that reads the images."""

        def __init__(self, reply: Reply) -> None:
            super().__init__()
            self.reply = reply

    def __init__(self, sessions: Sequence[Session], feed: ImageFeed) -> None:
        """Make the screen of these sessions, at least two; it follows and closes their process."""
        super().__init__()
        self.sessions = list(sessions)
        self.state = SideBySide(len(self.sessions))
        self.compared: list[Compared] = []
        self._names = [session.label.name for session in self.sessions]
        self.poller = Poller(self, self._poll)
        self._feed = feed
        self.exchange = Exchange(self.state, self._feed)

    def compose(self) -> ComposeResult:
        """Head, pages, the rows with their figures beside them, keys."""
        with Vertical(id="head"):
            yield Static(id="head-models")
            yield Static(id="head-state")
        yield PageTabs(PAGE_NAMES, id="tabs")
        yield Static(id="absent")
        with Horizontal(id="body"):
            yield RowGrid(id="rows")
            yield Static(id="figures")
        yield KeyLine()

    def on_mount(self) -> None:
        """Start the process and read the sessions."""
        self.query_one("#absent").display = False
        self.query_one(RowGrid).focus()
        self.watch(self.app, "preferences", self._take_preferences)
        self.query_one(PageTabs).show(0)
        self.poller.follow()
        run_in_thread(self, self._follow, group="feed")
        self._say()

    def on_unmount(self) -> None:
        """End the process."""
        self._feed.close()

    def on_side_by_side_screen_told(self, message: Told) -> None:
        """Take a reply."""
        if not has_widgets(self):
            return
        for said, is_error in self.exchange.take(message.reply, self.room):
            severity: Literal["error", "warning"] = "error" if is_error else "warning"
            self.notify(said, severity=severity, markup=False)
        self._refresh()

    def action_epoch(self, by: int) -> None:
        """Show another epoch of all sessions, one that was not reached holds its last."""
        if self.state.page == "epochs":
            self.state.step_previews(by)
        else:
            epoch = self.state.neighbour_epoch(by)
            if epoch != self.state.chosen_epoch:
                self.exchange.choose_epoch(epoch)
        self._refresh()

    def action_turn_split(self) -> None:
        """Show the next split, or the other kind of previews."""
        self.exchange.retry()
        self.state.turn_split()
        self._refresh()

    def action_order(self) -> None:
        """Order the images in the other way."""
        self.exchange.retry()
        self.state.order = "difference" if self.state.order == "index" else "index"
        self.state.positions["images"] = 0
        self._refresh()

    def action_draw(self, by: int) -> None:
        """Draw z of another seed."""
        self.state.seed = max(0, self.state.seed + by)
        self._refresh()

    def action_open(self) -> None:
        """Open the dashboard of the session under the cursor."""
        at = self.state.column - (self.state.page == "images")
        if session := self.opened_session(self.sessions[max(0, at)].folder):
            self.workbench.open_dashboard(session)

    def action_save(self) -> None:
        """Save the rows on the screen."""
        sheet = self.exchange.sheet
        if sheet is None or not self.is_shown() or not len(sheet.images):
            self.notify("No images are shown yet.", severity="warning")
            return
        ids, state = [session.id for session in self.sessions], replace(self.state)
        save_in_thread(self, partial(save_rows, sheet, state, ids))

    def action_turn(self, by: int) -> None:
        """Show the next or previous page."""
        self.action_open_page((PAGES.index(self.state.page) + by) % len(PAGES))

    def action_open_page(self, page: int) -> None:
        """Show a page."""
        self.state.page = PAGES[page]
        self.state.move(0, 0)
        self.query_one(PageTabs).show(page)
        self._refresh()
        self.refresh_bindings()

    def check_action(
        self,
        action: str,
        parameters: tuple[object, ...],  # noqa: ARG002 - the signature is Textual's
    ) -> bool | None:
        """Offer only what has an effect on this page."""
        page = self.state.page
        if action == "order":
            return page == "images"
        if action == "draw":
            return page == "samples"
        return action != "turn_split" or page != "samples"

    @on(PageTabs.Chosen)
    def _open_chosen(self, message: PageTabs.Chosen) -> None:
        self.action_open_page(message.page)

    @on(RowGrid.RoomChanged)
    def _fill(self) -> None:
        self._refresh()

    @on(RowGrid.Moved)
    def _move(self, event: RowGrid.Moved) -> None:
        self.state.move(event.rows, event.columns)
        self._refresh()

    @on(RowGrid.Picked)
    def _pick(self, event: RowGrid.Picked) -> None:
        if self.is_shown():
            start = self.state.rows(self.room).start
            rows = start + event.row - self.state.position
            self.state.move(rows, event.column - self.state.column)
            self._refresh()

    def _refresh(self) -> None:
        """Ask for what is missing, and show what is here."""
        if not has_widgets(self):
            return
        grid = self.query_one(RowGrid)
        problem = self.exchange.problem()
        absent = self.query_one("#absent", Static)
        absent.display = bool(problem)
        self.query_one("#body").display = not problem
        if problem:
            absent.update(Content(problem))
        self._prepare_grid(grid)
        if self.exchange.ask(grid.room()):
            run_async(self, self._read_previews, group="previews")
        self._show()
        self._say()

    def _prepare_grid(self, grid: RowGrid) -> None:
        if self.state.page == "epochs":
            sheet = self.exchange.sheet
            if sheet is not None and sheet.epochs:
                height, width = sheet.images.shape[2:4]
                grid.show_images_of(height, width, self.state.columns)
        elif self.state.opened is not None:
            height, width, _ = self.state.opened.shape
            grid.show_images_of(height, width, self.state.columns)

    async def _read_previews(self) -> None:
        state, folders = self.state, [session.folder for session in self.sessions]
        epoch, kind = state.shown_epoch, state.kind
        step = await asyncio.to_thread(read_step, folders, epoch, kind)
        if not has_widgets(self):
            return
        if state.page != "epochs":
            self.exchange.take_previews(None)
            return
        state.preview_rows = len(step.images)
        grid = self.query_one(RowGrid)
        if len(step.images):
            height, width = step.images.shape[2:4]
            grid.show_images_of(height, width, state.columns)
        state.move(0, 0)
        rows = state.rows(grid.room())
        asked = ("epochs", epoch, kind, rows.start, grid.room())
        drawn = ["-" if one is None else f"{one}" for one in step.epochs]
        letters = letters_of(len(drawn))
        captions = [[" ".join(pair) for pair in zip(letters, drawn, strict=True)] for _ in rows]
        images = step.images[rows.start : rows.stop]
        why_none = "" if len(images) else "no session has previews yet: they come after epoch 1"
        self.exchange.take_previews(
            ImageRows(asked, images, captions, epochs=step.epochs), why_none
        )
        self._refresh()

    @property
    def room(self) -> int:
        """How many rows fit."""
        return self.query_one(RowGrid).room()

    def is_shown(self) -> bool:
        """Whether the rows that are wanted are shown."""
        return self.exchange.sheet is not None and self.exchange.is_shown(self.room)

    def _show(self) -> None:
        sheet = self.exchange.sheet
        if sheet is None or not self.is_shown():
            return
        grid = self.query_one(RowGrid)
        row = self.state.position - self.state.rows(grid.room()).start
        if len(sheet.images):
            grid.show_rows(sheet.images, sheet.captions, row, self.state.column)
        lines = figure_lines(self.state, sheet, self.compared, row)
        self.query_one("#figures", Static).update(Content("\n").join(list(lines)), layout=False)

    def _say(self) -> None:
        models = models_line(
            self.state, self._names, self.query_one("#head-models").content_size.width
        )
        state = state_line(self.state, self.exchange.progress)
        self.query_one("#head-models", Static).update(models, layout=False)
        self.query_one("#head-state", Static).update(state, layout=False)

    def _take_preferences(self, preferences: Preferences) -> None:
        self.query_one(RowGrid).glyphs = preferences.glyphs

    async def _poll(self) -> None:
        self.compared = await asyncio.to_thread(
            lambda: [read_compared(session) for session in self.sessions]
        )
        names = [one.name for one in self.compared]
        if names != self._names:
            self._names = names
            self._say()
        newest = max((one.history.newest for one in self.compared), default=0)
        if newest != self.state.newest:
            self.state.newest = newest
            self._refresh()

    def _follow(self) -> None:
        self._feed.follow(lambda reply: self.post_message(self.Told(reply)))
