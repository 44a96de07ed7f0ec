from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import Color

from tests.rendering.painting import digits
from tui.rendering.blocks import Cells, fit_cells
from tui.rendering.glyphs import GLYPH_NAMES, Glyphs
from tui.rendering.images import Display, render_lines
from tui.rendering.palettes import ColorDepth, Palette, palette
from tui.rendering.runs import Line, colored_lines

COLORED = [depth for depth in ColorDepth if depth.has_color]

Look = tuple[str, Color | None, Color | None]


def looks(line: Line) -> list[Look]:
    """What each cell of a line shows; a space shows no ink."""
    return [
        (character, None if character == " " else style.color, style.bgcolor)
        for text, style, _ in line
        for character in text
        if style
    ]


def unmerged(cells: Cells, chosen: Palette) -> list[list[Look]]:
    """What cells show, one by one."""
    columns = cells.codepoints.shape[-1]
    shown: list[Look] = []
    for codepoint, ink, paper in zip(*(array.reshape(-1).tolist() for array in cells), strict=True):
        inked, bare = (chosen.colors[chosen.levels[grey]] for grey in (ink, paper))
        blank = inked == bare
        shown.append((" " if blank else chr(codepoint), None if blank else inked, bare))
    return [shown[start : start + columns] for start in range(0, len(shown), columns)]


@pytest.mark.parametrize("depth", COLORED)
@pytest.mark.parametrize("glyphs", GLYPH_NAMES)
def test_runs_show_what_their_cells_show(glyphs: Glyphs, depth: ColorDepth) -> None:
    cells = fit_cells(digits(20), 14, 7, glyphs)
    lines = colored_lines(cells, palette(depth))
    assert [looks(line) for line in lines] == unmerged(cells, palette(depth))


@settings(deadline=None)
@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(1, 12),
    st.integers(1, 5),
    st.integers(1, 4),
    st.sampled_from(COLORED),
    st.integers(0, 2**32 - 1),
)
def test_runs_of_images_with_few_greys_show_what_their_cells_show(
    height: int,
    width: int,
    columns: int,
    rows: int,
    greys: int,
    depth: ColorDepth,
    seed: int,
) -> None:
    random = np.random.default_rng(seed)
    images = random.choice(random.integers(0, 256, greys), (2, height, width)).astype(np.uint8)
    cells = fit_cells(images, columns, rows)
    lines = colored_lines(cells, palette(depth))
    assert [looks(line) for line in lines] == unmerged(cells, palette(depth))
    for line in lines:
        styles = [style for _, style, _ in line]
        assert all(style != after for style, after in pairwise(styles))


def test_blank_cells_join_the_run_of_a_glyph_on_the_same_paper() -> None:
    top = [0, 0, 255, 0, 0, 255, 0, 0]
    image = np.array([top, [0] * 8], dtype=np.uint8)
    (line,) = render_lines(image, 8, 1, Display())
    assert [segment.text for segment in line] == ["  ▀  ▀  "]


def test_blank_cells_at_the_end_of_a_line_borrow_nothing_from_the_next() -> None:
    image = np.array([[0, 0], [0, 0], [255, 0], [0, 0]], dtype=np.uint8)
    first, second = render_lines(image, 2, 2, Display())
    assert first[0].style is not None
    assert first[0].style.color is None
    assert [segment.text for segment in second] == ["▀ "]


def test_greys_that_share_a_terminal_colour_share_a_run() -> None:
    image = np.array([[0, 1, 2, 3]] * 2, dtype=np.uint8)
    assert len(render_lines(image, 4, 1, Display(ColorDepth.TRUECOLOR))[0]) == 4
    assert len(render_lines(image, 4, 1, Display(ColorDepth.ANSI_256))[0]) == 1


def test_a_blank_line_is_one_run() -> None:
    lines = render_lines(np.zeros((28, 28), dtype=np.uint8), 28, 14, Display())
    assert [[segment.text for segment in line] for line in lines] == [[" " * 28]] * 14


@pytest.mark.parametrize("depth", ColorDepth)
def test_a_thousand_digits_come_as_lines_of_their_width(depth: ColorDepth) -> None:
    lines = render_lines(digits(1000), 28, 14, Display(depth))
    assert len(lines) == 14_000
    assert {sum(len(segment.text) for segment in line) for line in lines} == {28}


@pytest.mark.parametrize("depth", ColorDepth)
@pytest.mark.parametrize(("columns", "rows"), [(0, 3), (3, 0), (0, 0)])
def test_no_room_gives_empty_lines(depth: ColorDepth, columns: int, rows: int) -> None:
    lines = render_lines(digits(2), columns, rows, Display(depth))
    assert len(lines) == 2 * rows
    assert "".join(segment.text for line in lines for segment in line) == ""
