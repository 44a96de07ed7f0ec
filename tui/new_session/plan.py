"""Describe a sweep before it starts: number of trials, and how many at once."""

from __future__ import annotations

import msgspec

from tui.text import varied_text
from vae_engine.machine import usable_processors
from vae_engine.settings import SETTINGS
from vae_engine.sweeps.grid import MOST_TRIALS, Grid

UNASKED_TRIALS = 1000
"""More trials than this need `--yes`."""

SEEDS = msgspec.structs.replace(
    SETTINGS["seed"],
    name="seeds",
    default=1,
    low=1,
    high=MOST_TRIALS,
    help="number of seeds, counting up from --seed",
)
PARALLEL = msgspec.structs.replace(
    SETTINGS["seed"],
    name="parallel",
    default=1,
    low=1,
    high=1024,
    help="number of trials to train at once",
)


def default_parallel(grid: Grid, *, ray: bool = False) -> int:
    """Return how many trials to train at once: as many as the processors allow.

    On a cluster as many as there are trials: its coordinator counts the processors.
    """
    if ray:
        return min(len(grid.trials), int(PARALLEL.high))
    threads = max(settings.threads for settings in grid.trials)
    return max(1, min(usable_processors() // threads, len(grid.trials)))


def plan_line(grid: Grid, parallel: int) -> str:
    """Describe the grid in one line: `6 trials, 2 at once: latent_dim 2, 8 x seed 0, 1, 2`."""
    return f"{_count_text(grid)}, {parallel} at once{_varied_text(grid)}"


def cluster_line(grid: Grid, parallel: int) -> str:
    """Describe the grid on a cluster, whose machines and speed are unknown."""
    at_once = "" if parallel >= len(grid.trials) else f", at most {parallel} at once"
    return f"{_count_text(grid)} on a cluster{at_once}{_varied_text(grid)}"


def _count_text(grid: Grid) -> str:
    count = len(grid.trials)
    return "1 trial" if count == 1 else f"{count:,} trials"


def _varied_text(grid: Grid) -> str:
    return f": {varied_text(grid.varied)}" if grid.varied else ""
