"""Test pattern that shows whether the font has a set of glyphs."""

from typing import Final

import numpy as np

from tui.rendering.glyphs import PATTERNS, Glyphs
from tui.rendering.runs import Line, plain_lines

_SUBCELLS: Final[dict[Glyphs, tuple[int, int]]] = {
    "half": (2, 1),
    "quadrant": (2, 2),
    "sextant": (3, 2),
    "octant": (4, 2),
}
_COLUMNS: Final = 24
_ROWS: Final = 3
_WAVES: Final = 2


def specimen(glyphs: Glyphs) -> list[Line]:
    """Return two hills in the glyphs of one set, 3 lines of 24 cells, in the terminal's colours.

    A font that has the glyphs shows even slopes; boxes, question marks or gaps mean it has not.
    """
    rows, columns = _SUBCELLS[glyphs]
    across = (np.arange(_COLUMNS * columns) + 0.5) / (_COLUMNS * columns)
    depth = (np.arange(_ROWS * rows) + 0.5) / (_ROWS * rows)
    hills = depth[:, np.newaxis] > (1 + np.cos(2 * np.pi * _WAVES * across)) / 2
    bits = 1 << np.arange(rows * columns).reshape(rows, 1, columns)
    cells = hills.reshape(_ROWS, rows, _COLUMNS, columns)
    patterns = (cells * bits).sum(axis=(1, 3))
    return plain_lines(np.array(PATTERNS[rows, columns], dtype=np.uint32)[patterns])
