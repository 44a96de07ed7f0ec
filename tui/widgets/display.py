"""Choose how images are displayed in the app's terminal and theme."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from textual.app import App
from textual.color import Color

from tui.rendering.glyphs import Glyphs
from tui.rendering.images import Display
from tui.rendering.palettes import GREY, ColorDepth, Ramp, Rgb
from tui.terminal.detection import capped_depth, detect_depth

_TINT: Final = 0.12
_STEPS: Final = 32


@dataclass(frozen=True, slots=True)
class SteppedRamp(Ramp):
    """A ramp with few colours, for images that cannot be shown losslessly anyway.

    Two of them make about a thousand styles at most, which Rich and Textual keep in their caches.
    With all greys almost every run has a style of its own, and a frame takes twice as long.
    """

    steps: int = _STEPS

    def colors(self) -> NDArray[np.uint8]:
        """Return the colour of each grey, ``(256, 3)``."""
        last = self.steps - 1
        nearest = np.rint(np.rint(np.linspace(0, last, 256)) * 255 / last)
        return Ramp(self.dark, self.light).colors()[nearest.astype(np.intp)]


def app_display(app: App[Any], glyphs: Glyphs, *, lossless: bool = False) -> Display:
    """Return how images are displayed in the app's present theme.

    Args:
        app: the app.
        glyphs: the finest that may be used.
        lossless: the images have a cell for every two pixels, and are to keep all greys.
    """
    depth = app_depth(app)
    if depth is not ColorDepth.TRUECOLOR:
        return Display(depth, glyphs, GREY)
    ramp = theme_ramp(app)
    # Half blocks show such images exactly; finer glyphs would only cost time.
    if lossless:
        return Display(depth, "half", ramp)
    return Display(depth, glyphs, SteppedRamp(ramp.dark, ramp.light))


def app_depth(app: App[Any]) -> ColorDepth:
    """Return the colour depth of the app's terminal."""
    # Textual writes to the original stderr.
    encoding = sys.__stderr__.encoding if sys.__stderr__ is not None else None
    depth = detect_depth(os.environ, encoding=encoding, is_terminal=True)
    if not depth.has_color:
        return depth
    return capped_depth(ColorDepth.TRUECOLOR, app.console.color_system)


def theme_ramp(app: App[Any]) -> Ramp:
    """Return the ramp: black to tinted white in a dark theme, tinted paper to black in a light one.

    One channel keeps all 256 levels, so that no two greys become the same colour.
    """
    theme = app.current_theme
    if theme.ansi:
        return GREY
    light = _tinted_white(Color.parse(theme.primary))
    return Ramp((0, 0, 0), light) if theme.dark else Ramp(light, (0, 0, 0))


def _tinted_white(color: Color) -> Rgb:
    tinted = Color(255, 255, 255).blend(color, _TINT)
    brightest = max(tinted.rgb)
    red, green, blue = (round(channel * 255 / brightest) for channel in tinted.rgb)
    return red, green, blue
