"""Text for the terminal, read back by a terminal emulator."""

import unicodedata

import pyte
import pytest
from rich.color import Color
from rich.segment import Segment
from rich.style import Style

from tests.rendering.painting import digits
from tui.rendering.ansi import to_ansi
from tui.rendering.glyphs import GLYPH_NAMES, Glyphs
from tui.rendering.grid import fit_grid, render_grid
from tui.rendering.images import Display
from tui.rendering.palettes import ColorDepth, Ramp
from tui.rendering.runs import Line

COLORLESS = [ColorDepth.MONO, ColorDepth.ASCII]
ANSI_16_NAMES = {0: "black", 8: "brightblack", 7: "white", 15: "brightwhite"}


def emulate(text: str, width: int, height: int) -> pyte.Screen:
    screen = pyte.Screen(width, height)
    pyte.Stream(screen).feed(text.replace("\n", "\r\n"))
    return screen


def name_of(color: Color | None) -> str:
    """What the emulator calls a colour."""
    if color is None:
        return "default"
    if color.number in ANSI_16_NAMES:
        return ANSI_16_NAMES[color.number]
    assert color.triplet is not None
    return color.triplet.hex.removeprefix("#")


@pytest.mark.parametrize("depth", [ColorDepth.TRUECOLOR, ColorDepth.ANSI_256, ColorDepth.ANSI_16])
def test_the_terminal_shows_the_lines(depth: ColorDepth) -> None:
    display = Display(depth, "quadrant", Ramp((0, 20, 10), (200, 255, 220)))
    lines = render_grid(digits(5), fit_grid(50, 14, 7), display, list("abcde"))
    screen = emulate(to_ansi(lines, depth), 60, len(lines) + 1)
    for y, line in enumerate(lines):
        x = 0
        for text, style, _ in line:
            for character in text:
                shown = screen.buffer[y][x]
                x += 1
                assert shown.data == character
                assert shown.bg == name_of(style.bgcolor if style else None)
                if character != " ":
                    assert shown.fg == name_of(style.color if style else None)
        assert screen.buffer[y][x].bg == "default"


@pytest.mark.parametrize("depth", [ColorDepth.TRUECOLOR, ColorDepth.ANSI_256, ColorDepth.ANSI_16])
def test_every_line_with_colours_ends_with_a_reset(depth: ColorDepth) -> None:
    lines = render_grid(digits(4), fit_grid(60, 28, 14), Display(depth))
    text = to_ansi(lines, depth)
    assert text.endswith("\n")
    written = text.removesuffix("\n").split("\n")
    assert len(written) == len(lines) == 29
    assert written[14] == ""
    assert all(line.endswith("\x1b[0m") for line in written if line)


@pytest.mark.parametrize("depth", COLORLESS)
@pytest.mark.parametrize("glyphs", GLYPH_NAMES)
def test_without_colours_there_are_no_control_characters(glyphs: Glyphs, depth: ColorDepth) -> None:
    captions = ["plain", "\x1b[31mred\x07", "naïve ✓"]
    lines = render_grid(digits(3), fit_grid(60, 14, 7), Display(depth, glyphs), captions)
    text = to_ansi(lines, depth).replace("\n", "")
    assert not [character for character in text if unicodedata.category(character) == "Cc"]
    assert depth is not ColorDepth.ASCII or text.isascii()


def test_control_sequences_of_a_style_are_not_written_without_colours() -> None:
    line: Line = [Segment("x", Style(color="red", bold=True))]
    assert to_ansi([line], ColorDepth.MONO) == "x\n"


def test_only_what_changes_is_written() -> None:
    black, white = Color.from_rgb(0, 0, 0), Color.from_rgb(255, 255, 255)
    red = Color.from_rgb(255, 0, 0)
    line = [
        Segment("▀", Style.from_color(white, black)),
        Segment("▄", Style.from_color(red, black)),
        Segment(" ", Style.from_color(None, white)),
        Segment("▄", Style.from_color(red, white)),
        Segment(" "),
        Segment("x"),
    ]
    assert to_ansi([line], ColorDepth.TRUECOLOR) == (
        "\x1b[38;2;255;255;255;48;2;0;0;0m▀"
        "\x1b[38;2;255;0;0m▄"
        "\x1b[48;2;255;255;255m "
        "▄"
        "\x1b[49m "
        "\x1b[0mx\n"
    )
