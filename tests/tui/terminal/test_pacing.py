from __future__ import annotations

from tests.rendering.painting import digits
from tests.tui.widgets.test_images import showing
from tui.terminal.pacing import Pacer
from tui.widgets.images import ImageGrid


def test_without_a_limit_all_images_go_at_once() -> None:
    pacer = Pacer(None)
    assert pacer.part(98, 64) == 64
    pacer.sent(64 * 98)
    assert pacer.wait() == 0


def test_a_slow_link_carries_a_part_and_wants_a_rest() -> None:
    pacer = Pacer(2000)
    part = pacer.part(98, 64)
    assert 1 <= part < 64
    pacer.sent(part * 98)
    assert 0 < pacer.wait() <= part * 98 / 2000


def test_an_image_larger_than_a_part_goes_alone() -> None:
    assert Pacer(10).part(392, 5) == 1


def test_one_link_is_shared_by_all() -> None:
    pacer = Pacer(1)
    pacer.sent(10)
    pacer.sent(10)
    assert pacer.wait() > 10


async def test_on_a_slow_link_the_last_images_shown_arrive_in_the_end() -> None:
    # So slow that the second change meets a part of the first still waiting.
    pacer = Pacer(1_000)
    first, second, third = digits(8), digits(16)[8:], digits(24)[16:]
    async with showing(first, ImageGrid(pacer=pacer), size=(60, 14)) as (grid, pilot):
        drawn_first = dict(grid._tiles.lines)
        grid.show(second)
        assert any(grid._tiles.lines[index] == drawn_first[index] for index in grid._tiles.lines)
        grid.show(third)
        while grid._next_part is not None:
            await pilot.pause(0.01)
        async with showing(third, ImageGrid(pacer=Pacer(None)), size=(60, 14)) as (whole, _):
            assert grid._tiles.lines == whole._tiles.lines
