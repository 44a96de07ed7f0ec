"""What the screen shows: a split, its order and class, and the place in it; without widgets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from tui.data_browser.page import Page
from tui.text import one_line
from vae_engine.evaluation.image_scores import ImageScores
from vae_engine.inspection.messages import Nearness, SplitOpened, SplitScored
from vae_engine.inspection.ranking import (
    ClassScore,
    Indices,
    Order,
    class_scores,
    label_text,
    ranked,
)

ORDERS: Final[tuple[Order, ...]] = ("index", "worst", "best")
SPLIT_TITLES: Final = {
    "train": "training images",
    "val": "validation images",
    "test": "test images",
    "saved": "saved test images",
    "own": "own images",
    "nearest": "nearest training images",
}
_SINGULAR: Final = {name: title.removesuffix("s") for name, title in SPLIT_TITLES.items()}
# The one that is shown first is the first of these that there is.
_PREFERRED: Final = ("test", "val", "train", "saved", "own", "nearest")
_LONGEST_NAME: Final = 40

Labels = NDArray[np.int32]
Direction = Literal[-1, 1]


@dataclass(eq=False)
class Split:
    """A split that can be shown.

    Attributes:
        name: as in messages. labels: (n,), -1 for none.
        names: of the labels 0, 1, ...; empty where they are numbers.
        scores: of all its images, or the first of them, once they were asked for.
        classes: their means by class, the hardest first.
        nearness: of the training images nearest to a sample; None for other splits.
    """

    name: str
    labels: Labels
    names: tuple[str, ...]
    scores: ImageScores | None = None
    classes: list[ClassScore] = field(default_factory=list)
    nearness: Nearness | None = None

    @classmethod
    def of(cls, opened: SplitOpened) -> Split:
        """One that was just opened; its texts are made printable."""
        names = tuple(one_line(name, longest=_LONGEST_NAME) for name in opened.label_names)
        return cls(opened.split, opened.labels.values, names, nearness=opened.nearness)

    def take(self, scores: ImageScores) -> None:
        """Store the scores of all images, or of the first of them."""
        self.scores = scores
        if self.is_scored:
            self.classes = class_scores(scores, self.labels.astype(np.int64))

    @property
    def is_scored(self) -> bool:
        """Whether all its images are scored."""
        return self.scores is not None and len(self.scores) == len(self.labels)

    @property
    def present_labels(self) -> list[int]:
        """The classes that it has: the hardest first where that is known."""
        if self.classes:
            return [one.label for one in self.classes]
        found: list[int] = np.unique(self.labels[self.labels >= 0]).tolist()
        return found


@dataclass(frozen=True, eq=False)
class Selection:
    """Images of a split that another screen has chosen.

    Attributes:
        split: as in messages. indices: (n,), which of its images.
        name: what they are, in words.
    """

    split: str
    indices: Indices
    name: str


class Browse:
    """Which images of which split are looked at, and where the cursor is.

    Attributes:
        selection: images that another screen has chosen. shows_selection: whether it is shown.
        splits: those that were opened. split: the one that is shown, if there is one.
        order: of its images. label: of the class that is shown; None shows all.
        position: of the cursor in `indices`.
    """

    def __init__(self, selection: Selection | None = None) -> None:
        self.selection = selection
        self.shows_selection = False
        self.splits: dict[str, Split] = {}
        self.split: Split | None = None
        self.order: Order = "index"
        self.label: int | None = None
        self.position = 0
        self.indices: Indices = np.zeros(0, np.intp)

    def open(self, opened: SplitOpened) -> None:
        """Add a split."""
        self.splits[opened.split] = Split.of(opened)

    def show_first(self) -> None:
        """Show the images that were chosen, or the split that people look at first."""
        if self.selection is not None and self.selection.split in self.splits:
            self.show_selection()
            return
        names = [name for name in _PREFERRED if name in self.splits]
        if names:
            self.show(names[0])

    def show(self, name: str) -> None:
        """Show a split from its start, all classes of it."""
        self._show(name, selection=False)

    def show_all(self) -> None:
        """Show all images of the split."""
        if self.split is not None:
            self.show(self.split.name)

    def show_selection(self) -> None:
        """Show the images that another screen has chosen."""
        if self.selection is not None:
            self._show(self.selection.split, selection=True)

    def turn_split(self, by: Direction) -> None:
        """Show the next split; the images that were chosen come first."""
        every = [(name, False) for name in SPLIT_TITLES if name in self.splits]
        if self.selection is not None and self.selection.split in self.splits:
            every.insert(0, (self.selection.split, True))
        if self.split is not None and len(every) > 1:
            at = every.index((self.split.name, self.shows_selection))
            name, selection = every[(at + by) % len(every)]
            self._show(name, selection=selection)

    def turn_order(self) -> None:
        """Order the images in the next way."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self._rank()

    def turn_class(self, by: Direction) -> None:
        """Show the next class only; between the last and the first stand all."""
        if self.split is None:
            return
        inside = set(self.split.labels[self._chosen()].tolist())
        every = [None, *(label for label in self.split.present_labels if label in inside)]
        at = every.index(self.label) if self.label in every else 0
        self.choose_class(every[(at + by) % len(every)])

    def choose_class(self, label: int | None) -> None:
        """Show one class only, or all."""
        self.label = label
        self._rank()

    def take(self, scored: SplitScored) -> None:
        """Store the scores of a split."""
        split = self.splits.get(scored.split)
        if split is None:
            return
        rec, kl = (terms.values for terms in (scored.reconstruction_loss, scored.kl_loss))
        split.take(ImageScores(rec.astype(np.float64), kl.astype(np.float64)))
        if split is self.split and self.order != "index":
            here = self.index if self.position else None
            self._rank()
            if here is not None:
                self.go_to(here)

    def forget_scores(self) -> None:
        """Drop all scores, since they are of other weights; the cursor stays on its image."""
        here = self.index
        for split in self.splits.values():
            split.scores, split.classes = None, []
        self._rank()
        if here is not None and self.order == "index":
            self.go_to(here)

    def move(self, by: int) -> None:
        """Move the cursor; at the ends it stays."""
        self.position = min(max(0, self.position + by), max(0, len(self.indices) - 1))

    def go_to(self, index: int) -> None:
        """Move the cursor to an image, or to the next one that is shown."""
        found = np.flatnonzero(self.indices == index)
        if len(found):
            self.position = int(found[0])

    @property
    def index(self) -> int | None:
        """The image under the cursor; None where none is shown."""
        return int(self.indices[self.position]) if len(self.indices) else None

    def page(self, size: int) -> tuple[int, tuple[int, ...]]:
        """Where the page with the cursor starts, and the images on it."""
        size = max(1, size)
        first = self.position // size * size
        return first, tuple(self.indices[first : first + size].tolist())

    @property
    def waits_for_scores(self) -> bool:
        """Whether the order needs scores that are not here yet."""
        return self.order != "index" and self.split is not None and self.split.scores is None

    def label_of(self, label: int) -> str:
        """What a class is called."""
        return label_text(label, self.split.names if self.split else ())

    def title(self) -> str:
        """Which images these are: `test images, class 7`."""
        if self.split is None:
            return ""
        title = SPLIT_TITLES[self.split.name]
        if self.shows_selection and self.selection is not None:
            title = f"{title} {self.selection.name}"
        return title if self.label is None else f"{title} of class {self.label_of(self.label)}"

    def origin(self, index: int) -> str:
        """What one image is called: `test image 12, class 7`."""
        if self.split is None:
            return ""
        label = int(self.split.labels[index])
        name = f"{_SINGULAR[self.split.name]} {index}"
        if self.split.nearness is not None:
            name = f"{_SINGULAR['train']} {self.split.nearness.indices.values[index]}"
        return name if label < 0 else f"{name}, class {self.label_of(label)}"

    def captions(self, page: Page) -> list[str]:
        """-ELBO, or distance to the sample, and class of each image of a page of the split."""
        if self.split is None:
            return []
        labels = self.split.labels[list(page.images.indices)].tolist()
        texts = (self.label_of(label) if label >= 0 else "" for label in labels)
        figures = [f"{loss:.1f}" for loss in page.scores().negative_elbo.tolist()]
        if (near := self.split.nearness) is not None:
            chosen = near.distances.values[list(page.images.indices)]
            figures = [f"{distance:.3f}" for distance in chosen.tolist()]
        return [f"{one} {text}".rstrip() for one, text in zip(figures, texts, strict=True)]

    def _show(self, name: str, *, selection: bool) -> None:
        self.split, self.label, self.shows_selection = self.splits[name], None, selection
        self._rank()

    def _chosen(self) -> Indices:
        """The images of the split that are looked at, whatever their class."""
        count = 0 if self.split is None else len(self.split.labels)
        if self.shows_selection and self.selection is not None:
            chosen = self.selection.indices
            return chosen[chosen < count]
        return np.arange(count)

    def _rank(self) -> None:
        self.position = 0
        if self.split is None:
            return
        labels = self.split.labels.astype(np.int64)
        scores = self.split.scores
        if scores is None or self.order == "index":
            nothing = np.zeros(len(labels))
            scores = ImageScores(nothing, nothing)
        indices = ranked(scores, self.order, labels[: len(scores)], self.label)
        self.indices = indices[np.isin(indices, self._chosen())]
