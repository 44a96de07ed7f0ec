from io import StringIO

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.color import Color, ColorType
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from textual.color import Color as TextualColor
from textual.filter import ANSIToTruecolor
from textual.strip import Strip

from tests.rendering.painting import digits, psnr
from tui.rendering.images import Display, render_lines
from tui.rendering.palettes import CODE_BITS, GREY, ColorDepth, Ramp, palette
from vae_engine.errors import SettingError

COLORED = [depth for depth in ColorDepth if depth.has_color]


def rgb_of(depth: ColorDepth, ramp: Ramp = GREY) -> NDArray[np.float64]:
    """The colour that is shown for each grey, ``(256, 3)``."""
    chosen = palette(depth, ramp)
    triplets = np.array([color.triplet for color in chosen.colors], dtype=np.float64)
    shown: NDArray[np.float64] = triplets[chosen.levels]
    return shown


def test_true_colours_are_the_greys_themselves() -> None:
    greys = np.repeat(np.arange(256), 3).reshape(256, 3)
    np.testing.assert_array_equal(rgb_of(ColorDepth.TRUECOLOR), greys)


def test_256_colours_come_within_46_decibels_of_real_digits() -> None:
    images = digits(500)
    shown = rgb_of(ColorDepth.ANSI_256)
    assert (shown[:, 0] == shown[:, 1]).all()
    assert (shown[:, 1] == shown[:, 2]).all()
    assert psnr(shown[:, 0][images], images) >= 47


def test_256_colours_are_the_fixed_entries_nearest_in_luminance_and_hue() -> None:
    fixed = np.array([Color.from_ansi(number).get_truecolor() for number in range(16, 256)])
    ramp = Ramp((18, 20, 46), (255, 214, 130))

    def distance(shown: NDArray[np.float64]) -> NDArray[np.float64]:
        luminance = shown @ [0.2126, 0.7152, 0.0722]
        total: NDArray[np.float64] = luminance**2 + sum(
            (shown[..., channel] - luminance) ** 2 for channel in range(3)
        )
        return total

    wanted = ramp.colors().astype(np.float64)
    nearest = distance(wanted[:, np.newaxis] - fixed).min(axis=1)
    reached = distance(wanted - rgb_of(ColorDepth.ANSI_256, ramp))
    np.testing.assert_allclose(reached, nearest)


def test_a_tint_in_256_colours_keeps_its_hue() -> None:
    red, green, blue = rgb_of(ColorDepth.ANSI_256, Ramp((18, 20, 46), (255, 214, 130)))[128:].T
    assert (red >= green).all()
    assert (green >= blue).all()


@pytest.mark.parametrize("depth", COLORED)
def test_colours_never_get_darker_along_the_grey_ramp(depth: ColorDepth) -> None:
    shown = rgb_of(depth)[:, 0]
    assert (np.diff(shown) >= 0).all()
    assert shown[0] == 0
    assert shown[-1] == 255


def test_sixteen_colours_use_the_four_greys() -> None:
    colors = palette(ColorDepth.ANSI_16).colors
    assert {color.number for color in colors} == {0, 8, 7, 15}
    assert {color.type for color in colors} == {ColorType.STANDARD}


def test_sixteen_colours_are_reversed_with_a_ramp_from_light_to_dark() -> None:
    chosen = palette(ColorDepth.ANSI_16, Ramp((255, 255, 240), (0, 0, 60)))
    assert chosen.colors[chosen.levels[0]].number == 15
    assert chosen.colors[chosen.levels[255]].number == 0


def test_a_tint_spreads_between_its_two_colours() -> None:
    shown = rgb_of(ColorDepth.TRUECOLOR, Ramp((0, 10, 20), (255, 110, 220)))
    assert shown[0].tolist() == [0, 10, 20]
    assert shown[51].tolist() == [51, 30, 60]
    assert shown[255].tolist() == [255, 110, 220]


@pytest.mark.parametrize("depth", COLORED)
def test_no_two_colours_of_a_palette_are_alike(depth: ColorDepth) -> None:
    colors = palette(depth, Ramp((40, 40, 40), (48, 44, 60))).colors
    assert len(set(colors)) == len(colors)


@pytest.mark.parametrize("depth", [ColorDepth.MONO, ColorDepth.ASCII])
def test_a_terminal_without_colours_has_no_palette(depth: ColorDepth) -> None:
    with pytest.raises(SettingError, match="no colours"):
        palette(depth)


@pytest.mark.parametrize(
    ("depth", "color_system"), [(ColorDepth.ANSI_256, "256"), (ColorDepth.ANSI_16, "standard")]
)
def test_textual_sends_the_palette_entries_unchanged(depth: ColorDepth, color_system: str) -> None:
    console = Console(file=StringIO(), force_terminal=True, color_system=color_system)  # type: ignore[arg-type]
    line = render_lines(digits(1), 28, 14, Display(depth))[5]
    filtered = Strip(line).apply_filter(ANSIToTruecolor(DIMMED_MONOKAI), TextualColor(0, 0, 0))
    expected = ""
    for text, style, _ in line:
        assert style is not None
        ink = style.color.get_ansi_codes() if style.color else ()
        paper = style.bgcolor.get_ansi_codes(foreground=False) if style.bgcolor else ()
        expected += f"\x1b[{';'.join([*ink, *paper])}m{text}\x1b[0m"
    assert filtered.render(console) == expected


def test_styles_of_all_pairs_of_greys_are_right_and_few_of_them_kept() -> None:
    chosen = palette(ColorDepth.TRUECOLOR)
    for pair in range(0, 1 << 16, 3):
        ink, paper = pair >> 8, pair & 0xFF
        style = chosen.styles[ink << CODE_BITS | paper]
        assert style.bgcolor == chosen.colors[paper]
        if ink != paper:
            assert style.color == chosen.colors[ink]
    assert len(chosen.styles) <= 8192
