"""Test card of `vae doctor`: colours, glyphs and widths to check by eye."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from tui.rendering.glyphs import GLYPH_NAMES, PATTERNS, Glyphs
from tui.rendering.palettes import ColorDepth
from tui.rendering.runs import Line

_WIDTH = 32
_SHAPES: dict[Glyphs, tuple[int, int]] = {
    "half": (2, 1),
    "quadrant": (2, 2),
    "sextant": (3, 2),
    "octant": (4, 2),
}
_GLYPHS = 36
_INDENT, _NAME_WIDTH = "  ", 14


def card(depth: ColorDepth) -> list[Line]:
    """Return lines to print; each ends with its expected look."""
    lines = list(_colors(depth))
    if depth is not ColorDepth.ASCII:
        lines += [_text(name, _glyph_row(name), "blocks, no boxes") for name in GLYPH_NAMES]
        lines.append(_text("lines", "┌─┬─┐ ╭─╮ │ ⠁⠃⠇⡇ ▁▂▃▄▅▆▇█ ●○▸▾✓✗", "joined"))
        lines.append(_text("widths", "|é|漢字|한글|🙂|👩‍🔬|🇪🇺|", "a bar after each"))
    return lines


def _colors(depth: ColorDepth) -> Iterator[Line]:
    if not depth.has_color:
        return
    sixteen = [Style(bgcolor=Color.from_ansi(at * 16 // _WIDTH)) for at in range(_WIDTH)]
    yield _painted("16", sixteen, "sixteen colours")
    if depth in (ColorDepth.ANSI_256, ColorDepth.TRUECOLOR):
        greys = [Style(bgcolor=Color.from_ansi(232 + at * 24 // _WIDTH)) for at in range(_WIDTH)]
        yield _painted("256", greys, "black to white, even steps")
    if depth is ColorDepth.TRUECOLOR:
        hues = np.linspace(0, 2 * np.pi, _WIDTH)
        waves = [128 + 127 * np.cos(hues - shift) for shift in (0, 2 * np.pi / 3, 4 * np.pi / 3)]
        rainbow = [
            Style(bgcolor=Color.from_rgb(*map(float, rgb))) for rgb in np.stack(waves).T.round()
        ]
        yield _painted("24bit", rainbow, "a smooth rainbow")


def _painted(name: str, styles: list[Style], caption: str) -> Line:
    return [
        Segment(f"{_INDENT}{name:{_NAME_WIDTH}}"),
        *(Segment(" ", style) for style in styles),
        Segment(f"  {caption}"),
    ]


def _text(name: str, sample: str, caption: str) -> Line:
    return [Segment(f"{_INDENT}{name:{_NAME_WIDTH}}{sample}  {caption}")]


def _glyph_row(name: Glyphs) -> str:
    """Select at most `_GLYPHS` glyphs, evenly from the set."""
    patterns = PATTERNS[_SHAPES[name]]
    step = -(-len(patterns) // _GLYPHS)
    return "".join(map(chr, patterns[1::step]))
