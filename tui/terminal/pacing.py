"""How fast images may follow each other, so that a key's answer never waits long behind them."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Final

from tui.terminal.link import is_slow

# In 24-bit colour a cell takes 13 bytes, and a poor link carries 50 KiB a second: half of it for
# images leaves the other half to what keys change.
_CELLS_A_SECOND: Final = 1900.0
_PART_SECONDS: Final = 0.15


class Pacer:
    """Shares out a link among all images that want to cross it.

    Attributes:
        cells_a_second: that it carries, None for a link without a limit.
    """

    def __init__(self, cells_a_second: float | None) -> None:
        self.cells_a_second = cells_a_second
        self._free_at = 0.0

    def part(self, cells: int, count: int) -> int:
        """How many of `count` images of so many cells are sent at once: one at least."""
        if self.cells_a_second is None:
            return count
        return min(count, max(1, int(_PART_SECONDS * self.cells_a_second / cells)))

    def wait(self) -> float:
        """Seconds until the link has carried what was sent."""
        return max(0.0, self._free_at - time.monotonic())

    def sent(self, cells: int) -> None:
        """Take note that so many cells are on their way."""
        if self.cells_a_second is not None:
            now = time.monotonic()
            self._free_at = max(now, self._free_at) + cells / self.cells_a_second


@cache
def terminal_pacer() -> Pacer:
    """The pacer of this process's terminal."""
    return Pacer(_CELLS_A_SECOND if is_slow(os.environ) else None)
