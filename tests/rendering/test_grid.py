import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.rendering.painting import digits
from tui.rendering.grid import GridLayout, fit_grid, render_grid
from tui.rendering.images import Display, render_lines
from tui.rendering.palettes import ColorDepth
from tui.rendering.runs import Line
from vae_engine.errors import SettingError

MONO = Display(ColorDepth.MONO)


def line_text(line: Line) -> str:
    return "".join(segment.text for segment in line)


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(1, 60), st.integers(1, 30))
def test_as_many_images_stand_side_by_side_as_fit(width: int, columns: int, rows: int) -> None:
    grid = fit_grid(width, columns, rows)
    used = grid.across * (grid.columns + 1) - 1
    assert used <= width < used + grid.columns + 1
    assert grid.rows >= 1
    if columns <= width:
        assert (grid.columns, grid.rows) == (columns, rows)


def test_an_image_wider_than_the_screen_shrinks_in_proportion() -> None:
    assert fit_grid(20, 28, 14) == GridLayout(20, 10, 1)


@pytest.mark.parametrize(("height", "images"), [(13, 0), (14, 3), (28, 3), (29, 6), (44, 9)])
def test_the_capacity_counts_whole_images(height: int, images: int) -> None:
    assert fit_grid(90, 28, 14).capacity(height) == images
    assert len(render_grid(digits(images), fit_grid(90, 28, 14), MONO)) <= height


@pytest.mark.parametrize(("height", "images"), [(14, 0), (15, 3), (29, 3), (30, 6)])
def test_the_capacity_counts_the_captions_lines(height: int, images: int) -> None:
    grid = fit_grid(90, 28, 14)
    assert grid.capacity(height, captions=True) == images
    assert len(render_grid(digits(images), grid, MONO, ["caption"] * images)) <= height


@pytest.mark.parametrize(("width", "columns", "rows"), [(0, 28, 14), (80, 0, 14), (80, 28, 0)])
def test_no_room_at_all_is_refused(width: int, columns: int, rows: int) -> None:
    with pytest.raises(SettingError, match="has no room"):
        fit_grid(width, columns, rows)


def test_images_stand_in_reading_order_one_cell_apart() -> None:
    images = digits(5)
    lines = render_grid(images, fit_grid(45, 14, 7), MONO)
    alone = [line_text(line) for line in render_lines(images, 14, 7, MONO)]
    shown = [line_text(line) for line in lines]
    assert len(shown) == 7 + 1 + 7
    assert shown[7] == ""
    for index in range(5):
        top, left = index // 3 * 8, index % 3 * 15
        tile = [line[left : left + 14] for line in shown[top : top + 7]]
        assert tile == alone[index * 7 : index * 7 + 7]
    assert {line[14] for line in shown[:7]} == {" "}


def test_captions_stand_below_their_images() -> None:
    lines = render_grid(
        digits(4), fit_grid(45, 14, 7), MONO, ["a", "bb", "much too long it is", "d"]
    )
    assert len(lines) == 16
    assert line_text(lines[7]) == "      a        " + "      bb       " + "much too long "
    assert line_text(lines[15]) == "      d       "


def test_captions_with_control_sequences_and_wide_characters_keep_their_width() -> None:
    captions = ["\x1b[2J\x07", "\u202eevil", "日本語日本語日本語"]
    lines = render_grid(digits(3), fit_grid(45, 14, 7), MONO, captions)
    caption = line_text(lines[7])
    assert caption.isprintable()
    assert cell_len(caption) == 14 * 3 + 2


def test_captions_must_be_as_many_as_images() -> None:
    with pytest.raises(SettingError, match="1 captions for 2 images"):
        render_grid(digits(2), fit_grid(45, 14, 7), MONO, ["a"])


@pytest.mark.parametrize("captions", [None, []])
def test_a_grid_of_no_images_is_empty(captions: list[str] | None) -> None:
    images = np.zeros((0, 28, 28), dtype=np.uint8)
    assert render_grid(images, fit_grid(80, 28, 14), MONO, captions) == []
