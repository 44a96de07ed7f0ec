"""Scores that are kept while the app runs: they take seconds."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from vae_engine.inspection.messages import SplitScored

_MOST_CACHED_BYTES: Final = 8 * 2**20


class ScoreCache:
    """Scores of splits that were looked at before, by their weights; the oldest go first."""

    def __init__(self, most: int = _MOST_CACHED_BYTES) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, str, int], SplitScored] = OrderedDict()

    def put(self, weights: str, count: int, scored: SplitScored) -> None:
        """Keep the scores of a split."""
        self._kept[weights, scored.split, count] = scored
        while sum(map(_size, self._kept.values())) > self._most:
            self._kept.popitem(last=False)

    def get(self, weights: str, count: int, split: str) -> SplitScored | None:
        """The scores of a split, None if they are not kept."""
        return self._kept.get((weights, split, count))


def _size(scored: SplitScored) -> int:
    return len(scored.reconstruction_loss.data) + len(scored.kl_loss.data)
