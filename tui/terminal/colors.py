"""Filter colours on their way to the terminal, so that it has them and text is legible."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rich.color import Color as RichColor
from rich.color import ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from tui.terminal.color_tables import (
    LEAST_CONTRAST,
    XTERM_16,
    XTERM_256,
    Rgb,
    contrast,
    nearest_of_16,
    nearest_of_256,
    readable,
    readable_of_256,
    readable_on_16,
    surfaces_of_16,
)

_STYLES_KEPT: Final = 4096
# The first of the bright ones of the sixteen colours.
_BRIGHT: Final = 8
_TEXT: Final = re.compile(r"[^\W_]")


class TerminalColors(LineFilter):
    """Turns 24-bit colours into those of the terminal, so that all text can be read.

    Rich turns them by a rule of its own, colour by colour: slate becomes navy, and a letter may get
    the colour of what is behind it. Themes are made of colours that pass unchanged; what is mixed
    from them (a screen below a dialog, another theme) becomes the nearest. Where letters or digits
    would have less contrast than `LEAST_CONTRAST` they are given more. Bars, curves, lines and
    images keep their colour.
    """

    def __init__(self, color_system: str | None, *, linux: bool = False) -> None:
        """Make the filter for a terminal.

        Args:
            color_system: `rich.console.Console.color_system`: "truecolor", "256" or "standard".
            linux: it is the Linux console.
        """
        super().__init__(enabled=color_system is not None)
        self._color_system = color_system
        self._linux = linux
        self._styles: dict[tuple[Style, bool, Color], Style] = {}

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Change the colours of these segments; `background` is behind those without one."""
        turned = []
        for segment in segments:
            text, style, control = segment
            if style is None or control:
                turned.append(segment)
            else:
                turned.append(Segment(text, self._turned(style, _is_text(text), background)))
        return turned

    def _turned(self, style: Style, is_text: bool, background: Color) -> Style:
        key = style, is_text, background
        if (found := self._styles.get(key)) is None:
            if len(self._styles) >= _STYLES_KEPT:
                self._styles.clear()
            ink, paper = self._pair(style.color, style.bgcolor, is_text, background)
            found = style + Style.from_color(ink, paper)
            if is_text and self._loses_by_bold(found, background):
                found += Style(bold=False)
            self._styles[key] = found
        return found

    def _loses_by_bold(self, style: Style, background: Color) -> bool:
        """Whether bold text could not be read: xterm shows it in the bright colour of its hue."""
        ink, paper = style.color, style.bgcolor
        if self._color_system != "standard" or not style.bold or ink is None:
            return False
        number = ink.number if ink.type is ColorType.STANDARD else None
        behind = background.rgb if paper is None else _rgb(paper)
        if number is None or number >= _BRIGHT or behind is None:
            return False
        surface = nearest_of_16(behind, surfaces_of_16(linux=self._linux))
        return number + _BRIGHT not in readable_on_16(surface, linux=self._linux)

    def _pair(
        self, ink: RichColor | None, paper: RichColor | None, is_text: bool, background: Color
    ) -> tuple[RichColor | None, RichColor | None]:
        """The colours to show instead of text's and its surface's; None leaves one as it is."""
        behind = background.rgb if paper is None else _rgb(paper)
        surface = None if paper is None else self._nearest(paper, is_surface=True)
        if ink is None or (text := _rgb(ink)) is None:
            return None, surface
        if not is_text or behind is None:
            return self._nearest(ink), surface
        if self._color_system == "truecolor":
            enough = contrast(text, behind) >= LEAST_CONTRAST
            return (None if enough else RichColor.from_rgb(*readable(text, behind))), surface
        if self._color_system == "256":
            seen = XTERM_256[nearest_of_256(behind) - 16]
            return _entry(readable_of_256(text, seen), ColorType.EIGHT_BIT), surface
        shown = nearest_of_16(behind, surfaces_of_16(linux=self._linux))
        inks = readable_on_16(shown, linux=self._linux)
        return _entry(nearest_of_16(text, inks), ColorType.STANDARD), surface

    def _nearest(self, color: RichColor, *, is_surface: bool = False) -> RichColor | None:
        # What has a number was chosen for the terminal already, as the greys of images are.
        if self._color_system == "truecolor" or color.type is not ColorType.TRUECOLOR:
            return None
        rgb = _rgb(color)
        if rgb is None:
            return None
        if self._color_system == "256":
            return _entry(nearest_of_256(rgb), ColorType.EIGHT_BIT)
        among = surfaces_of_16(linux=self._linux) if is_surface else range(16)
        return _entry(nearest_of_16(rgb, among), ColorType.STANDARD)


def is_linux_console(environ: Mapping[str, str]) -> bool:
    """Whether TERM names the Linux console, which has eight backgrounds only."""
    return environ.get("TERM", "").partition("-")[0] == "linux"


def _is_text(text: str) -> bool:
    return _TEXT.search(text) is not None


def _rgb(color: RichColor) -> Rgb | None:
    """None for the terminal's own colours, of which nothing is known."""
    return None if color.triplet is None else (color.triplet[0], color.triplet[1], color.triplet[2])


def _entry(number: int, kind: ColorType) -> RichColor:
    # With its RGB value it passes through Textual's filters and Rich's downgrading as it is.
    rgb = XTERM_256[number - 16] if kind is ColorType.EIGHT_BIT else XTERM_16[number]
    return RichColor(f"color({number})", kind, number, ColorTriplet(*rgb))
