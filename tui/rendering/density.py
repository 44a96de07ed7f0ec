"""Draw how many points lie in each terminal cell: shades of one colour, or shading glyphs."""

from __future__ import annotations

from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from tui.rendering.palettes import ColorDepth, Rgb
from tui.rendering.runs import Line
from tui.rendering.scatter import point_cells

_SHADES: Final = " ░▒▓█"
_PLAIN_SHADES: Final = " .:*#"
LEVELS: Final = 5
"""Steps of the scale, the first of which is an empty cell."""
_FAINTEST: Final = 0.25
# Of xterm's cube, which has few shades of a colour: blues, on a dark and on a light background.
_CUBE_SHADES: Final[dict[bool, tuple[str, ...]]] = {
    True: ("#00005f", "#005f87", "#0087d7", "#5fd7ff"),
    False: ("#d7ffff", "#87d7ff", "#0087d7", "#00005f"),
}


def cell_counts(places: NDArray[np.float64], columns: int, rows: int) -> NDArray[np.int64]:
    """Count points in each cell, (rows, columns); places (n, 2) in [0, 1], y from the bottom."""
    across, down = point_cells(places, columns, rows)
    counts = np.bincount(down * columns + across, minlength=rows * columns)
    return counts.reshape(rows, columns).astype(np.int64)


def density_steps(counts: NDArray[np.int64]) -> list[int]:
    """The least count of each level above the first; rising, as roots of the largest do."""
    largest = int(counts.max(initial=0))
    shares = (np.arange(LEVELS - 1) / (LEVELS - 1)) ** 2
    steps = np.maximum(1, np.ceil(shares * largest)).astype(int).tolist()
    return [max(step, at + 1) for at, step in enumerate(steps)]


def shading(depth: ColorDepth) -> str:
    """The glyph of each level, for a key to the scale."""
    return _PLAIN_SHADES if depth is ColorDepth.ASCII else _SHADES


def density_lines(
    places: NDArray[np.float64], columns: int, rows: int, depth: ColorDepth, paper: Rgb, ink: Rgb
) -> list[Line]:
    """Draw the density of points in ``columns`` x ``rows`` cells.

    Args:
        places: ``(n, 2)`` in [0, 1]: from the left, and from the bottom.
        columns: width.
        rows: height.
        depth: what the terminal can show.
        paper: the background, where there are no points.
        ink: where there are the most.
    """
    counts = cell_counts(places, columns, rows)
    levels = np.searchsorted(density_steps(counts), counts, side="right")
    if depth is ColorDepth.TRUECOLOR:
        styles = [Style(bgcolor=_mixed(paper, ink, level)) for level in range(LEVELS)]
        texts = " " * LEVELS
    elif depth is ColorDepth.ANSI_256:
        shades = _CUBE_SHADES[sum(paper) < sum((128, 128, 128))]
        styles = [Style(), *(Style(bgcolor=Color.parse(shade)) for shade in shades)]
        texts = " " * LEVELS
    else:
        # Sixteen colours have no shades: these are the glyphs'.
        color = Style(color=Color.from_rgb(*ink), bgcolor=Color.from_rgb(*paper))
        styles = [color if depth.has_color else Style()] * LEVELS
        texts = shading(depth)
    return [
        [
            Segment(texts[level] * len(list(run)), styles[level] if level else None)
            for level, run in groupby(line)
        ]
        for line in levels.tolist()
    ]


def _mixed(paper: Rgb, ink: Rgb, level: int) -> Color:
    share = _FAINTEST + (1 - _FAINTEST) * (level - 1) / (LEVELS - 2) if level else 0.0
    mixed = np.array(paper) * (1 - share) + np.array(ink) * share
    red, green, blue = np.rint(mixed).astype(int).tolist()
    return Color.from_rgb(red, green, blue)
