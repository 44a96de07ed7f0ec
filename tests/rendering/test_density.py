"""How many points lie in each cell, in shades or glyphs."""

from __future__ import annotations

import numpy as np
import pytest
from rich.cells import cell_len

from tui.rendering.density import LEVELS, cell_counts, density_lines, density_steps, shading
from tui.rendering.palettes import ColorDepth

PAPER, INK = (18, 18, 18), (95, 175, 255)
# 1 point to the lower left, 30 in the middle, 100 to the upper right.
PLACES = np.repeat([[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]], [1, 30, 100], axis=0)


def test_points_are_counted_in_their_cells_those_on_the_edges_too() -> None:
    counts = cell_counts(PLACES, 5, 3)
    assert counts.sum() == 131
    assert counts[2, 0] == 1
    assert counts[1, 2] == 30
    assert counts[0, 4] == 100


@pytest.mark.parametrize("largest", [0, 1, 2, 7, 100, 10_000])
def test_each_level_begins_above_the_one_before(largest: int) -> None:
    steps = density_steps(np.array([[0, largest]]))
    assert len(steps) == LEVELS - 1
    assert steps[0] == 1
    assert steps == sorted(set(steps))
    if largest > LEVELS:
        assert steps[-1] < largest


@pytest.mark.parametrize("depth", list(ColorDepth))
@pytest.mark.parametrize("paper", [PAPER, (250, 250, 250)])
def test_more_points_stand_out_more_in_every_terminal(
    depth: ColorDepth, paper: tuple[int, int, int]
) -> None:
    lines = density_lines(PLACES, 5, 3, depth, paper, INK)
    assert [sum(cell_len(part.text) for part in line) for line in lines] == [5, 5, 5]
    cells = [[(char, part.style) for part in line for char in part.text] for line in lines]
    empty, few, some, most = cells[0][0], cells[2][0], cells[1][2], cells[0][4]
    assert len({empty, few, some, most}) == 4
    assert empty == (" ", None)
    if depth in (ColorDepth.TRUECOLOR, ColorDepth.ANSI_256):
        assert {char for char, _ in (few, some, most)} == {" "}
    else:
        glyphs = shading(depth)
        assert glyphs.index(few[0]) < glyphs.index(some[0]) < glyphs.index(most[0])
        assert depth is not ColorDepth.ASCII or glyphs.isascii()
    if not depth.has_color:
        assert all(style is None or not (style.color or style.bgcolor) for _, style in cells[0])


def test_no_points_leave_the_paper_empty() -> None:
    (line,) = density_lines(np.zeros((0, 2)), 9, 1, ColorDepth.TRUECOLOR, PAPER, INK)
    assert [(part.text, part.style) for part in line] == [(" " * 9, None)]
