"""What the process that reads the images replies, and what it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.data_browser.details import Details
from tui.data_browser.head import image_line, split_line, waiting_text
from tui.data_browser.model import Browse, Page, ScoreCache, Selection
from tui.data_browser.pair_grid import PairGrid
from tui.image_feed import ImageFeed
from tui.remedies import error_text
from tui.screen import WorkbenchScreen, has_widgets, run_in_thread
from tui.text import one_line
from tui.widgets.key_line import KeyLine
from vae_engine.inspection.messages import (
    SAVED,
    Array,
    Failed,
    FindNearest,
    ImagesShown,
    ModelOpened,
    OpenSaved,
    Progressed,
    Reply,
    ScoreSplit,
    ShowImages,
    SplitOpened,
    SplitScored,
    TurnEpoch,
)
from vae_engine.sessions.session import Session

_LONG_SECONDS: Final = 12.0

_CHANGING: Final = ("own", "nearest")
"""Splits that hold other images each time: their scores are not kept."""

_cache: Final = ScoreCache()


class InspectionScreen(WorkbenchScreen):
    """Shows what the process replies, and asks it for what is missing.

    Attributes:
        session: whose images are shown.
        browse: what is looked at.
        page: what is on the screen.
        model: whose weights made it; None before they are loaded.
        problem: why there are no images, or not those of the dataset; "" if there are.
    """

    class Told(Message):
        """A reply of the process that reads the images."""

        def __init__(self, reply: Reply) -> None:
            super().__init__()
            self.reply = reply

    def __init__(
        self,
        session: Session,
        feed: ImageFeed,
        z: NDArray[np.float32] | None = None,
        selection: Selection | None = None,
    ) -> None:
        """Make the screen of this session.

        Args:
            session: which.
            feed: the process that reads its images; the screen follows and closes it.
            z: (latent_dim,), to whose image the nearest training images are shown; None shows all.
            selection: the images that are shown first; None shows a split.
        """
        super().__init__()
        self.session = session
        self.browse = Browse(selection)
        self.page: Page | None = None
        self.model: ModelOpened | None = None
        self.feed = feed
        self._session_name = session.label.name
        self._progress: Progressed | None = None
        self.problem = ""
        self._asked: tuple[str, tuple[int, ...]] | None = None
        self._scoring: set[str] = set()
        self._steps = 0
        self._turning = False
        self.opens_file = False
        self._z = z

    def compose(self) -> ComposeResult:
        """Head, the pairs, the selected one larger beside them, keys."""
        with Vertical(id="head"):
            yield Static(id="head-split")
            yield Static(id="head-image")
        # The words lie over the images, which have their room before the first of them comes.
        with Container(id="stage"):
            with Horizontal(id="body"):
                yield PairGrid(id="pairs")
                yield Details(id="details")
            yield Static(id="absent")
        yield KeyLine()

    def on_mount(self) -> None:
        """Start the process."""
        self._say()
        run_in_thread(self, self._follow, group="feed")

    def on_unmount(self) -> None:
        """End the process."""
        self.feed.close()

    def terms(self) -> Mapping[str, str]:
        """The figures' words, with the values of the selected image."""
        found = self.selected_image()
        if found is None:
            return super().terms()
        page, at = found
        scores = page.scores()
        values = {
            "elbo": -scores.negative_elbo[at],
            "reconstruction_loss": scores.reconstruction_loss[at],
            "kl": scores.kl_loss[at],
        }
        return {**super().terms(), **{name: f"{value:.2f}" for name, value in values.items()}}

    @property
    def waits(self) -> bool:
        """Whether the first images are yet to come."""
        return self.page is None and not self.problem

    def file_opened(self) -> None:
        """Called when a single image of one's own is on the screen."""
        raise NotImplementedError

    def turn_epoch(self, by: int) -> None:
        """Use the weights of an earlier or later epoch; steps that come meanwhile add up."""
        self._steps += by
        if self._steps and not self._turning:
            self._turning = True
            self.feed.ask(TurnEpoch(self._steps))
            self._steps = 0

    @on(Told)
    def _take_reply(self, message: Told) -> None:
        if not has_widgets(self):
            return
        match message.reply:
            case ModelOpened() as opened:
                self._take_model(opened)
            case SplitOpened() as opened:
                self._open_split(opened)
            case Progressed() as progress:
                self._progress = progress
            case SplitScored() as scored:
                self._take_scores(scored)
            case ImagesShown() as images:
                self._take_images(images)
            case Failed() as failed:
                self._fail(failed)
        self._say()

    def _take_model(self, opened: ModelOpened) -> None:
        before, self.model, self._turning = self.model, opened, False
        selection = self.browse.selection
        if before is None and selection is not None and selection.split == SAVED:
            self.feed.ask(OpenSaved())
        if before is None and self._z is not None:
            self.feed.ask(FindNearest(Array.of(self._z)))
        self.query_one(PairGrid).show_images_of(*opened.shape[:2])
        if before is not None and before.weights != opened.weights:
            self._scoring.clear()
            self._progress = None
            self.browse.forget_scores()
            for name in self.browse.splits:
                self._recall_scores(name)
            self.refresh_images()
        self.turn_epoch(0)
        self.refresh_bindings()

    def _open_split(self, opened: SplitOpened) -> None:
        self.browse.open(opened)
        self._recall_scores(opened.split)
        for note in opened.notes:
            self.notify(one_line(note), markup=False)
        if opened.split == "nearest":
            self._z = None
        if self._z is not None:
            return  # Nothing else is shown before.
        self._show_body()
        if opened.split in ("own", "nearest"):
            self.browse.order = "index" if opened.split == "nearest" else self.browse.order
            self.browse.show(opened.split)
            self.page = None
        elif self.browse.split is None or opened.split in ("test", SAVED):
            self.browse.show_first()
        self._progress = None
        self.refresh_images()

    def _take_scores(self, scored: SplitScored) -> None:
        if self.model is None or scored.weights != self.model.weights:
            return  # Of an epoch that was left.
        self._scoring.discard(scored.split)
        self._progress = None
        self.browse.take(scored)
        split = self.browse.splits.get(scored.split)
        if split is not None and scored.split not in _CHANGING:
            _cache.put(scored.weights, len(split.labels), scored)
        self.refresh_images()

    def _take_images(self, images: ImagesShown) -> None:
        self._asked = None
        page = Page((images.split, images.indices), images)
        split = self.browse.split
        if split is None or not self._is_wanted(page):
            # The cursor went on meanwhile, or the epoch.
            self.refresh_images()
            return
        self.page = page
        grid = self.query_one(PairGrid)
        grid.show(self.page.pairs, captions=self.browse.captions(self.page))
        self.show_selected()
        self.refresh_bindings()
        if self.opens_file and images.split == "own":
            self.opens_file = False
            if len(split.labels) == 1:
                self.file_opened()

    def _fail(self, failed: Failed) -> None:
        self._progress = None
        said = error_text(failed.error)
        if failed.what in ("file", "nearest", "epoch"):
            self._turning = self._turning and failed.what != "epoch"
            self.opens_file = self.opens_file and failed.what != "file"
            self.notify(said, severity="error", markup=False)
            if failed.what == "nearest" and self._z is not None:
                self._show_others()
            return
        self.problem = said
        if failed.what == "dataset":
            self._z = None
            self.problem = "no dataset"
            self.notify(said, severity="warning", markup=False, timeout=_LONG_SECONDS)
        if failed.what == "images":
            self._asked = None
        if failed.what.startswith("scoring"):
            self._scoring.clear()
        if failed.what == "model":
            self._show_body(shown=False)

    def _show_others(self) -> None:
        """Show a split, where the nearest images that were wanted first cannot be had."""
        self._z = None
        self.browse.show_first()
        if self.browse.split is not None:
            self._show_body()
        self.refresh_images()

    def refresh_images(self) -> None:
        """Ask for what is missing, and show what is here."""
        split = self.browse.split
        if split is None or not has_widgets(self):
            return
        if self.browse.waits_for_scores:
            self._score(split.name)
        _, wanted = self.wanted_page()
        if self.page_shown():
            self.show_selected()
        elif (
            self._asked is None
            and wanted
            and self.query_one(PairGrid).size
            and not self.browse.waits_for_scores
        ):
            # One at a time: a held key asks for the page at which it stops. A grid that has just
            # appeared has no room yet, and says when it has.
            self._asked = split.name, wanted
            self.feed.ask(ShowImages(split.name, wanted))
        self._say()
        self.refresh_bindings()

    def _score(self, name: str) -> None:
        if name not in self._scoring:
            self._scoring.add(name)
            self.feed.ask(ScoreSplit(name))

    def _recall_scores(self, name: str) -> None:
        """Take the scores of a split that were computed before."""
        split = self.browse.splits.get(name)
        if self.model is None or split is None or name in _CHANGING:
            return
        kept = _cache.get(self.model.weights, len(split.labels), name)
        if kept is not None:
            self.browse.take(kept)

    def _show_body(self, *, shown: bool = True) -> None:
        self.query_one("#absent").display = not shown

    def wanted_page(self) -> tuple[int, tuple[int, ...]]:
        """Where the page with the cursor starts, and the images on it."""
        return self.browse.page(self.query_one(PairGrid).room())

    def page_shown(self) -> bool:
        """Whether the page with the cursor is on the screen."""
        return self.page is not None and self._is_wanted(self.page)

    def _is_wanted(self, page: Page) -> bool:
        split, weights = self.browse.split, self.model.weights if self.model else ""
        if split is None or page.images.weights != weights:
            return False
        return page.asked == (split.name, self.wanted_page()[1])

    def show_selected(self) -> None:
        """Show the image under the cursor."""
        found = self.selected_image()
        if found is not None:
            page, at = found
            self.query_one(PairGrid).selected = at
            details = self.query_one(Details)
            if details.display:
                details.show(page, at, self.browse)
        self._say()

    def selected_image(self) -> tuple[Page, int] | None:
        """The page and the place of the cursor on it, if it is there."""
        if self.page is None or not self.page_shown():
            return None
        return self.page, self.browse.position - self.wanted_page()[0]

    def _say(self) -> None:
        split = split_line(self._session_name, self.model, self.browse, self.problem)
        image = image_line(self.selected_image(), self.browse, self._progress)
        self.query_one("#head-split", Static).update(split, layout=False)
        self.query_one("#head-image", Static).update(image, layout=False)
        absent = self.query_one("#absent", Static)
        if absent.display:
            waiting = waiting_text(self._progress, self.model)
            absent.update(Content(self.problem) if self.problem else waiting)

    def _follow(self) -> None:
        self.feed.follow(lambda reply: self.post_message(self.Told(reply)))
