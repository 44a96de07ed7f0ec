"""Where charts are read: an epoch, and the part of the epochs that is drawn."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

# Without NumPy, which would delay the first frame.
if TYPE_CHECKING:
    from tui.rendering.series import Series

Window = tuple[int, int]
"""First and last epoch that is drawn."""

LEAST_SPAN = 4
"""Minimum distance between the first and the last epoch of a zoomed chart."""


@dataclass(frozen=True)
class Inspection:
    """An epoch under the cursor and a zoom, shared by the charts of a screen.

    Attributes:
        epoch: under the cursor, None for the newest of each curve.
        window: the epochs that are drawn, None for all.
    """

    epoch: int | None = None
    window: Window | None = None

    def at(self, epoch: int | None) -> Inspection:
        """Move the cursor, and a zoom with it as far as necessary."""
        return replace(self, epoch=epoch, window=_panned(self.window, epoch))

    def stepped(self, epochs: Sequence[int], by: int) -> Inspection:
        """Move the cursor by some epochs; it stays at the ends.

        Args:
            epochs: that can be read, rising.
            by: number of them to move by, negative for earlier ones.
        """
        if not epochs:
            return self
        present = epochs[-1] if self.epoch is None else self.epoch
        place = bisect_right(epochs, present) - 1
        return self.at(epochs[min(max(place + by, 0), len(epochs) - 1)])

    def zoomed(self, epochs: Sequence[int], *, closer: bool) -> Inspection:
        """Draw half as many epochs around the cursor, or twice as many.

        Args:
            epochs: that can be read, rising.
            closer: whether to draw fewer.
        """
        if not epochs:
            return self
        first, last = epochs[0], epochs[-1]
        low, high = self.window or (first, last)
        span = max(LEAST_SPAN, round((high - low) / 2)) if closer else 2 * (high - low)
        # Halves are rounded: what was all epochs is all epochs again.
        if span >= last - first or (not closer and 4 * span >= 3 * (last - first)):
            return replace(self, window=None)
        centre = last if self.epoch is None else self.epoch
        start = min(max(centre - span // 2, first), last - span)
        return replace(self, window=(start, start + span))

    def whole(self) -> Inspection:
        """Draw all epochs."""
        return replace(self, window=None)


def epochs_of(series: Sequence[Series]) -> list[int]:
    """Return the epochs that some curve has, rising."""
    return sorted({int(epoch) for one in series for epoch in one.epochs.tolist()})


def _panned(window: Window | None, epoch: int | None) -> Window | None:
    if window is None or epoch is None:
        return window
    first, last = window
    shift = min(0, epoch - first) + max(0, epoch - last)
    return first + shift, last + shift
