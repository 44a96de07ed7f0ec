"""Sessions side by side: the same images, the same z, the same epoch, a column per session."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Final

import numpy as np
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.comparison import Compared, read_compared
from tui.image_feed import ImageFeed
from tui.preferences import Preferences
from tui.remedies import error_text
from tui.screen import Keys, WorkbenchScreen, has_widgets, run_async, run_in_thread
from tui.side_by_side.figures import LETTERS
from tui.side_by_side.model import PAGE_NAMES, PAGES, Sheet, SideBySide, terms_of
from tui.side_by_side.previews import read_step
from tui.side_by_side.row_grid import RowGrid
from tui.side_by_side.words import figure_lines, models_line, state_line
from tui.widgets.key_line import KeyLine
from tui.widgets.page_tabs import PageTabs
from vae_engine.errors import EngineError
from vae_engine.inspection.messages import (
    ChooseEpoch,
    DecodeSeed,
    Failed,
    ImagesCompared,
    ModelsOpened,
    Progressed,
    Reply,
    SamplesCompared,
    ScoreSplit,
    ShowImages,
    SplitCompared,
    SplitOpened,
)
from vae_engine.sessions.session import Session

_POLL_SECONDS: Final = 2.0

_EPOCH: Final = Binding.Group("Epoch", compact=True)

key = Keys("pair")


class SideBySideScreen(WorkbenchScreen):
    """Shows what the models of two or more sessions make of the same."""

    CSS_PATH = "screen.tcss"
    TERMS = ("elbo", "reconstruction_loss", "kl", "nats", "z")
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "left_square_bracket",
            "epoch(-1)",
            "Earlier",
            "Earlier epoch of all sessions",
            display="[",
            group=_EPOCH,
            show=True,
        ),
        key(
            "right_square_bracket",
            "epoch(1)",
            "Later",
            "Later epoch of all sessions",
            display="]",
            group=_EPOCH,
            show=True,
        ),
        key("t", "turn_split", "Turn", "Other split, or samples and reconstructions", show=True),
        key("o", "order", "Order", "By index, or where the models differ most", show=True),
        key("n", "draw(1)", "Draw", "Samples of the next seed", show=True),
        key("b", "draw(-1)", "Draw back", "Samples of the previous seed"),
        key("enter", "open", "Open", "Open the dashboard of the session under the cursor"),
        key("tab", "turn(1)", "Next page", "Next page", show=True),
        key("shift+tab", "turn(-1)", "Previous page", "Previous page"),
        *(
            key(str(at), f"open_page({at - 1})", f"{name} page", f"The page of the {name}")
            for at, name in enumerate(PAGE_NAMES, 1)
        ),
        key("escape", "dismiss", "Back", "Back to the comparison", show=True),
    ]

    class Told(Message):
        """A reply of the process that reads the images."""

        def __init__(self, reply: Reply) -> None:
            super().__init__()
            self.reply = reply

    def __init__(self, sessions: Sequence[Session]) -> None:
        """Make the screen of these sessions, at least two."""
        super().__init__()
        self.sessions = list(sessions)
        self.state = SideBySide(len(self.sessions))
        self.sheet: Sheet | None = None
        self.compared: list[Compared] = []
        self._feed = ImageFeed(*(session.folder for session in self.sessions))
        self._asked: tuple[object, ...] | None = None
        self._scoring: set[tuple[int, str]] = set()
        self._progress: Progressed | None = Progressed("starting")
        self._problems: dict[str, str] = {}

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
        self.set_interval(_POLL_SECONDS, self._poll_if_current)
        run_async(self, self._poll, group="poll")
        run_in_thread(self, self._follow, group="feed")
        self._say()

    def on_unmount(self) -> None:
        """End the process."""
        self._feed.close()

    def on_side_by_side_screen_told(self, message: Told) -> None:
        """Take a reply."""
        if not has_widgets(self):
            return
        match message.reply:
            case ModelsOpened() as opened:
                self._take_models(opened)
            case SplitOpened() as opened:
                self.state.splits[opened.split] = opened
                self.state.split = self.state.split or opened.split
                self._progress = None
            case Progressed() as progress:
                self._progress = progress
            case SplitCompared() as scored:
                self._scoring.discard((scored.epoch, scored.split))
                self.state.scores[scored.epoch, scored.split] = terms_of(scored.figures)
                self._progress = None
            case ImagesCompared() as images:
                self._take_images(images)
            case SamplesCompared() as samples:
                self._take_samples(samples)
            case Failed() as failed:
                self._fail(failed)
        self._refresh()

    def action_epoch(self, by: int) -> None:
        """Show another epoch of all sessions, one that was not reached holds its last."""
        if self.state.page == "epochs":
            self.state.step_previews(by)
        else:
            epoch = self.state.neighbour_epoch(by)
            if epoch != self.state.chosen_epoch:
                self._feed.ask(ChooseEpoch(epoch))
        self._refresh()

    def action_turn_split(self) -> None:
        """Show the next split, or the other kind of previews."""
        self.state.turn_split()
        self._refresh()

    def action_order(self) -> None:
        """Order the images in the other way."""
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
        try:
            session = Session(self.sessions[max(0, at)].folder)
        except EngineError as error:
            self.notify(error_text(error), severity="error", markup=False)
        else:
            self.workbench.open_dashboard(session)

    def action_turn(self, by: int) -> None:
        """Show the next or previous page."""
        self.action_open_page((PAGES.index(self.state.page) + by) % len(PAGES))

    def action_open_page(self, page: int) -> None:
        """Show a page."""
        self.state.page = PAGES[page]
        self.state.move(0, 0)
        self.query_one(PageTabs).show(page)
        self.sheet = None
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
        if self._is_shown():
            start = self.state.rows(self.query_one(RowGrid).room()).start
            rows = start + event.row - self.state.position
            self.state.move(rows, event.column - self.state.column)
            self._refresh()

    def _take_models(self, opened: ModelsOpened) -> None:
        self.state.opened = opened
        self._problems.pop("epoch", None)
        self._asked = None

    def _take_images(self, found: ImagesCompared) -> None:
        self._asked = None
        asked = ("images", found.epoch, found.split, found.indices)
        if asked != self._wanted():
            return
        originals, made = found.originals.values, found.reconstructions.values
        terms = terms_of(found.figures)
        values = terms.of(self.state.measure)
        digits = 1 if self.state.measure == "negative_elbo" else 4
        captions = [
            [
                f"{index}",
                *(
                    f"{letter} {value:.{digits}f}"
                    for letter, value in zip(LETTERS, values[:, row].tolist(), strict=False)
                ),
            ]
            for row, index in enumerate(found.indices)
        ]
        images = np.concatenate([originals[None], made]).swapaxes(0, 1)
        self.sheet = Sheet(asked, images, captions, terms)
        if (found.epoch, found.split) not in self.state.scores:
            self._score(found.epoch, found.split)

    def _take_samples(self, found: SamplesCompared) -> None:
        self._asked = None
        wanted = self._wanted()
        if wanted is None or wanted[:3] != ("samples", found.epoch, found.seed):
            return
        rows = self.state.rows(self.query_one(RowGrid).room())
        part = slice(rows.start, rows.stop)
        images = found.images.values[:, part].swapaxes(0, 1)
        if len(images) != len(rows):
            return
        captions = [LETTERS[: len(self.sessions)] for _ in rows]
        self.sheet = Sheet(wanted, images, captions, differences=found.differences.values[:, part])

    def _fail(self, failed: Failed) -> None:
        self._asked = None
        self._progress = None
        error = failed.error
        said = error_text(error)
        if failed.what == "dataset":
            self.notify(said, severity="warning", markup=False)
        elif failed.what.startswith("scoring"):
            self.notify(said, severity="error", markup=False)
        else:
            self._problems[failed.what] = said

    def _refresh(self) -> None:
        """Ask for what is missing, and show what is here."""
        if not has_widgets(self):
            return
        grid, state = self.query_one(RowGrid), self.state
        problem = self._problem()
        absent = self.query_one("#absent", Static)
        absent.display = bool(problem)
        self.query_one("#body").display = not problem
        if problem:
            absent.update(Content(problem))
        self._prepare_grid(grid)
        wanted = self._wanted()
        if state.page == "images" and state.order == "difference" and state.split_scores is None:
            self._score(state.chosen_epoch, state.split)
        if wanted is not None and not self._is_shown() and self._asked is None and not problem:
            self._ask(wanted)
        self._show()
        self._say()

    def _prepare_grid(self, grid: RowGrid) -> None:
        if self.state.page == "epochs":
            if self.sheet is not None and self.sheet.epochs:
                height, width = self.sheet.images.shape[2:4]
                grid.show_images_of(height, width, self.state.columns)
        elif self.state.opened is not None:
            height, width, _ = self.state.opened.shape
            grid.show_images_of(height, width, self.state.columns)

    def _ask(self, wanted: tuple[object, ...]) -> None:
        # One at a time: a held key asks for the page at which it stops.
        self._asked = wanted
        match wanted:
            case ("images", _, str(split), tuple(indices)):
                self._feed.ask(ShowImages(split, indices))
            case ("samples", _, int(seed), int(start), int(count)):
                self._feed.ask(DecodeSeed(seed, start + count))
            case _:
                run_async(self, self._read_previews, group="previews")

    async def _read_previews(self) -> None:
        state, folders = self.state, [session.folder for session in self.sessions]
        epoch, kind = state.shown_epoch, state.kind
        step = await asyncio.to_thread(read_step, folders, epoch, kind)
        self._asked = None
        if not has_widgets(self) or state.page != "epochs":
            return
        state.preview_rows = len(step.images)
        grid = self.query_one(RowGrid)
        if len(step.images):
            height, width = step.images.shape[2:4]
            grid.show_images_of(height, width, state.columns)
        self._problems.pop("epochs", None)
        if not len(step.images):
            self._problems["epochs"] = "no session has previews yet: they come after epoch 1"
        state.move(0, 0)
        rows = state.rows(grid.room())
        asked = ("epochs", epoch, kind, rows.start, grid.room())
        captions = [["-" if one is None else f"epoch {one}" for one in step.epochs] for _ in rows]
        images = step.images[rows.start : rows.stop]
        self.sheet = Sheet(asked, images, captions, epochs=step.epochs)
        self._refresh()

    def _score(self, epoch: int, split: str) -> None:
        if (epoch, split) not in self._scoring and split:
            self._scoring.add((epoch, split))
            self._feed.ask(ScoreSplit(split))

    def _wanted(self) -> tuple[object, ...] | None:
        return self.state.wanted(self.query_one(RowGrid).room())

    def _is_shown(self) -> bool:
        return self.sheet is not None and self.sheet.asked == self._wanted()

    def _problem(self) -> str:
        """Why this page shows nothing; empty if it does."""
        if self.state.page == "epochs":
            return self._problems.get("epochs", "")
        if "model" in self._problems:
            return f"{self._problems['model']}. Page 3 shows their previews of the same epoch."
        kinds = ("epoch", "images" if self.state.page == "images" else "samples")
        return next((self._problems[kind] for kind in kinds if kind in self._problems), "")

    def _show(self) -> None:
        if self.sheet is None or not self._is_shown():
            return
        grid = self.query_one(RowGrid)
        row = self.state.position - self.state.rows(grid.room()).start
        if len(self.sheet.images):
            grid.show_rows(self.sheet.images, self.sheet.captions, row, self.state.column)
        lines = figure_lines(self.state, self.sheet, self.compared, row)
        self.query_one("#figures", Static).update(Content("\n").join(list(lines)), layout=False)

    def _say(self) -> None:
        names = [session.label.name for session in self.sessions]
        models = models_line(self.state, names)
        state = state_line(self.state, self._progress)
        self.query_one("#head-models", Static).update(models, layout=False)
        self.query_one("#head-state", Static).update(state, layout=False)

    def _take_preferences(self, preferences: Preferences) -> None:
        self.query_one(RowGrid).glyphs = preferences.glyphs

    def _poll_if_current(self) -> None:
        if self.is_current:
            run_async(self, self._poll, group="poll", exclusive=True)

    async def _poll(self) -> None:
        self.compared = await asyncio.to_thread(
            lambda: [read_compared(session) for session in self.sessions]
        )
        newest = max((one.history.newest for one in self.compared), default=0)
        if newest != self.state.newest:
            self.state.newest = newest
            self._refresh()

    def _follow(self) -> None:
        self._feed.follow(lambda reply: self.post_message(self.Told(reply)))
