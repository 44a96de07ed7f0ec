from __future__ import annotations

import numpy as np
import pytest

from tui.rendering.sizes import image_sizes
from tui.session_list.readable_samples import readable_count
from tui.widgets.tiling import Tiling, arrange


def shown(shape: tuple[int, ...], width: int, height: int) -> tuple[int, Tiling]:
    count = readable_count(np.zeros(shape, np.uint8), width, height)
    return count, arrange(count, width, height, sizes=image_sizes(*shape[1:3]))


SHAPES = [
    (64, 28, 28),
    (64, 32, 32, 3),
    (64, 64, 64, 3),
    (64, 48, 80),
    (64, 80, 48, 3),
    (16, 128, 128, 3),
]
# Of the list at 80x24, 120x30, 120x40, 160x45 and 200x60, and of lower ones.
ROOMS = [(30, 15), (42, 21), (42, 31), (56, 36), (70, 51), (30, 9), (35, 12), (87, 40)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("room", ROOMS)
def test_no_further_row_would_have_had_room(shape: tuple[int, ...], room: tuple[int, int]) -> None:
    """So there is no such half-empty preview as two tiles beside room for four had."""
    count, tiling = shown(shape, *room)
    used = -(-count // tiling.across) * (tiling.rows + 1) - 1
    assert count == tiling.across * tiling.down
    assert room[1] - used <= tiling.rows
    assert room[0] - tiling.across * (tiling.columns + 1) + 1 <= tiling.columns


@pytest.mark.parametrize(
    ("shape", "room", "wanted"),
    [
        ((64, 32, 32, 3), (30, 15), (4, 14, 7)),
        ((64, 64, 64, 3), (42, 31), (6, 18, 9)),
        ((64, 48, 80), (30, 9), (4, 13, 4)),
        # Digits stay as large as they were where smaller ones would fill little more.
        ((64, 28, 28), (42, 31), (8, 14, 7)),
        ((64, 28, 28), (42, 21), (4, 20, 10)),
    ],
)
def test_as_many_as_fill_the_room(
    shape: tuple[int, ...], room: tuple[int, int], wanted: tuple[int, int, int]
) -> None:
    count, tiling = shown(shape, *room)
    assert (count, tiling.columns, tiling.rows) == wanted


def test_few_samples_and_no_room() -> None:
    assert readable_count(np.zeros((1, 28, 28), np.uint8), 60, 40) == 1
    assert readable_count(np.zeros((0, 28, 28), np.uint8), 60, 40) == 0
    assert readable_count(np.zeros((64, 64, 64, 3), np.uint8), 0, 0) == 2
