"""Grid of a sweep: one row per setting, one column per seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tui.rendering.series import DASHES
from tui.rendering.tones import HUES
from tui.status import STATUS_STYLES, Tone
from tui.text import one_line
from vae_engine.settings import SETTINGS
from vae_engine.sweeps.results import are_comparable
from vae_engine.sweeps.trials import Trial

_SHORT = {"latent_dim": "d"}
HEATS = 5
"""Number of shades between good and bad results."""
# Differences below this many nats per image are not shown.
_LEAST_DIFFERENCE = 0.005


@dataclass(frozen=True)
class SettingRow:
    """Trials of one setting, which differ only in their seed.

    Attributes:
        values: of what the sweep varies besides the seed, in words.
        label: these with their names: `d 2, beta 4`.
        trials: their indices among all trials. tone: of the setting's curve: its colour is the
        value that the sweep varies most, its dashes are the others.
    """

    values: tuple[str, ...]
    label: str
    trials: tuple[int, ...]
    tone: int


@dataclass(frozen=True)
class Cell:
    """One trial of the grid: its status and epoch, and their tone.

    Attributes:
        text: status and epoch.
        tone: of the text.
        metric: its negative ELBO on the test split, nats per image; None where it has none yet.
        heat: how good that is among all, from 0 (worst) to `HEATS` - 1; None where none is better.
    """

    text: str
    tone: Tone = ""
    metric: float | None = None
    heat: int | None = None


@dataclass(frozen=True)
class TrialTable:
    """State of the grid at one moment.

    Attributes:
        names: of what the rows' values are.
        seeds: the heads of the columns.
        rows: the settings, in the order of `vae sweep show`.
        cells: by row, a cell for each of its trials.
    """

    names: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()
    rows: tuple[SettingRow, ...] = ()
    cells: tuple[tuple[Cell, ...], ...] = ()


def trial_table(trials: Sequence[Trial]) -> TrialTable:
    """Order the trials of a sweep by setting."""
    grouped: dict[tuple[tuple[str, object], ...], list[int]] = {}
    for index, trial in enumerate(trials):
        values = {name: value for name, value in trial.values.items() if name != "seed"}
        grouped.setdefault(tuple(values.items()), []).append(index)
    tones = _tones([dict(values) for values in grouped])
    rows = tuple(
        _row(dict(values), indices, tone)
        for tone, (values, indices) in zip(tones, grouped.items(), strict=True)
    )
    first = next(iter(grouped), ())
    return TrialTable(
        tuple(short_name(name) for name, _ in first),
        _seed_heads(rows, trials),
        rows,
        _heated(
            tuple(tuple(trial_cell(trials[index]) for index in row.trials) for row in rows),
            comparable=are_comparable(trials),
        ),
    )


def short_name(name: str) -> str:
    """Return the short name of a setting, for the header of its column."""
    return _SHORT.get(name, name)


def trial_cell(trial: Trial) -> Cell:
    """Format a trial: `● 12/50` while it trains, `✓ 23` once it has converged."""
    glyph, tone = STATUS_STYLES[trial.status]
    if trial.status == "waiting":
        return Cell(glyph, tone)
    if trial.status in ("deleted", "damaged"):
        return Cell(f"{glyph} {trial.status}", tone)
    if trial.status == "stopped" and not trial.finished:
        tone = "warning"
    if trial.finished:
        figures = trial.figures
        metric = figures.negative_elbo if figures is not None else None
        return Cell(f"{glyph} {trial.epoch}", tone, metric)
    return Cell(f"{glyph} {trial.epoch}/{trial.epochs}", tone)


def _tones(settings: Sequence[Mapping[str, object]]) -> list[int]:
    """Return a tone per setting, all different if there are enough.

    The colour is the value that the sweep varies most, the dashes distinguish the others.
    """
    names = list(settings[0]) if settings else []
    values = {name: list(dict.fromkeys(repr(one[name]) for one in settings)) for name in names}
    main = max(names, key=lambda name: len(values[name]), default=None)
    if main is None:
        return [0] * len(settings)
    rests = list(dict.fromkeys(_rest(one, main) for one in settings))
    tones = []
    for one in settings:
        hue, dash = values[main].index(repr(one[main])), rests.index(_rest(one, main))
        tones.append(hue % HUES + HUES * ((dash + hue // HUES) % DASHES))
    return tones


def _rest(setting: Mapping[str, object], main: str) -> tuple[str, ...]:
    return tuple(repr(value) for name, value in setting.items() if name != main)


def _heated(
    cells: tuple[tuple[Cell, ...], ...], *, comparable: bool
) -> tuple[tuple[Cell, ...], ...]:
    """Add heat to the cells, if their metrics differ and can be compared."""
    known = [
        cell.metric
        for row in cells
        for cell in row
        if cell.metric is not None and math.isfinite(cell.metric)
    ]
    if not comparable or not known or max(known) - min(known) < _LEAST_DIFFERENCE:
        return cells
    worst, span = max(known), max(known) - min(known)

    def heated(cell: Cell) -> Cell:
        if cell.metric is None or not math.isfinite(cell.metric):
            return cell
        return replace(cell, heat=round((HEATS - 1) * (worst - cell.metric) / span))

    return tuple(tuple(map(heated, row)) for row in cells)


def _row(values: dict[str, object], indices: Sequence[int], tone: int) -> SettingRow:
    texts = {name: one_line(SETTINGS[name].format(value)) for name, value in values.items()}
    label = ", ".join(f"{short_name(name)} {text}" for name, text in texts.items())
    return SettingRow(tuple(texts.values()), label or "all trials", tuple(indices), tone)


def _seed_heads(rows: Sequence[SettingRow], trials: Sequence[Trial]) -> tuple[str, ...]:
    """Return the headers of the columns: `seed 0` if all trials of a column have that seed."""
    heads = []
    for column in range(max((len(row.trials) for row in rows), default=0)):
        seeds = {
            trials[row.trials[column]].settings.seed for row in rows if column < len(row.trials)
        }
        heads.append(f"seed {seeds.pop()}" if len(seeds) == 1 else f"trial {column + 1}")
    return tuple(heads)
