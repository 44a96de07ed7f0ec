"""Stages of a run's start-up, shown until the first epoch has finished."""

from __future__ import annotations

from itertools import pairwise

from tui.dashboard.snapshot import Snapshot
from tui.text import duration_text

_STAGES = {
    "tensorflow": ("import TensorFlow", "importing TensorFlow"),
    "data": ("load the data", "loading the data"),
    "network": ("build the network", "building the network"),
}
_AFTER = ("compile the first step", "train the first epoch")
_DONE, _NOW, _LATER = "✓", "●", "·"


def start_lines(snapshot: Snapshot) -> tuple[str, ...]:
    """Format the stages: done, current, and to come; empty if the run is not starting."""
    if not snapshot.live or len(snapshot.history) or snapshot.status in ("paused", "stopping"):
        return ()
    known = [event for event in snapshot.preparing if event.stage in _STAGES]
    names = [*(name for name, _ in _STAGES.values()), *_AFTER]
    if snapshot.prepared is None:
        reached = list(_STAGES).index(known[-1].stage) if known else 0
        times = [event.time for event in known]
    else:
        reached = len(_STAGES) + (snapshot.progress is not None)
        times = [*(event.time for event in known), snapshot.prepared]
    took = [f"{duration_text(end - begin)}" for begin, end in pairwise(times)]
    width = max(map(len, names))
    return tuple(
        f"{_DONE if at < reached else _NOW if at == reached else _LATER} {name:<{width}}"
        f" {took[at] if at < min(reached, len(took)) else '':>5}"
        for at, name in enumerate(names)
    )


def stage_under_way(snapshot: Snapshot) -> str:
    """Describe the current stage of a starting worker."""
    known = [_STAGES[event.stage] for event in snapshot.preparing if event.stage in _STAGES]
    _, doing = known[-1] if known else next(iter(_STAGES.values()))
    return doing
