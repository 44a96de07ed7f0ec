"""Limits the rate of images, so that the app stays responsive over ssh."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Final

from tui.terminal.link import is_slow

# In 24-bit colour a cell takes 13 bytes, and a poor link carries 50 KiB a second: half of it for
# images leaves the other half to what keys change.
_CELLS_PER_SECOND: Final = 1900.0
_PART_SECONDS: Final = 0.15


class Pacer:
    """Limits images to the bandwidth of a link.

    Attributes:
        cells_a_second: capacity of the link; None for no limit.
    """

    def __init__(self, cells_a_second: float | None) -> None:
        self.cells_a_second = cells_a_second
        self._free_at = 0.0

    def part(self, cells: int, count: int) -> int:
        """Return how many of `count` images of this size to send at once; at least one."""
        if self.cells_a_second is None:
            return count
        return min(count, max(1, int(_PART_SECONDS * self.cells_a_second / cells)))

    def wait(self) -> float:
        """Return the seconds until the link has transmitted the cells sent so far."""
        return max(0.0, self._free_at - time.monotonic())

    def sent(self, cells: int) -> None:
        """Record that cells were sent."""
        if self.cells_a_second is not None:
            now = time.monotonic()
            self._free_at = max(now, self._free_at) + cells / self.cells_a_second


@cache
def terminal_pacer() -> Pacer:
    """Return the pacer of this process's terminal."""
    return Pacer(_CELLS_PER_SECOND if is_slow(os.environ) else None)
