"""Which epoch is looked at: the newest as they come, or one that was chosen."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

LAPSE_FRAMES = 60
"""A time-lapse of a long run skips epochs to show about this many."""


@dataclass(frozen=True)
class Timeline:
    """The finished epochs, 1 to `newest`, and the one that is looked at.

    Attributes:
        newest: the last finished epoch, 0 before the first.
        chosen: the epoch that was chosen, None to follow the newest.
    """

    newest: int = 0
    chosen: int | None = None

    @property
    def epoch(self) -> int:
        """The epoch that is looked at; 0 before the first has ended."""
        return self.newest if self.chosen is None else min(self.chosen, self.newest)

    @property
    def follows(self) -> bool:
        """Whether it moves on with every epoch that ends."""
        return self.chosen is None

    @property
    def stride(self) -> int:
        """Epochs from one frame of a time-lapse to the next."""
        return max(1, math.ceil(self.newest / LAPSE_FRAMES))

    def grown(self, newest: int) -> Timeline:
        """After further epochs."""
        return replace(self, newest=newest)

    def at(self, epoch: int) -> Timeline:
        """Looking at an epoch, or the nearest there is; at the newest it follows."""
        if epoch >= self.newest:
            return replace(self, chosen=None)
        return replace(self, chosen=max(1, epoch))

    def stepped(self, epochs: int) -> Timeline:
        """So many epochs later, or earlier where negative."""
        return self.at(self.epoch + epochs)
