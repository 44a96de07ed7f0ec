"""Curves one line high, for the rows of a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from tui.catalogue import Entry
from vae_engine.errors import EngineError
from vae_engine.sessions.session import Session

WIDTH: Final = 12
_BLOCKS: Final = "▁▂▃▄▅▆▇"  # Without the full block, which would join the curves of two rows.
_ASCII: Final = "_.-=*#"
# The first epochs fall so far that the rest would be a flat line.
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
    means = [sum(values[low:high]) / (high - low) for low, high in pairwise(edges)]
    marks = _ASCII if ascii_only else _BLOCKS
    low, high = min(means), sorted(means)[int(_HIGHEST_SHARE * (width - 1))]
    span = (high - low) or 1.0
    steps = [min(len(marks) - 1, int((mean - low) / span * len(marks))) for mean in means]
    return "".join(marks[max(0, step)] for step in steps)


class CurveTexts:
    """The curves of validation losses, each read once for every epoch that a session has."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, str]] = {}

    def texts(self, entries: Iterable[Entry]) -> dict[str, str]:
        """Return the known ones by id; an outdated one if a session has new epochs."""
        return {
            entry.id: self._known[entry.folder][1]
            for entry in entries
            if entry.folder in self._known
        }

    def missing(self, entries: Iterable[Entry]) -> list[Entry]:
        """The sessions whose curve is not known, or has grown."""
        return [
            entry
            for entry in entries
            if entry.epoch and self._known.get(entry.folder, (0, ""))[0] != entry.epoch
        ]

    def read(self, entries: Iterable[Entry], *, ascii_only: bool) -> None:
        """Read curves; in a thread, a log takes some milliseconds."""
        for entry in entries:
            self._known[entry.folder] = (entry.epoch, _read(entry.folder, ascii_only=ascii_only))


def _read(folder: Path, *, ascii_only: bool) -> str:
    try:
        session = Session(folder)
        session.poll(progress=False)
    except EngineError:
        return ""  # The list says that it is damaged.
    losses = [epoch.val_loss for epoch in session.log.history]
    finite = [loss for loss in losses if abs(loss) < float("inf")]
    return curve_text(finite, ascii_only=ascii_only)
