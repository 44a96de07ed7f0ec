"""Detects the terminal's capabilities from its environment.

Over ssh little more than TERM arrives, so the names of terminals that always have 24-bit colours
count as well as COLORTERM.
"""

from collections.abc import Mapping
from typing import Final, TextIO

from tui.rendering.palettes import ColorDepth
from tui.terminal.charset import is_unicode
from tui.terminal.colorterm import terminal_colors

_COLORLESS_TERMS: Final = ("", "dumb", "unknown", "vt52", "vt100", "vt102", "vt220")
_BY_COLORS: Final = {
    "24bit": ColorDepth.TRUECOLOR,
    "256": ColorDepth.ANSI_256,
    "16": ColorDepth.ANSI_16,
}
_BY_COLOR_SYSTEM: Final = {
    "truecolor": ColorDepth.TRUECOLOR,
    "256": ColorDepth.ANSI_256,
    "standard": ColorDepth.ANSI_16,
    "windows": ColorDepth.ANSI_16,
    None: ColorDepth.MONO,
}


def detect_depth(
    environ: Mapping[str, str], *, encoding: str | None, is_terminal: bool
) -> ColorDepth:
    """Detect the colour depth from the environment and the output stream.

    Args:
        environ: NO_COLOR (https://no-color.org), TERM, COLORTERM and the locale are read.
        encoding: of the stream; None is taken for ASCII.
        is_terminal: whether the stream is one; nothing else gets control sequences.
    """
    if not is_unicode(environ, encoding):
        return ColorDepth.ASCII
    term = environ.get("TERM", "").strip().lower()
    if not is_terminal or environ.get("NO_COLOR") or term in _COLORLESS_TERMS:
        return ColorDepth.MONO
    return _BY_COLORS[terminal_colors(environ)]


def stream_depth(stream: TextIO, environ: Mapping[str, str]) -> ColorDepth:
    """Detect the colour depth of a stream, such as ``sys.stdout``."""
    return detect_depth(environ, encoding=stream.encoding, is_terminal=stream.isatty())


def capped_depth(depth: ColorDepth, color_system: str | None) -> ColorDepth:
    """Return the poorer of a depth and what Rich lets through.

    Rich and Textual downgrade 24-bit colours by a rule of their own, 4 dB worse than `palette`.

    Args:
        depth: what the terminal can show.
        color_system: ``rich.console.Console.color_system``.
    """
    order = list(ColorDepth)
    return max(depth, _BY_COLOR_SYSTEM[color_system], key=order.index)
