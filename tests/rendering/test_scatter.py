import numpy as np
import pytest

from tui.rendering.palettes import ColorDepth
from tui.rendering.scatter import label_color, label_symbol, scatter_lines

PAPER = (10, 20, 30)
FEW = np.array([[0.01, 0.99], [0.99, 0.99], [0.5, 0.01]])
LABELS = np.array([3, 7, -1])


def text(lines: list) -> list[str]:  # type: ignore[type-arg]
    return ["".join(segment.text for segment in line) for line in lines]


@pytest.mark.parametrize("depth", list(ColorDepth))
def test_few_points_show_their_labels_where_they_lie(depth: ColorDepth) -> None:
    lines = scatter_lines(FEW, LABELS, 5, 3, depth, PAPER)
    assert text(lines) == ["3   7", "     ", "  .  "]


def test_symbols_are_in_the_colours_of_their_labels() -> None:
    lines = scatter_lines(FEW, LABELS, 5, 3, ColorDepth.TRUECOLOR, PAPER)
    style = lines[0][0].style
    assert style is not None
    assert style.color is not None
    assert style.color.triplet == label_color(3)


def test_without_colours_there_are_no_styles() -> None:
    lines = scatter_lines(FEW, LABELS, 5, 3, ColorDepth.MONO, PAPER)
    assert all(segment.style is None for line in lines for segment in line)


def test_many_points_colour_each_half_of_a_cell_by_the_commonest_label() -> None:
    upper = np.tile([[0.5, 0.9]], (60, 1))
    lower = np.tile([[0.5, 0.1]], (60, 1))
    labels = np.array([2] * 40 + [5] * 20 + [8] * 60)
    lines = scatter_lines(np.vstack([upper, lower]), labels, 1, 1, ColorDepth.TRUECOLOR, PAPER)
    (segment,) = lines[0]
    assert segment.text == "▀"
    assert segment.style is not None
    assert segment.style.color is not None
    assert segment.style.bgcolor is not None
    assert segment.style.color.triplet == label_color(2)
    assert segment.style.bgcolor.triplet == label_color(8)


def test_thinner_places_are_fainter_and_empty_ones_are_paper() -> None:
    places = np.vstack([np.tile([[0.1, 0.5]], (90, 1)), [[0.5, 0.5]]])
    lines = scatter_lines(places, np.full(91, 1), 3, 1, ColorDepth.TRUECOLOR, PAPER)
    colors = [segment.style.bgcolor.triplet for segment in lines[0]]  # type: ignore[union-attr]
    strength = [np.abs(np.array(color) - PAPER).sum() for color in colors]
    assert strength[0] > strength[1] > strength[2] == 0


@pytest.mark.parametrize("depth", list(ColorDepth))
def test_every_line_has_the_width_that_was_asked_for(depth: ColorDepth) -> None:
    rng = np.random.default_rng(0)
    places, labels = rng.uniform(size=(500, 2)), rng.integers(-1, 40, 500)
    lines = scatter_lines(places, labels, 17, 6, depth, PAPER)
    assert [len(line) for line in text(lines)] == [17] * 6
    assert depth is not ColorDepth.ASCII or all(line.isascii() for line in text(lines))


@pytest.mark.parametrize("depth", list(ColorDepth))
def test_no_points_give_an_empty_plane(depth: ColorDepth) -> None:
    lines = scatter_lines(np.zeros((0, 2)), np.zeros(0, np.int64), 4, 2, depth, PAPER)
    assert text(lines) == ["    ", "    "]


def test_points_at_the_very_edge_are_inside() -> None:
    corners = np.array([[0.0, 0.0], [1.0, 1.0]])
    lines = scatter_lines(corners, np.array([1, 2]), 3, 2, ColorDepth.ASCII, PAPER)
    assert text(lines) == ["  2", "1  "]


def test_labels_beyond_nine_have_letters() -> None:
    assert [label_symbol(label) for label in (0, 9, 10, 35, -1)] == ["0", "9", "a", "z", "."]
