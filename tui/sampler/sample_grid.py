"""Grid of samples; the arrow keys select one."""

from __future__ import annotations

from typing import ClassVar, Final

from tui.widgets.sized_grid import SizedGrid

_FAR: Final = 1000


class SampleGrid(SizedGrid):
    """Shows as many samples as fit, at the chosen size."""

    ENOUGH: ClassVar[int] = 12
    # The two largest sizes show details, but too few samples.
    FIRST_STEP: ClassVar[int] = 2

    def action_move(self, across: int, down: int) -> None:
        """Select a neighbour; at the edge the selection stays."""
        tiling, count = self.tiling, len(self.images)
        if not count or not tiling.visible:
            return
        row, column = divmod(self.selected or 0, tiling.across)
        column = min(tiling.visible - 1, max(0, column + across))
        row = min(tiling.down - 1, max(0, row + down))
        self.selected = min(row * tiling.across + column, count - 1)

    def action_page(self, direction: int) -> None:
        """Select the first or the last sample of the column."""
        self.action_move(0, direction * _FAR)

    def action_end(self, index: int) -> None:
        """Select the first or the last sample."""
        if count := len(self.images):
            self.selected = index % count
