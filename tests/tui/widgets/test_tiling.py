import pytest

from tui.rendering.sizes import IMAGE_SIZES
from tui.widgets.tiling import Tiling, arrange, capacity


def test_images_get_the_largest_size_at_which_all_fit() -> None:
    assert arrange(1, 28, 14) == Tiling(28, 14, across=1, visible=1, down=1)
    assert arrange(2, 28, 14) == Tiling(12, 6, across=2, visible=2, down=1)


@pytest.mark.parametrize("count", [1, 7, 24, 64])
@pytest.mark.parametrize(("width", "height"), [(48, 18), (85, 34), (165, 55)])
@pytest.mark.parametrize("captioned", [False, True])
def test_no_larger_size_would_have_shown_them_all(
    count: int, width: int, height: int, captioned: bool
) -> None:
    tiling = arrange(count, width, height, captioned=captioned)
    size = (tiling.columns, tiling.rows)
    larger = IMAGE_SIZES[: IMAGE_SIZES.index(size)]
    assert all(capacity(each, width, height, captioned=captioned) < count for each in larger)
    assert tiling.across * (tiling.columns + 1) - 1 <= width
    assert tiling.down * (tiling.rows + 1) - (not captioned) <= height


def test_a_wanted_number_in_a_row_is_kept() -> None:
    tiling = arrange(20, 90, 12, across=10)
    assert (tiling.columns, tiling.rows) == (8, 4)
    assert (tiling.across, tiling.visible, tiling.down) == (10, 10, 2)
    assert tiling.place(13) == (1, 3)


def test_where_a_wanted_row_is_too_long_each_row_loses_its_end() -> None:
    tiling = arrange(20, 30, 12, across=10)
    assert (tiling.across, tiling.visible, tiling.down) == (10, 4, 2)
    assert tiling.place(3) == (0, 3)
    assert tiling.place(4) is None
    assert tiling.place(13) == (1, 3)


def test_where_too_many_are_given_the_first_rows_are_shown() -> None:
    tiling = arrange(500, 28, 14)
    assert (tiling.columns, tiling.rows) == IMAGE_SIZES[-1]
    assert tiling.place(tiling.across * tiling.down - 1) is not None
    assert tiling.place(tiling.across * tiling.down) is None


@pytest.mark.parametrize(("width", "height"), [(0, 0), (5, 30), (30, 2)])
def test_without_room_nothing_is_shown(width: int, height: int) -> None:
    tiling = arrange(3, width, height)
    assert tiling.place(0) is None
    assert capacity((14, 7), width, height) == 0


def test_a_caption_takes_a_line_of_every_row() -> None:
    assert capacity((14, 7), 29, 15) == 4
    assert capacity((14, 7), 29, 15, captioned=True) == 2
    assert capacity((14, 7), 29, 16, captioned=True) == 4
