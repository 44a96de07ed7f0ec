"""What the screen asks of the process that has the models, and what it makes of the replies."""

from __future__ import annotations

import numpy as np

from tui.image_feed import ImageFeed
from tui.remedies import error_text
from tui.side_by_side.figures import LETTERS
from tui.side_by_side.model import ImageRows, SideBySide, terms_of
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


class Exchange:
    """Asks for one page at a time: a held key asks for the page at which it stops.

    Attributes:
        sheet: the rows that were found last.
        progress: what the process is doing.
        problems: what it cannot do, in words.
    """

    def __init__(self, state: SideBySide, feed: ImageFeed) -> None:
        """Make what asks for what `state` wants."""
        self._state, self._feed = state, feed
        self.sheet: ImageRows | None = None
        self.progress: Progressed | None = Progressed("starting")
        self.problems: dict[str, str] = {}
        self._asked: tuple[object, ...] | None = None
        self._scoring: set[tuple[int, str]] = set()

    def is_shown(self, room: int) -> bool:
        """Whether the sheet is what is wanted, where `room` rows fit."""
        return self.sheet is not None and self.sheet.asked == self._state.wanted(room)

    def problem(self) -> str:
        """Why this page shows nothing; empty if it does."""
        problems, page = self.problems, self._state.page
        if page == "epochs":
            return problems.get("epochs", "")
        if "model" in problems:
            return f"{problems['model']}. Page 3 shows their previews of the same epoch."
        return problems.get("epoch", "") or problems.get(page, "")

    def ask(self, room: int) -> bool:
        """Ask for what is wanted and not there yet.

        Returns:
            Whether these are previews, which the caller is to read: the process has none.
        """
        state = self._state
        if state.page == "images" and state.order == "difference" and state.split_scores is None:
            self._score(state.chosen_epoch, state.split)
        wanted = state.wanted(room)
        if wanted is None or self.is_shown(room) or self._asked is not None:
            return False
        if state.page != "epochs" and self.problem():
            return False
        self._asked = wanted
        match wanted:
            case ("images", _, str(split), tuple(indices)):
                self._feed.ask(ShowImages(split, indices))
            case ("samples", _, int(seed), int(start), int(count)):
                self._feed.ask(DecodeSeed(seed, start + count))
        return state.page == "epochs"

    def choose_epoch(self, epoch: int) -> None:
        """Ask for the models of an epoch."""
        self._feed.ask(ChooseEpoch(epoch))

    def take(self, reply: Reply, room: int) -> list[tuple[str, bool]]:
        """Take a reply, where `room` rows fit.

        Returns:
            What the user is to be told, each with whether it is an error.
        """
        match reply:
            case ModelsOpened() as opened:
                self._state.opened = opened
                self.problems.pop("epoch", None)
                self._asked = None
            case SplitOpened() as opened:
                self._state.splits[opened.split] = opened
                self._state.split = self._state.split or opened.split
                self.progress = None
            case Progressed() as progress:
                self.progress = progress
            case SplitCompared() as scored:
                self._scoring.discard((scored.epoch, scored.split))
                self._state.scores[scored.epoch, scored.split] = terms_of(scored.figures)
                self.progress = None
            case ImagesCompared() as images:
                self._take_images(images, room)
            case SamplesCompared() as samples:
                self._take_samples(samples, room)
            case Failed() as failed:
                return self._fail(failed)
        return []

    def take_previews(self, sheet: ImageRows | None, problem: str = "") -> None:
        """Take previews that were read, or why there are none."""
        self._asked = None
        self.problems.pop("epochs", None)
        if problem:
            self.problems["epochs"] = problem
        if sheet is not None:
            self.sheet = sheet

    def _take_images(self, found: ImagesCompared, room: int) -> None:
        self._asked = None
        asked = ("images", found.epoch, found.split, found.indices)
        if asked != self._state.wanted(room):
            return
        measure = self._state.measure
        terms = terms_of(found.figures)
        values = terms.of(measure)
        digits = 1 if measure == "negative_elbo" else 4
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
        layers = np.concatenate([found.originals.values[None], found.reconstructions.values])
        indices = np.array(found.indices, np.intp)
        self.sheet = ImageRows(asked, layers.swapaxes(0, 1), captions, terms, indices)
        if (found.epoch, found.split) not in self._state.scores:
            self._score(found.epoch, found.split)

    def _take_samples(self, found: SamplesCompared, room: int) -> None:
        self._asked = None
        wanted = self._state.wanted(room)
        if wanted is None or wanted[:3] != ("samples", found.epoch, found.seed):
            return
        rows = self._state.rows(room)
        part = slice(rows.start, rows.stop)
        images = found.images.values[:, part].swapaxes(0, 1)
        if len(images) != len(rows):
            return
        captions = [LETTERS[: self._state.sessions] for _ in rows]
        differences, z = found.differences.values[:, part], found.z.values[part]
        self.sheet = ImageRows(wanted, images, captions, differences=differences, z=z)

    def _fail(self, failed: Failed) -> list[tuple[str, bool]]:
        self._asked = None
        self.progress = None
        said = error_text(failed.error)
        if failed.what == "dataset" or failed.what.startswith("scoring"):
            return [(said, failed.what != "dataset")]
        self.problems[failed.what] = said
        return []

    def _score(self, epoch: int, split: str) -> None:
        if (epoch, split) not in self._scoring and split:
            self._scoring.add((epoch, split))
            self._feed.ask(ScoreSplit(split))
