"""Selected epoch of the dashboard: the newest, or one that was chosen."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

LAPSE_FRAMES = 60
"""A time-lapse of a long run skips epochs to show about this many."""


@dataclass(frozen=True)
class Timeline:
    """Finished epochs, 1 to `newest`, with the selected one.

    Attributes:
        newest: the last finished epoch, 0 before the first.
        chosen: the chosen epoch, None to follow the newest.
    """

    newest: int = 0
    chosen: int | None = None

    @property
    def epoch(self) -> int:
        """The selected epoch; 0 before the first has ended."""
        return self.newest if self.chosen is None else min(self.chosen, self.newest)

    @property
    def follows(self) -> bool:
        """Whether the selection follows the newest epoch."""
        return self.chosen is None

    @property
    def stride(self) -> int:
        """Epochs between two frames of a time-lapse."""
        return max(1, math.ceil(self.newest / LAPSE_FRAMES))

    def grown(self, newest: int) -> Timeline:
        """Return the timeline after further epochs."""
        return replace(self, newest=newest)

    def at(self, epoch: int) -> Timeline:
        """Select an epoch, or the nearest one; selecting the newest follows it."""
        if epoch >= self.newest:
            return replace(self, chosen=None)
        return replace(self, chosen=max(1, epoch))

    def stepped(self, epochs: int) -> Timeline:
        """Select a later epoch, or an earlier one if negative."""
        return self.at(self.epoch + epochs)
