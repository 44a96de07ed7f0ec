"""What the screen asks of the process that has the models, and what it makes of the replies."""

from __future__ import annotations

import numpy as np

from tui.image_feed import ImageFeed
from tui.remedies import error_text
from tui.side_by_side.model import ImageRows, SideBySide, terms_of
from vae_engine.inspection.comparing_messages import (
    ImagesCompared,
    ModelsOpened,
    SamplesCompared,
    SplitCompared,
)
from vae_engine.inspection.letters import letters_of
from vae_engine.inspection.messages import (
    ChooseEpoch,
    DecodeSeed,
    Failed,
    Reply,
    Request,
    ScoreSplit,
    ShowImages,
    SplitOpened,
)
from vae_engine.replies import Progressed


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
        self._asked: Request | None = None
        self._scoring: set[str] = set()
        self._reads_previews = False

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
        if page == "images" and self._state.waits_for_scores and self._state.score_problem:
            return f"{self._state.score_problem}. `o` shows the images by index."
        return problems.get(page, "")

    def ask(self, room: int) -> bool:
        """Ask for what is wanted and not there yet.

        Returns:
            Whether these are previews, which the caller is to read: the process has none.
        """
        state = self._state
        if state.page == "images" and state.waits_for_scores:
            self._score()
        wanted = state.wanted(room)
        if wanted is None or self.is_shown(room):
            return False
        if state.page == "epochs":
            begins, self._reads_previews = not self._reads_previews, True
            return begins
        if self._asked is None and not self.problem():
            self._asked = _request_for(wanted)
            self._feed.ask(self._asked)
        return False

    def retry(self) -> None:
        """Forget which images could not be shown or scored: the user wants others, or the same."""
        if self._state.splits:
            self.problems.pop("images", None)
        self._state.score_problems.clear()

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
                self._take_models(opened)
            case SplitOpened() as opened:
                self._state.splits[opened.split] = opened
                self._state.split = self._state.split or opened.split
                self.progress = None
            case Progressed() as progress:
                self.progress = progress
            case SplitCompared() as scored:
                self._take_scores(scored)
            case ImagesCompared() as images:
                self._take_images(images, room)
            case SamplesCompared() as samples:
                self._take_samples(samples, room)
            case Failed() as failed:
                return self._fail(failed)
        return []

    def take_previews(self, sheet: ImageRows | None, problem: str = "") -> None:
        """Take previews that were read, or why there are none."""
        self._reads_previews = False
        self.problems.pop("epochs", None)
        if problem:
            self.problems["epochs"] = problem
        if sheet is not None:
            self.sheet = sheet

    def _take_models(self, opened: ModelsOpened) -> None:
        self._state.opened = opened
        # What earlier models could not do, these may; their scoring ends without a reply.
        self.retry()
        self.problems.pop("samples", None)
        self._scoring.clear()
        self.progress = None

    def _take_scores(self, scored: SplitCompared) -> None:
        self._state.scores[scored.epoch, scored.split] = terms_of(scored.figures)
        if scored.epoch == self._state.chosen_epoch:
            self._scoring.discard(scored.split)
            self.progress = None

    def _take_images(self, found: ImagesCompared, room: int) -> None:
        if isinstance(self._asked, ShowImages):
            self._asked = None
        asked = ("images", found.epoch, found.split, found.indices)
        if asked != self._state.wanted(room):
            return
        measure = self._state.measure
        terms = terms_of(found.figures)
        values = terms.of(measure)
        digits, letters = 1 if measure == "negative_elbo" else 4, letters_of(len(values))
        captions = [
            [
                f"{index}",
                *(
                    f"{letter} {value:.{digits}f}"
                    for letter, value in zip(letters, values[:, row].tolist(), strict=True)
                ),
            ]
            for row, index in enumerate(found.indices)
        ]
        layers = np.concatenate([found.originals.values[None], found.reconstructions.values])
        indices = np.array(found.indices, np.intp)
        self.sheet = ImageRows(asked, layers.swapaxes(0, 1), captions, terms, indices)
        if self._state.split_scores is None:
            self._score()

    def _take_samples(self, found: SamplesCompared, room: int) -> None:
        if isinstance(self._asked, DecodeSeed):
            self._asked = None
        wanted = self._state.wanted(room)
        if wanted is None or wanted[:3] != ("samples", found.epoch, found.seed):
            return
        rows = self._state.rows(room)
        part = slice(rows.start, rows.stop)
        images = found.images.values[:, part].swapaxes(0, 1)
        if len(images) != len(rows):
            return
        captions = [letters_of(self._state.sessions) for _ in rows]
        differences, z = found.differences.values[:, part], found.z.values[part]
        self.sheet = ImageRows(wanted, images, captions, differences=differences, z=z)

    def _fail(self, failed: Failed) -> list[tuple[str, bool]]:
        said = error_text(failed.error)
        if failed.request is not None and failed.request == self._asked:
            self._asked = None
        match failed.request:
            case ScoreSplit() as scoring:
                self._scoring.discard(scoring.split)
                self._state.score_problems[self._state.chosen_epoch, scoring.split] = said
                self.progress = None
                return [(said, True)]
            case ChooseEpoch():
                # The models of the epoch before stay.
                return [(said, True)]
            case None:
                self.progress = None
        if failed.what == "dataset":
            return [(said, False)]
        self.problems[failed.what] = said
        return []

    def _score(self) -> None:
        split = self._state.split
        if split and split not in self._scoring and not self._state.score_problem:
            self._scoring.add(split)
            self._feed.ask(ScoreSplit(split))


def _request_for(wanted: tuple[object, ...]) -> Request:
    """What the process is asked for, so that rows can be shown (`SideBySide.wanted`)."""
    match wanted:
        case ("images", _, str(split), tuple(indices)):
            return ShowImages(split, indices)
        case ("samples", _, int(seed), int(start), int(count)):
            return DecodeSeed(seed, start + count)
    raise ValueError(f"{wanted[0]} are not asked for")
