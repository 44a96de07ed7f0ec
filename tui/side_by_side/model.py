"""What the screen compares: images in an order, draws of z, epochs; and the place of the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from tui.side_by_side.figures import Measure, Terms
from tui.side_by_side.previews import Kind
from vae_engine.inspection.comparing_messages import Figures, ModelsOpened
from vae_engine.inspection.messages import SplitOpened
from vae_engine.inspection.ranking import label_text

Page = Literal["images", "samples", "epochs"]
Order = Literal["index", "difference"]

PAGES: Final[tuple[Page, ...]] = ("images", "samples", "epochs")
PAGE_NAMES: Final = ("same images", "same z", "same epoch")
SAMPLES: Final = 64
"""Rows of the same z, as many as a preview has samples."""

_NAMES: Final = {"val": "validation", "train": "training"}


@dataclass(frozen=True, eq=False)
class ImageRows:
    """Rows of images that are shown.

    Attributes:
        asked: what they are of, as in `SideBySide.wanted`.
        images: (rows, columns, h, w) or (rows, columns, h, w, 3).
        captions: below each.
        terms: figures of each row, of images.
        indices: (rows,), places of images in their split.
        differences: (models, rows) of samples.
        z: (rows, latent_dim) of samples.
        epochs: per session, of an epoch.
    """

    asked: tuple[object, ...]
    images: NDArray[np.uint8]
    captions: Sequence[Sequence[str]]
    terms: Terms | None = None
    indices: NDArray[np.intp] | None = None
    differences: NDArray[np.floating] | None = None
    z: NDArray[np.float32] | None = None
    epochs: tuple[int | None, ...] = ()


@dataclass
class SideBySide:
    """State of the screen, without widgets.

    Attributes:
        sessions: how many are compared.
        page: the visible one.
        opened: the loaded models, None before.
        splits: that can be shown, by name.
        split: the visible one.
        order: of its images.
        scores: of whole splits, by epoch of the models and split.
        score_problems: why there are none, likewise.
        seed: of the draw.
        kind: of the previews.
        newest: the last epoch of any session.
        epoch: of the previews; None follows the newest.
        column: of the cursor.
        positions: of the cursor in the rows of each page.
    """

    sessions: int
    page: Page = "images"
    opened: ModelsOpened | None = None
    splits: dict[str, SplitOpened] = field(default_factory=dict)
    split: str = ""
    order: Order = "index"
    scores: dict[tuple[int, str], Terms] = field(default_factory=dict)
    score_problems: dict[tuple[int, str], str] = field(default_factory=dict)
    seed: int = 0
    kind: Kind = "samples"
    newest: int = 0
    epoch: int | None = None
    column: int = 0
    preview_rows: int = 0
    positions: dict[Page, int] = field(default_factory=lambda: dict.fromkeys(PAGES, 0))

    @property
    def columns(self) -> int:
        """Images in a row."""
        return self.sessions + (self.page == "images")

    @property
    def position(self) -> int:
        """Row of the cursor, of all rows."""
        return self.positions[self.page]

    @property
    def total(self) -> int:
        """Number of rows."""
        if self.page == "images":
            return len(self.indices())
        return SAMPLES if self.page == "samples" else self.preview_rows

    @property
    def chosen_epoch(self) -> int:
        """Epoch of the models, 0 for their current weights."""
        return self.opened.epoch if self.opened else 0

    @property
    def measure(self) -> Measure:
        """By which models are compared."""
        return self.opened.measure if self.opened else "negative_elbo"

    @property
    def split_scores(self) -> Terms | None:
        """Figures of all images of the split; None before they are known."""
        return self.scores.get((self.chosen_epoch, self.split))

    @property
    def score_problem(self) -> str:
        """Why they cannot be computed; empty if they can, as far as is known."""
        return self.score_problems.get((self.chosen_epoch, self.split), "")

    @property
    def waits_for_scores(self) -> bool:
        """Whether the order of the images needs figures that are not known yet."""
        return self.order == "difference" and self.split_scores is None

    def indices(self) -> NDArray[np.intp]:
        """Images of the split, in order; those of the split where the order is not known yet."""
        split = self.splits.get(self.split)
        if split is None:
            return np.zeros(0, np.intp)
        if self.order == "difference" and (scores := self.split_scores) is not None:
            return scores.by_difference(self.measure)
        return np.arange(split.labels.shape[0])

    def rows(self, room: int) -> range:
        """The rows on the page of the cursor."""
        start = self.position - self.position % room
        return range(start, min(self.total, start + room))

    def wanted(self, room: int) -> tuple[object, ...] | None:
        """What is to be shown; None while there is nothing to ask for."""
        rows = self.rows(room)
        if self.page == "epochs":
            return "epochs", self.shown_epoch, self.kind, rows.start, room
        if self.opened is None or not len(rows):
            return None
        if self.page == "samples":
            return "samples", self.chosen_epoch, self.seed, rows.start, len(rows)
        if self.waits_for_scores:
            return None
        indices = tuple(self.indices()[rows.start : rows.stop].tolist())
        return "images", self.chosen_epoch, self.split, indices

    @property
    def shown_epoch(self) -> int:
        """Epoch of the previews."""
        return self.newest if self.epoch is None else min(self.epoch, self.newest)

    def move(self, rows: int, columns: int) -> None:
        """Move the cursor."""
        self.positions[self.page] = max(0, min(self.total - 1, self.position + rows))
        self.column = max(0, min(self.columns - 1, self.column + columns))

    def turn_split(self) -> None:
        """Show the next split, or previews of the other kind."""
        if self.page == "epochs":
            self.kind = "reconstructions" if self.kind == "samples" else "samples"
            self.positions["epochs"] = 0
        elif names := list(self.splits):
            at = names.index(self.split) if self.split in names else -1
            self.split = names[(at + 1) % len(names)]
            self.positions["images"] = 0

    def step_previews(self, by: int) -> None:
        """Show the previews of an earlier or later epoch."""
        epoch = max(1, min(self.newest, self.shown_epoch + by))
        self.epoch = None if epoch == self.newest else epoch

    def neighbour_epoch(self, by: int) -> int:
        """Return the next earlier or later epoch of which weights are kept; 0 for the current."""
        kept = list(self.opened.kept) if self.opened else []
        if not kept:
            return 0
        at = kept.index(self.chosen_epoch) if self.chosen_epoch in kept else len(kept) - 1
        at = max(0, min(len(kept) - 1, at + by))
        return 0 if at == len(kept) - 1 else kept[at]

    def image_text(self, index: int) -> str:
        """Name an image of the split, with its class."""
        split = self.splits[self.split]
        label = int(split.labels.values[index])
        of_class = f", class {label_text(label, split.label_names)}" if label >= 0 else ""
        return f"{_NAMES.get(self.split, self.split)} image {index:,}{of_class}"

    def split_text(self) -> str:
        """Name the split."""
        return f"{_NAMES.get(self.split, self.split)} images"


def terms_of(figures: Figures) -> Terms:
    """Unpack figures."""
    return Terms(
        figures.reconstruction_loss.values, figures.kl_loss.values, figures.squared_error.values
    )
