"""Draw labelled points in terminal cells: each part of a cell shows its most common label."""

from __future__ import annotations

from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from tui.rendering.color_palettes import rgb_codes, rgb_color
from tui.rendering.palettes import ColorDepth, Rgb
from tui.rendering.runs import Line

LABEL_COLORS: Final[tuple[Rgb, ...]] = (
    (63, 144, 218),
    (255, 169, 14),
    (189, 31, 1),
    (148, 164, 162),
    (131, 45, 182),
    (169, 107, 89),
    (231, 99, 0),
    (185, 172, 112),
    (113, 117, 129),
    (146, 218, 221),
)
"""Colours of labels, which colour-blind readers can distinguish: Petroff, "Accessible Color
Sequences for Data Visualization", 2021. Further labels reuse them."""

_UNLABELLED: Final[Rgb] = (130, 150, 170)
_NONE: Final = -1
_FAINTEST: Final = 0.45
_FEW: Final = 50
_SYMBOLS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def label_color(label: int) -> Rgb:
    """Return the colour of a label; -1, no label, has a separate one."""
    return _UNLABELLED if label < 0 else LABEL_COLORS[label % len(LABEL_COLORS)]


def label_symbol(label: int) -> str:
    """Return one character for a label."""
    return "." if label < 0 else _SYMBOLS[label % len(_SYMBOLS)]


def scatter_lines(
    places: NDArray[np.float64],
    labels: NDArray[np.int64],
    columns: int,
    rows: int,
    depth: ColorDepth,
    paper: Rgb,
) -> list[Line]:
    """Draw points in ``columns`` x ``rows`` cells.

    With many colours a cell has two parts, in the colour of the commonest label, the fainter the
    fewer points there are. With few colours or few points it shows the label itself.

    Args:
        places: ``(n, 2)`` in [0, 1]: from the left, and from the bottom.
        labels: ``(n,)``, -1 for none.
        columns: width.
        rows: height.
        depth: what the terminal can show.
        paper: the background.
    """
    if depth in (ColorDepth.TRUECOLOR, ColorDepth.ANSI_256) and len(places) > _FEW:
        commonest, counts = _commonest(places, labels, columns, 2 * rows)
        return _halves(commonest, counts, paper)
    commonest, _ = _commonest(places, labels, columns, rows)
    return [_symbols(line, paper if depth.has_color else None) for line in commonest.tolist()]


def point_cells(
    places: NDArray[np.float64], columns: int, rows: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return column and row of the cells in which points (n, 2) lie, each (n,)."""
    across = np.clip((places[:, 0] * columns).astype(np.intp), 0, columns - 1)
    down = np.clip(((1 - places[:, 1]) * rows).astype(np.intp), 0, rows - 1)
    return across, down


def _commonest(
    places: NDArray[np.float64], labels: NDArray[np.int64], columns: int, rows: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the most common label of each part, -2 if empty, and its number of points."""
    across, down = point_cells(places, columns, rows)
    known, kinds = np.unique(labels, return_inverse=True)
    counts = np.zeros((max(1, len(known)), rows, columns), np.int64)
    np.add.at(counts, (kinds, down, across), 1)
    total = counts.sum(axis=0)
    if not len(known):
        return np.full(total.shape, _NONE - 1), total
    return np.where(total > 0, known[counts.argmax(axis=0)], _NONE - 1), total


def _halves(labels: NDArray[np.int64], counts: NDArray[np.int64], paper: Rgb) -> list[Line]:
    known, kinds = np.unique(labels, return_inverse=True)
    colors = np.array([paper if label < _NONE else label_color(label) for label in known.tolist()])
    # Few shades, so that neighbours often share a style and a run.
    crowded = max(1.0, float(np.quantile(counts[counts > 0], 0.75)) if counts.any() else 1.0)
    share = np.ceil(3 * np.minimum(1.0, counts / crowded)) / 3
    strength = (_FAINTEST + (1 - _FAINTEST) * share)[..., np.newaxis]
    base = np.array(paper)
    rgb = np.rint(base + (colors[kinds.reshape(labels.shape)] - base) * strength).astype(np.intp)
    codes = rgb_codes(rgb)
    upper, lower = codes[0::2].tolist(), codes[1::2].tolist()
    return [
        [
            _half(above, below, len(list(run)))
            for (above, below), run in groupby(zip(*pair, strict=True))
        ]
        for pair in zip(upper, lower, strict=True)
    ]


def _half(above: int, below: int, width: int) -> Segment:
    text = " " if above == below else "▀"
    return Segment(text * width, Style.from_color(rgb_color(above), rgb_color(below)))


def _symbols(labels: list[int], paper: Rgb | None) -> Line:
    line = []
    background = Color.from_rgb(*paper) if paper else None
    for label, run in groupby(labels):
        width = len(list(run))
        if label < _NONE:
            line.append(Segment(" " * width))
        else:
            color = Color.from_rgb(*label_color(label))
            style = Style(color=color, bgcolor=background, bold=True) if paper else None
            line.append(Segment(label_symbol(label) * width, style))
    return line
