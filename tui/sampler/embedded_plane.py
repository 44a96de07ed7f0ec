"""The map's plane of embedded test images."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as ThemeColor

from tui.rendering.density import density_lines
from tui.rendering.palettes import ColorDepth, Rgb
from tui.rendering.runs import Line
from tui.rendering.scatter import label_color, label_symbol, scatter_lines
from tui.sampler.latent import Doubles
from tui.sampler.latent_plane import LatentPlane, marked
from tui.sampler.map_points import MapPoints, Mean
from tui.sampler.plane_canvas import Canvas
from tui.text import fitted, one_line, shortened
from tui.widgets.display import app_depth

_LONGEST_NAME: Final = 9
_MARGIN: Final = 2


class EmbeddedPlane(LatentPlane):
    """Shows the test images as points, coloured by label, or how many there are in each cell.

    Attributes:
        places: (n, 2), where they lie.
        labels: (n,), -1 for none.
        means: of classes, which are marked.
        shaded: whether the density is shown, not the labels.
        why_none: why there are no points, if there are none.
    """

    def __init__(self, title: str, *, id: str | None = None) -> None:
        super().__init__(title, id=id)
        self.means: Sequence[Mean] = ()
        self.shaded = False
        self.why_none = ""
        self._title = title
        self.clear()

    def clear(self) -> None:
        """Show no points."""
        self.places: Doubles = np.zeros((0, 2))
        self.labels: NDArray[np.int64] = np.zeros(0, np.int64)
        self.means = ()

    def show(self, points: MapPoints, *, marks_means: bool) -> None:
        """Draw these points, or say why there are none."""
        if (embeddings := points.embeddings) is None:
            self.border_title, self.border_subtitle = self._title, ""
            self.clear()
        else:
            count, every = len(points.members), len(embeddings.labels)
            counted = f"{count:,} of {every:,}" if count < every else f"{every:,}"
            without = f", {embeddings.left_out:,} without z" if embeddings.left_out else ""
            self.border_title = f"{counted} test images at epoch {embeddings.epoch}{without}"
            self.places, self.labels = points.places, points.labels
            self.means = points.means() if marks_means else ()
        self.redraw()

    def draw(self, canvas: Canvas) -> list[Line]:
        """Draw the points, and the means over them."""
        paper = self.background_colors[1].rgb
        depth = app_depth(self.app)
        size = canvas.width, canvas.height
        if self.why_none and not len(self.places):
            return told(self.why_none, *size)
        if self.shaded:
            ink = ThemeColor.parse(self.app.current_theme.primary).rgb
            lines = density_lines(self.places, *size, depth, paper, ink)
        else:
            lines = scatter_lines(self.places, self.labels, *size, depth, paper)
        return with_means(lines, self.means, canvas, depth, paper)


def told(text: str, width: int, height: int) -> list[Line]:
    """Lines of a canvas with a text at its top: the cursor begins in the middle."""
    lines = ["", *textwrap.wrap(one_line(text), max(1, width - 2 * _MARGIN))][:height]
    lines += [""] * (height - len(lines))
    return [[Segment(fitted(" " * _MARGIN + line, width))] for line in lines]


def with_means(
    lines: list[Line], means: Sequence[Mean], canvas: Canvas, depth: ColorDepth, paper: Rgb
) -> list[Line]:
    """Write the name of each class where its mean lies; one that would cover another is a symbol.

    Args:
        lines: of the canvas.
        means: to mark.
        canvas: on which.
        depth: what the terminal can show.
        paper: the background, in which the names are written on the colour of their class.
    """
    taken: set[tuple[int, int]] = set()
    for mean in means:
        x, y = canvas.cell(mean.place)
        for name in (shortened(mean.name, _LONGEST_NAME), ""):
            text = f" {name} " if name else label_symbol(mean.label)
            start = min(max(0, x - cell_len(text) // 2), canvas.width - cell_len(text))
            cells = {(at, y) for at in range(start, start + cell_len(text))}
            if start >= 0 and not cells & taken:
                break
        else:
            # Not even the symbol has a place of its own: the first mean stays readable.
            continue
        taken |= cells
        if depth.has_color:
            background = Color.from_rgb(*label_color(mean.label))
            style = Style(color=Color.from_rgb(*paper), bgcolor=background, bold=True)
        else:
            style = Style(reverse=True, bold=True)
        lines[y] = marked(lines[y], start, text, style, alone=True)
    return lines
