"""What the screen asks of the process that has the images, and what it makes of the replies."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui.data_browser.model import Browse
from tui.data_browser.page import Page
from tui.data_browser.score_cache import ScoreCache
from tui.image_feed import ImageFeed
from tui.remedies import error_text
from tui.text import one_line
from vae_engine.inspection.messages import (
    NEAREST,
    OWN,
    SAVED,
    Failed,
    FindNearest,
    ImagesShown,
    ModelOpened,
    OpenFile,
    OpenSaved,
    Reply,
    ScoreSplit,
    ShowImages,
    SplitOpened,
    SplitScored,
    TurnEpoch,
)
from vae_engine.inspection.packed_array import Array
from vae_engine.replies import Progressed

_CHANGING: Final = (OWN, NEAREST)
"""Splits that hold other images each time: their scores are not kept."""

_cache: Final = ScoreCache()


class Said(NamedTuple):
    """What the user is to be told."""

    text: str
    severity: Literal["information", "warning", "error"]


class ImageExchange:
    """Asks for one page at a time: a held key asks for the page at which it stops.

    Attributes:
        model: whose weights made the page; None before they are loaded.
        page: the images that came last; None before the first.
        progress: what the process is doing.
        is_lost: whether there is no model, or no process any more.
        has_own_image: whether the page is a single image of one's own, which was just opened.
    """

    def __init__(
        self, browse: Browse, feed: ImageFeed, z: NDArray[np.float32] | None = None
    ) -> None:
        """Make what asks for what `browse` looks at.

        Args:
            browse: what is looked at.
            feed: the process.
            z: (latent_dim,), to whose image the nearest training images are shown first.
        """
        self._browse, self._feed, self._z = browse, feed, z
        self.model: ModelOpened | None = None
        self.page: Page | None = None
        self.progress: Progressed | None = None
        self.is_lost = self.has_own_image = False
        self._trouble = ""
        self._wanted: ShowImages | ScoreSplit | None = None
        self._asked: ShowImages | None = None
        self._scoring: set[str] = set()
        self._refused: dict[ShowImages | ScoreSplit, str] = {}
        self._steps = 0
        self._is_turning = self._opens_file = False

    @property
    def problem(self) -> str:
        """Why there are no images, or not those of the dataset; "" if there are."""
        refused = None if self._wanted is None else self._refused.get(self._wanted)
        return refused or self._trouble

    @property
    def waits(self) -> bool:
        """Whether the first images are yet to come."""
        return self.page is None and not self.problem

    @property
    def has_images(self) -> bool:
        """Whether there is a split to show."""
        return self._browse.split is not None and not self.is_lost

    def is_shown(self, room: int) -> bool:
        """Whether the page is the one with the cursor, with room for `room` images."""
        return self.page is not None and self._is_wanted(self.page, room)

    def selected(self, room: int) -> tuple[Page, int] | None:
        """The page and the place of the cursor on it, if it is there."""
        if self.page is None or not self.is_shown(room):
            return None
        return self.page, self._browse.position - self._browse.page(room)[0]

    def ask(self, room: int) -> None:
        """Ask for what is missing, with room for `room` images; not again for what has failed."""
        wanted = self._wanted = self._find_wanted(room)
        if wanted is None or wanted in self._refused:
            return
        if isinstance(wanted, ScoreSplit):
            if wanted.split not in self._scoring:
                self._scoring.add(wanted.split)
                self._feed.ask(wanted)
        elif self._asked is None and not self.is_shown(room):
            self._asked = wanted
            self._feed.ask(wanted)

    def _find_wanted(self, room: int) -> ShowImages | ScoreSplit | None:
        split = self._browse.split
        if split is None:
            return None
        if self._browse.waits_for_scores:
            return ScoreSplit(split.name)
        _, indices = self._browse.page(room)
        return ShowImages(split.name, indices) if indices else None

    def turn_epoch(self, by: int) -> None:
        """Ask for the weights of another epoch; steps that come meanwhile add up."""
        self._steps += by
        if self._steps and not self._is_turning:
            self._is_turning = True
            self._feed.ask(TurnEpoch(self._steps))
            self._steps = 0

    def find_nearest(self, z: NDArray[np.float32]) -> None:
        """Ask for the training images nearest to what z (latent_dim,) decodes to."""
        self._feed.ask(FindNearest(Array.of(z)))

    def open_file(self, path: str) -> None:
        """Ask for images of one's own."""
        self._opens_file = True
        self._feed.ask(OpenFile(path))

    def take(self, reply: Reply, room: int) -> list[Said]:
        """Take a reply, with room for `room` images; return what the user is to be told."""
        match reply:
            case ModelOpened() as opened:
                self._take_model(opened)
            case SplitOpened() as opened:
                self._open_split(opened)
                return [Said(one_line(note), "information") for note in opened.notes]
            case Progressed() as progress:
                self.progress = progress
            case SplitScored() as scored:
                self._take_scores(scored)
            case ImagesShown() as images:
                self._take_images(images, room)
            case Failed() as failed:
                return self._fail(failed)
        return []

    def _take_model(self, opened: ModelOpened) -> None:
        before, self.model, self._is_turning = self.model, opened, False
        selection = self._browse.selection
        if before is None and selection is not None and selection.split == SAVED:
            self._feed.ask(OpenSaved())
        if before is None and self._z is not None:
            self.find_nearest(self._z)
        if before is not None and before.weights != opened.weights:
            self._scoring.clear()
            self._refused.clear()
            self.progress = None
            self._browse.forget_scores()
            for name in self._browse.splits:
                self._recall_scores(name)
        self.turn_epoch(0)

    def _open_split(self, opened: SplitOpened) -> None:
        self._browse.open(opened)
        self._recall_scores(opened.split)
        if opened.split == NEAREST:
            self._z = None
        if self._z is not None:
            return  # Nothing else is shown before.
        if opened.split in _CHANGING:
            self._refused = {
                request: why
                for request, why in self._refused.items()
                if request.split != opened.split
            }
            if opened.split == NEAREST:
                self._browse.order = "index"
            self._browse.show(opened.split)
            self.page = None
        elif self._browse.split is None or opened.split in ("test", SAVED):
            self._browse.show_first()
        self.progress = None

    def _take_scores(self, scored: SplitScored) -> None:
        if self.model is None or scored.weights != self.model.weights:
            return  # Of an epoch that was left.
        self._browse.take(scored)
        split = self._browse.splits.get(scored.split)
        if split is None or not split.is_scored:
            return
        self._scoring.discard(scored.split)
        self.progress = None
        if scored.split not in _CHANGING:
            _cache.put(scored.weights, len(split.labels), scored)

    def _take_images(self, images: ImagesShown, room: int) -> None:
        self._asked = None
        page = Page((images.split, images.indices), images)
        split = self._browse.split
        if split is None or not self._is_wanted(page, room):
            return  # The cursor went on meanwhile, or the epoch.
        self.page = page
        if images.split == OWN:
            self.has_own_image = self._opens_file and len(split.labels) == 1
            self._opens_file = False

    def _fail(self, failed: Failed) -> list[Said]:
        self.progress = None
        said = error_text(failed.error)
        match failed.request:
            case ShowImages() as request:
                self._asked = None
                self._refused[request] = said
                return []
            case ScoreSplit() as request:
                self._scoring.discard(request.split)
                self._refused[request] = said
                return [Said(said, "error")]
        if failed.what in ("file", "nearest", "epoch"):
            self._is_turning = self._is_turning and failed.what != "epoch"
            self._opens_file = self._opens_file and failed.what != "file"
            if failed.what == "nearest" and self._z is not None:
                self._z = None
                self._browse.show_first()
            return [Said(said, "error")]
        self._trouble = said
        self.is_lost = self.is_lost or failed.what == "model"
        if failed.what != "dataset":
            return []
        self._z = None
        self._trouble = "no dataset"
        return [Said(said, "warning")]

    def _is_wanted(self, page: Page, room: int) -> bool:
        split, weights = self._browse.split, self.model.weights if self.model else ""
        if split is None or page.images.weights != weights:
            return False
        return page.asked == (split.name, self._browse.page(room)[1])

    def _recall_scores(self, name: str) -> None:
        """Take the scores of a split that were computed before."""
        split = self._browse.splits.get(name)
        if self.model is None or split is None or name in _CHANGING:
            return
        kept = _cache.get(self.model.weights, len(split.labels), name)
        if kept is not None:
            self._browse.take(kept)
