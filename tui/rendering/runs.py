"""Join cells to lines of Rich segments, one per run of equal style.

The lines go into a Textual ``Strip`` unchanged. A run costs about 40 bytes of output regardless of
its length, so fewer runs make images cheap over ssh.
"""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment

from tui.rendering.blocks import Cells
from tui.rendering.color_palettes import ColorPalette
from tui.rendering.glyphs import SPACE
from tui.rendering.palettes import CODE_BITS, Palette

Line = list[Segment]
"""The segments of one line of the screen."""


def colored_lines(cells: Cells, palette: Palette | ColorPalette) -> list[Line]:
    """Join cells ``(..., rows, columns)`` of equal style into runs.

    Args:
        cells: of grey or of colour images.
        palette: for the one or the other.

    Returns:
        The lines from top to bottom, those of the first image first.
    """
    *batch, columns = cells.codepoints.shape
    count = math.prod(batch)
    if count * columns == 0:
        return [[] for _ in range(count)]
    ink = palette.codes(cells.foreground).reshape(-1)
    paper = palette.codes(cells.background).reshape(-1)
    blank = ink == paper
    text = _text(np.where(blank, SPACE, cells.codepoints.reshape(-1)))
    line_start = np.arange(count * columns) % columns == 0
    ink = _lent_ink(ink, paper, blank, line_start)

    key = ink << CODE_BITS | paper
    starts = np.flatnonzero(line_start | _differs(key))
    ends = [*starts[1:].tolist(), len(text)]
    styles = palette.styles
    segments = [
        Segment(text[start:end], styles[pair])
        for start, end, pair in zip(starts.tolist(), ends, key[starts].tolist(), strict=True)
    ]
    firsts = np.flatnonzero(line_start[starts]).tolist()
    return [segments[first:last] for first, last in pairwise([*firsts, len(segments)])]


def plain_lines(codepoints: NDArray[np.uint32]) -> list[Line]:
    """Return cells ``(..., rows, columns)`` as lines of one segment without style."""
    *batch, columns = codepoints.shape
    text = _text(codepoints.reshape(-1))
    return [
        [Segment(text[line * columns : (line + 1) * columns])] for line in range(math.prod(batch))
    ]


def _text(codepoints: NDArray[np.uint32]) -> str:
    return codepoints.astype("<u4").tobytes().decode("utf-32-le")


def _differs(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return which values differ from the one before; the first does."""
    return np.concatenate([[True], values[1:] != values[:-1]])


def _lent_ink(
    ink: NDArray[np.int64],
    paper: NDArray[np.int64],
    blank: NDArray[np.bool_],
    line_start: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Give blank cells, which show no ink, the ink of a glyph beside them on equal paper.

    So they need no run of their own. The glyph before them lends it, or else the one after.
    """
    cell = np.arange(len(ink))
    stretch = np.cumsum(line_start | _differs(paper))
    before = np.maximum.accumulate(np.where(blank, 0, cell))
    after = np.minimum.accumulate(np.where(blank, len(ink) - 1, cell)[::-1])[::-1]
    lent = ink
    for lender in (after, before):
        lends = ~blank[lender] & (stretch[lender] == stretch)
        lent = np.where(lends, ink[lender], lent)
    return lent
