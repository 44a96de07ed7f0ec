"""Sparklines of validation losses, for the rows of the list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Final

from tui.catalogue import Entry
from vae_engine.errors import EngineError
from vae_engine.sessions.session import Session

WIDTH: Final = 12
_BLOCKS: Final = "▁▂▃▄▅▆▇"  # Without the full block, which would merge the curves of adjacent rows.
_ASCII: Final = "_.-=*#"
# The first epochs drop so far that the rest would look flat.
_HIGHEST_SHARE: Final = 0.9


def curve_text(values: Sequence[float], *, ascii_only: bool = False) -> str:
    """Draw a curve in at most `WIDTH` characters, the latest value at the right.

    Args:
        values: finite numbers in order.
        ascii_only: without block characters.
    """
    if len(values) < 2:
        return ""
    width = min(WIDTH, len(values))
    edges = [round(at * len(values) / width) for at in range(width + 1)]
    levels = [median(values[low:high]) for low, high in pairwise(edges)]
    marks = _ASCII if ascii_only else _BLOCKS
    low, high = min(levels), sorted(levels)[int(_HIGHEST_SHARE * (width - 1))]
    span = (high - low) or 1.0
    steps = [min(len(marks) - 1, int((level - low) / span * len(marks))) for level in levels]
    return "".join(marks[max(0, step)] for step in steps)


class CurveTexts:
    """Cache of the validation curves, read again only when a session has a new epoch."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, str]] = {}

    def texts(self, entries: Iterable[Entry]) -> dict[str, str]:
        """Return the cached curves by id, including outdated ones."""
        return {
            entry.id: self._known[entry.folder][1]
            for entry in entries
            if entry.folder in self._known
        }

    def missing(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return the sessions whose curve is missing or outdated."""
        return [
            entry
            for entry in entries
            if entry.epoch and self._known.get(entry.folder, (0, ""))[0] != entry.epoch
        ]

    def read(self, entries: Iterable[Entry], *, ascii_only: bool) -> None:
        """Read curves; for use in a thread, since a log takes some milliseconds."""
        for entry in entries:
            self._known[entry.folder] = (entry.epoch, _read(entry.folder, ascii_only=ascii_only))


def _read(folder: Path, *, ascii_only: bool) -> str:
    try:
        session = Session(folder)
        session.poll(progress=False)
    except EngineError:
        return ""  # The list already shows that it is damaged.
    losses = [epoch.val_loss for epoch in session.log.history]
    finite = [loss for loss in losses if abs(loss) < float("inf")]
    return curve_text(finite, ascii_only=ascii_only)
