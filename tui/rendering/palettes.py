"""Palettes: the terminal's colours for the greys of an image."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.style import Style

from tui.rendering.sampling import LUMINANCE
from vae_engine.errors import SettingError

Rgb = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


class ColorDepth(StrEnum):
    """Colour depth of a terminal."""

    TRUECOLOR = "truecolor"
    """24-bit colours."""
    ANSI_256 = "256"
    """The cube of 216 colours and 24 greys of xterm."""
    ANSI_16 = "16"
    """Sixteen colours, four of them grey."""
    MONO = "mono"
    """No colours, by lack of support or by NO_COLOR; only shapes and shades."""
    ASCII = "ascii"
    """Neither colours nor block glyphs."""

    @property
    def has_color(self) -> bool:
        """Whether control sequences for colours may be written."""
        return self not in (ColorDepth.MONO, ColorDepth.ASCII)


@dataclass(frozen=True, slots=True)
class Ramp:
    """Colours at both ends of the grey scale of images.

    Attributes:
        dark: shown for grey 0.
        light: shown for grey 255.
    """

    dark: Rgb = (0, 0, 0)
    light: Rgb = (255, 255, 255)

    def colors(self) -> NDArray[np.uint8]:
        """Return the colour of each grey, ``(256, 3)``."""
        share = np.arange(256)[:, np.newaxis] / 255
        mixed = np.array(self.dark) * (1 - share) + np.array(self.light) * share
        return np.rint(mixed).astype(np.uint8)


GREY: Final = Ramp()


CODE_BITS: Final = 24
"""Bits of a colour's code, so that two make one key."""

_CODE: Final = (1 << CODE_BITS) - 1
_STYLES_KEPT: Final = 8192


class StyleTable(dict[int, Style]):
    """Styles of cells in two colours of a palette, by their codes: ``ink << 24 | paper``.

    Made when first asked for and kept, since making one takes longer than all else about a run.
    If there are too many, all are rebuilt: a training's images come to use most of the 65,536
    pairs of greys within hours, at 0.4 KB each.
    """

    def __init__(self, color_of: Callable[[int], Color]) -> None:
        super().__init__()
        self._color_of = color_of

    def __missing__(self, pair: int) -> Style:
        ink, paper = pair >> CODE_BITS, pair & _CODE
        ink_color = None if ink == paper else self._color_of(ink)
        if len(self) >= _STYLES_KEPT:
            self.clear()
        style = self[pair] = Style.from_color(ink_color, self._color_of(paper))
        return style


@dataclass(frozen=True, slots=True)
class Palette:
    """Distinct colours for the 256 greys.

    Attributes:
        levels: ``(256,)`` uint8, the index of each grey's colour.
        colors: the colours, no two alike.
        styles: the styles of cells, by the indices of their colours.
    """

    levels: NDArray[np.uint8]
    colors: tuple[Color, ...]
    styles: StyleTable

    def codes(self, greys: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return the code of each grey's colour, in an array of the same shape."""
        return self.levels[greys].astype(np.int64)


_CUBE_STEPS: Final = (0, 95, 135, 175, 215, 255)
_GREY_STEPS: Final = tuple(range(8, 239, 10))
XTERM_COLORS: Final = np.concatenate(
    [
        np.stack(np.meshgrid(*[_CUBE_STEPS] * 3, indexing="ij"), axis=-1).reshape(-1, 3),
        np.repeat(_GREY_STEPS, 3).reshape(-1, 3),
    ]
)
"""The entries 16 to 255 of xterm's palette, which no theme changes, ``(240, 3)``."""

# Terminals differ: these are midway between the palettes of xterm, VGA, iTerm and Windows.
_ANSI_16_GREYS: Final = {0: 0, 8: 110, 7: 205, 15: 255}


@lru_cache(maxsize=8)
def palette(depth: ColorDepth, ramp: Ramp = GREY) -> Palette:
    """Return the terminal's colours for the greys of an image.

    256 colours: of the fixed entries 16 to 255 the one nearest in luminance and in hue. For the
    grey ramp these are 30 pure greys, 47 dB on MNIST at full resolution. Entries of the cube that
    are merely nearly grey would lie closer in luminance (50 dB), but up to 40 levels off in hue:
    speckles in a grey image.

    16 colours: four greys whatever the ramp, reversed if the ramp's dark end is the lighter one.

    Raises:
        SettingError: the depth has no colours.
    """
    rgb = ramp.colors()
    if depth is ColorDepth.TRUECOLOR:
        distinct, levels = np.unique(rgb, axis=0, return_inverse=True)
        colors = [Color.from_rgb(*(int(channel) for channel in entry)) for entry in distinct]
    elif depth is ColorDepth.ANSI_256:
        numbers, levels = np.unique(_nearest_of_256(rgb), return_inverse=True)
        colors = [indexed(int(n), ColorType.EIGHT_BIT, XTERM_COLORS[n - 16]) for n in numbers]
    elif depth is ColorDepth.ANSI_16:
        numbers, levels = np.unique(_nearest_of_16(ramp), return_inverse=True)
        colors = [indexed(int(n), ColorType.STANDARD, [_ANSI_16_GREYS[n]] * 3) for n in numbers]
    else:
        raise SettingError(f"colour depth {depth.value!r} has no colours; give one that has")
    styles = StyleTable(colors.__getitem__)
    return Palette(levels.astype(np.uint8).reshape(256), tuple(colors), styles)


def _nearest_of_256(rgb: NDArray[np.uint8]) -> NDArray[np.intp]:
    difference = rgb[:, np.newaxis].astype(np.float64) - XTERM_COLORS
    luminance = difference @ LUMINANCE
    hue = difference - luminance[..., np.newaxis]
    numbers: NDArray[np.intp] = 16 + (luminance**2 + (hue**2).sum(axis=-1)).argmin(axis=1)
    return numbers


def _nearest_of_16(ramp: Ramp) -> NDArray[np.intp]:
    greys = np.arange(256) if sum(ramp.dark) <= sum(ramp.light) else np.arange(256)[::-1]
    numbers = np.array(list(_ANSI_16_GREYS))
    distance = np.abs(greys[:, np.newaxis] - np.array(list(_ANSI_16_GREYS.values())))
    nearest: NDArray[np.intp] = numbers[distance.argmin(axis=1)]
    return nearest


def indexed(number: int, kind: ColorType, rgb: Iterable[int]) -> Color:
    """Return an entry of the terminal's palette, which looks like that RGB value."""
    # With its RGB value a colour passes through Textual's filters and Rich's downgrading as it is;
    # without it they would replace the number by a worse one.
    return Color(f"color({number})", kind, number, ColorTriplet(*map(int, rgb)))
