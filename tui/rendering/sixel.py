"""Images as sixels: bands of six rows of pixels, each colour of a band drawn over the others.

Source: "VT330/VT340 Programmer Reference Manual", volume 2, chapter 14; and Sixel's raster
attributes and colour introducer there.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tui.rendering.pixels import Pixels

_BAND: Final = 6
_MOST_COLORS: Final = 256
_EMPTY: Final = "?"
# Shorter runs are not worth a repeat introducer.
_REPEATED: Final = re.compile(r"(.)\1{3,}")
# Pixels that are not drawn keep what the terminal shows there: P2 = 1.
_START, _END = "\x1bP0;1;0q", "\x1b\\"


def sixel(pixels: Pixels) -> str:
    """Encode an image as one sixel string.

    Args:
        pixels: (height, width), (height, width, 3), or (height, width, 4) uint8; what is
            transparent is not drawn. More than 256 colours are reduced by median cut.
    """
    colors, indices = _indexed(pixels)
    height, width = indices.shape
    parts = [f'{_START}"1;1;{width};{height}']
    for number, color in enumerate(colors):
        red, green, blue = (round(int(level) * 100 / 255) for level in color)
        parts.append(f"#{number};2;{red};{green};{blue}")
    parts.append("-".join(_band(indices[top : top + _BAND]) for top in range(0, height, _BAND)))
    return "".join(parts) + _END


def _indexed(pixels: Pixels) -> tuple[Pixels, NDArray[np.int16]]:
    """The colours (n, 3) of an image and each pixel's index, -1 where it is transparent."""
    # Imported here: only terminals that are sent pixels need it.
    from PIL import Image as Pillow

    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., np.newaxis], 3, axis=-1)
    rgb = np.ascontiguousarray(pixels[..., :3])
    image = Pillow.fromarray(rgb)
    if (counted := image.getcolors(_MOST_COLORS)) is not None:
        colors = np.array(sorted(color for _, color in counted), np.uint8)
        indices = np.searchsorted(_codes(colors), _codes(rgb))
    else:
        reduced = image.quantize(_MOST_COLORS, dither=Pillow.Dither.NONE)
        colors = np.array(reduced.getpalette(), np.uint8).reshape(-1, 3)
        indices = np.asarray(reduced)
    shown = indices.astype(np.int16)
    if pixels.shape[-1] == 4:
        shown[pixels[..., 3] == 0] = -1
    return colors, shown


def _codes(colors: Pixels) -> NDArray[np.int32]:
    """Colours (..., 3) as numbers, in the same order."""
    red, green, blue = np.moveaxis(colors.astype(np.int32), -1, 0)
    codes: NDArray[np.int32] = red << 16 | green << 8 | blue
    return codes


def _band(indices: NDArray[np.int16]) -> str:
    """A band of at most six rows (rows, width): each of its colours, one after the other."""
    rows, columns = np.nonzero(indices >= 0)
    used, places = np.unique(indices[rows, columns], return_inverse=True)
    width = indices.shape[1]
    bits = np.bincount(places * width + columns, weights=1 << rows, minlength=len(used) * width)
    characters = (bits.astype(np.uint8) + ord(_EMPTY)).reshape(len(used), width)
    drawn = (
        f"#{color}{_REPEATED.sub(_counted, line.tobytes().decode('ascii').rstrip(_EMPTY))}"
        for color, line in zip(used.tolist(), characters, strict=True)
    )
    return "$".join(drawn)


def _counted(run: re.Match[str]) -> str:
    return f"!{len(run[0])}{run[1]}"
