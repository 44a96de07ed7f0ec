"""Render images without colours, by shapes of glyphs or by ASCII characters.

Ink stands for white, as it looks on a dark terminal; on a light one the images look inverted.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tui.rendering.glyphs import FULL, SPACE, Glyphs, glyph_set
from tui.rendering.resample import area_resize
from tui.rendering.sampling import Image, cell_samples, check_request, chunks

_WHITE: Final = 255.0
_SHADES: Final = {0.0: SPACE, 0.25: ord("░"), 0.5: ord("▒"), 0.75: ord("▓"), 1.0: FULL}
# From empty to full; each character is visibly denser than the one before.
_ASCII_RAMP: Final = np.array([ord(character) for character in " .:-=+*#%@"], dtype=np.uint32)


def fit_shapes(
    images: Image, columns: int, rows: int, glyphs: Glyphs = "half"
) -> NDArray[np.uint32]:
    """Fit a block glyph or a shade to every cell, white on black, by the squared error.

    Args:
        images: ``(..., H, W)`` uint8.
        columns: width in cells; 0 gives no cells.
        rows: height in cells.
        glyphs: the set to choose from.

    Returns:
        The code points, ``(..., rows, columns)``.

    Raises:
        DatasetError: the images are not uint8 of at least one pixel.
        SettingError: a negative size, or an unknown glyph set.
    """
    chosen = glyph_set(glyphs)
    values, coverage, shape = cell_samples(images, columns, rows, chosen)
    invertible = chosen.inverses != 0
    shades = np.repeat(list(_SHADES), len(values)).reshape(len(_SHADES), len(values))
    inked = np.concatenate([shades, coverage, 1 - coverage[invertible]])
    codepoints = np.concatenate(
        [list(_SHADES.values()), chosen.codepoints, chosen.inverses[invertible]]
    ).astype(np.uint32)
    # |value - white * inked|^2, divided by white and without the term that all glyphs share.
    own = _WHITE * (inked**2).sum(axis=1)[:, np.newaxis]
    fitted = np.empty(values.shape[1], dtype=np.uint32)
    for chunk in chunks(len(fitted), inked):
        error = own - 2 * inked @ values[:, chunk]
        fitted[chunk] = codepoints[error.argmin(axis=0)]
    return fitted.reshape(shape)


def ascii_shades(images: Image, columns: int, rows: int) -> NDArray[np.uint32]:
    """Shade every cell by its mean grey with one of ten ASCII characters.

    Args and errors as for `fit_shapes`.

    Returns:
        The code points, ``(..., rows, columns)``.
    """
    check_request(images, columns, rows)
    greys = area_resize(images, rows, columns)
    steps = np.rint(greys / _WHITE * (len(_ASCII_RAMP) - 1)).astype(np.intp)
    return _ASCII_RAMP[steps]
