"""Convert lines of segments to text with control sequences, for commands that print."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from rich.color import Color

from tui.rendering.palettes import ColorDepth
from tui.rendering.runs import Line

_RESET: Final = "\x1b[0m"


def to_ansi(lines: Iterable[Line], depth: ColorDepth) -> str:
    """Return lines as text for a terminal of that depth, each ending in a newline.

    Of the segments' styles the colours are written, and of those only what changes from run to run;
    a line that set any ends with a reset. Without colours there are no control sequences at all,
    and in ASCII any other character, of a caption for instance, becomes a question mark.
    """
    if depth.has_color:
        return "".join(_colored(line) for line in lines)
    text = "".join("".join(segment.text for segment in line) + "\n" for line in lines)
    return text.encode("ascii", "replace").decode() if depth is ColorDepth.ASCII else text


def _colored(line: Line) -> str:
    parts = []
    ink: Color | None = None
    paper: Color | None = None
    for text, style, _ in line:
        new_paper = style.bgcolor if style else None
        new_ink = style.color if style else None
        if not text.strip(" "):
            # Spaces show no foreground, so it need not change.
            new_ink = ink
        parts += [_change(ink, paper, new_ink, new_paper), text]
        ink, paper = new_ink, new_paper
    parts += [_change(ink, paper, None, None), "\n"]
    return "".join(parts)


@lru_cache(maxsize=1 << 16)
def _change(
    old_ink: Color | None, old_paper: Color | None, ink: Color | None, paper: Color | None
) -> str:
    """Return the control sequence from one pair of colours to another; None is the default."""
    if (old_ink, old_paper) == (ink, paper):
        return ""
    if ink is None and paper is None:
        return _RESET
    codes: list[str] = []
    if ink != old_ink:
        codes += ink.get_ansi_codes() if ink else ["39"]
    if paper != old_paper:
        codes += paper.get_ansi_codes(foreground=False) if paper else ["49"]
    return f"\x1b[{';'.join(codes)}m"
