"""Palettes: the terminal's colours for the pixels of colour images."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.color import Color, ColorType

from tui.rendering.palettes import XTERM_COLORS, ColorDepth, StyleTable, indexed
from tui.rendering.resample import area_resize
from tui.rendering.sampling import Image
from vae_engine.errors import SettingError

# Terminals differ: these are midway between the palettes of xterm, VGA, iTerm and Windows.
ANSI_16_COLORS: Final = np.array(
    [
        (0, 0, 0),
        (195, 0, 0),
        (0, 190, 0),
        (195, 180, 0),
        (0, 20, 215),
        (185, 0, 190),
        (20, 180, 200),
        (205, 205, 205),
        (110, 110, 110),
        (255, 70, 75),
        (70, 240, 60),
        (250, 245, 110),
        (80, 100, 255),
        (245, 70, 245),
        (90, 240, 245),
        (255, 255, 255),
    ]
)

# The nearest entry is found by the upper bits of each channel.
_BITS: Final = 5
_SHIFT: Final = 8 - _BITS

# Bayer's 4 x 4 thresholds, -0.5 to 0.5, times a spread of levels. Averaged over 2 x 2 pixels, two
# photographs in 16 colours gain 1.9 dB by it; in 256 colours they gain less than they lose in
# sharpness.
_SPREAD: Final = 64
_BAYER: Final = _SPREAD * (
    np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 - 15 / 32
)


@dataclass(frozen=True, slots=True)
class ColorPalette:
    """Maps RGB values to the terminal's colours.

    Attributes:
        codes: from ``(..., 3)`` uint8 to ``(...)`` int64, the code of each colour.
        styles: the styles of cells, by the codes of their colours.
    """

    codes: Callable[[NDArray[np.uint8]], NDArray[np.int64]]
    styles: StyleTable


@lru_cache(maxsize=4)
def color_palette(depth: ColorDepth) -> ColorPalette:
    """Return the terminal's colours for the pixels of colour images.

    Of 256 or 16 colours the one with the least distance in Oklab, a space in which equal distances
    look equal (Ottosson, "A perceptual color space for image processing", 2020).

    Raises:
        SettingError: the depth has no colours.
    """
    if depth is ColorDepth.TRUECOLOR:
        return ColorPalette(rgb_codes, StyleTable(rgb_color))
    if depth is ColorDepth.ANSI_256:
        entries, first, kind = XTERM_COLORS, 16, ColorType.EIGHT_BIT
    elif depth is ColorDepth.ANSI_16:
        entries, first, kind = ANSI_16_COLORS, 0, ColorType.STANDARD
    else:
        raise SettingError(f"colour depth {depth.value!r} has no colours; give one that has")
    colors = [indexed(first + number, kind, entry) for number, entry in enumerate(entries)]
    return ColorPalette(_Nearest(entries).codes, StyleTable(colors.__getitem__))


class _Nearest:
    """Finds the nearest entry per bin of RGB values, on demand."""

    def __init__(self, entries: NDArray[np.intp]) -> None:
        self._entries = oklab(entries)
        self._found = np.full(1 << 3 * _BITS, -1, dtype=np.int64)

    def codes(self, rgb: NDArray[np.uint8]) -> NDArray[np.int64]:
        red, green, blue = np.moveaxis((rgb >> _SHIFT).astype(np.int64), -1, 0)
        bins = red << 2 * _BITS | green << _BITS | blue
        unknown = np.unique(bins[self._found[bins] < 0])
        upper = unknown[:, np.newaxis] >> np.array([2 * _BITS, _BITS, 0]) & (1 << _BITS) - 1
        # Evenly from 0 to 255, so that black and white are exact.
        levels = oklab(upper * (255 / ((1 << _BITS) - 1)))
        # |a - b|^2 without a^2, which all entries share.
        distance = (self._entries**2).sum(axis=1) - 2 * levels @ self._entries.T
        self._found[unknown] = distance.argmin(axis=1)
        codes: NDArray[np.int64] = self._found[bins]
        return codes


def dithered(images: Image, width: int, height: int) -> Image:
    """Resize RGB images and add offsets, so that few colours give the right mean.

    The offset depends on the position only, so that unchanged images do not flicker.

    Args:
        images: ``(..., H, W, 3)`` uint8.
        width: of the result in pixels.
        height: likewise.
    """
    planes = area_resize(np.moveaxis(images, -1, -3), height, width)
    rows, columns = np.arange(height)[:, np.newaxis] % 4, np.arange(width) % 4
    offset = np.rint(np.clip(planes + _BAYER[rows, columns], 0, 255)).astype(np.uint8)
    return np.moveaxis(offset, -3, -1)


def oklab(rgb: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return sRGB colours ``(..., 3)``, 0 to 255, in Oklab ``(..., 3)`` (Ottosson 2020)."""
    shares = rgb.astype(np.float64) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    found: NDArray[np.float64] = np.cbrt(linear @ _TO_CONES.T) @ _TO_OKLAB.T
    return found


_TO_CONES: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OKLAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def rgb_codes(rgb: NDArray[Any]) -> NDArray[np.int64]:
    """Return a 24-bit code per colour, (..., 3) in 0..255."""
    red, green, blue = np.moveaxis(rgb.astype(np.int64), -1, 0)
    codes: NDArray[np.int64] = red << 16 | green << 8 | blue
    return codes


def rgb_color(code: int) -> Color:
    """Return the colour of a 24-bit code."""
    return Color.from_rgb(code >> 16, code >> 8 & 0xFF, code & 0xFF)
