"""The image under the cursor, larger, with its figures, and the classes of its split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui.data_browser.model import Browse
from tui.data_browser.page import Page
from tui.widgets.images import ImageGrid
from vae_engine.inspection.messages import Nearness

_QUIET = "$text-muted"
_BAR_CELLS = 12
_Z_SHOWN = 8


class Details(Vertical):
    """Two images, figures, classes."""

    def __init__(self, *, id: str | None = None) -> None:
        """Make it, empty."""
        super().__init__(id=id)
        self._heights: dict[str, int] = {}

    def compose(self) -> ComposeResult:
        """Images above the figures, the classes below."""
        yield ImageGrid(id="closeup")
        yield Static(id="figures")
        yield Static(id="classes")

    def show(self, page: Page | None, at: int, browse: Browse) -> None:
        """Show one image of a page; nothing without a page."""
        self.query_one("#closeup", ImageGrid).display = page is not None
        self._write("#classes", list(class_lines(browse)))
        if page is None:
            self._write("#figures", [])
            return
        originals, made = page.images.originals.values, page.images.reconstructions.values
        pair, captions = np.stack([originals[at], made[at]]), ["image", "model"]
        if browse.split is not None and (near := browse.split.nearness) is not None:
            pair, captions = np.stack([near.decoded.values, originals[at]]), ["sample", "nearest"]
        self.query_one("#closeup", ImageGrid).show(pair, captions=captions, columns=2)
        self._write("#figures", list(figure_lines(page, at, browse)))

    def _write(self, name: str, lines: list[Content]) -> None:
        """Write lines; only another number of them changes the room."""
        other_height = self._heights.get(name) != len(lines)
        self._heights[name] = len(lines)
        self.query_one(name, Static).update(Content("\n").join(lines), layout=other_height)


def figure_lines(page: Page, at: int, browse: Browse) -> Iterator[Content]:
    """What is known of one image of a page."""
    images, index = page.images, page.images.indices[at]
    rec, kl = (float(terms.values[at]) for terms in (images.reconstruction_loss, images.kl_loss))
    yield Content.styled(browse.origin(index), "bold")
    if browse.split is not None and (near := browse.split.nearness) is not None:
        yield from _nearness_lines(near, index)
    for name, value in (("-ELBO", rec + kl), ("reconstruction", rec), ("KL", kl)):
        yield Content.styled(f"{name:<15}", _QUIET) + Content(f"{value:9.2f}")
    z, spread = images.z_mean.values[at], images.z_log_var.values[at]
    for dimension, (mean, log_var) in enumerate(zip(z[:_Z_SHOWN], spread[:_Z_SHOWN], strict=True)):
        sigma = float(min(99.0, 2.718281828 ** (0.5 * min(20.0, float(log_var)))))
        yield Content.styled(f"{f'z{dimension}':<15}", _QUIET) + Content(
            f"{float(mean):+9.2f} ± {sigma:.2f}"
        )
    if len(z) > _Z_SHOWN:
        yield Content.styled(f"and {len(z) - _Z_SHOWN} more dimensions", _QUIET)


def _nearness_lines(near: Nearness, index: int) -> Iterator[Content]:
    """How near the image is to the sample, and what to compare that with."""
    yield Content.styled(f"{'distance':<15}", _QUIET) + Content(
        f"{near.distances.values[index]:9.3f}"
    )
    if near.usual is not None:
        yield Content.styled(f"{'test median':<15}", _QUIET) + Content(f"{near.usual:9.3f}")
        yield Content.styled("of reconstructed test images; a", _QUIET)
        yield Content.styled("sample far nearer was memorised", _QUIET)
    yield Content()


def class_lines(browse: Browse) -> Iterator[Content]:
    """The mean -ELBO of each class, the hardest first; empty before it is known."""
    split = browse.split
    if split is None or not split.classes:
        return
    highest = max(1e-9, *(abs(one.negative_elbo) for one in split.classes))
    yield Content()
    of_all = " of the split" if browse.shows_selection else ""
    yield Content.styled(f"mean -ELBO by class{of_all}, hardest first", _QUIET)
    for one in split.classes:
        cells = round(_BAR_CELLS * max(0.0, one.negative_elbo) / highest)
        name = browse.label_of(one.label)[:12]
        chosen = "bold" if one.label == browse.label else ""
        yield (
            Content.styled(f"{name:<12} ", chosen)
            + Content(f"{one.negative_elbo:9.2f} ")
            + Content.styled("▇" * cells, "$primary")
        )
