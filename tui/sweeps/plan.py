"""What a sweep will be: how many trials, how many at once, in words before it starts."""

from __future__ import annotations

import msgspec

from tui.sweeps.wording import varied_text
from vae_engine.processors import usable_processors
from vae_engine.settings import SETTINGS
from vae_engine.sweeps.grid import MOST_TRIALS, Grid

UNASKED_TRIALS = 1000
"""More trials than that need `--yes`."""

SEEDS = msgspec.structs.replace(
    SETTINGS["seed"],
    name="seeds",
    default=1,
    low=1,
    high=MOST_TRIALS,
    help="so many seeds, from --seed upwards",
)
PARALLEL = msgspec.structs.replace(
    SETTINGS["seed"],
    name="parallel",
    default=1,
    low=1,
    high=1024,
    help="trials that train at once",
)


def default_parallel(grid: Grid) -> int:
    """As many trials at once as there are processors for their threads."""
    threads = max(settings.threads for settings in grid.trials)
    return max(1, min(usable_processors() // threads, len(grid.trials)))


def plan_line(grid: Grid, parallel: int) -> str:
    """The grid in one line: `6 trials, 2 at once: latent_dim 2, 8 x seed 0, 1, 2`."""
    count = len(grid.trials)
    trials = "1 trial" if count == 1 else f"{count:,} trials"
    varied = f": {varied_text(grid.varied)}" if grid.varied else ""
    return f"{trials}, {parallel} at once{varied}"
