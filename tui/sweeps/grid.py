"""The grid of a sweep as it is shown: a row for each setting, a column for each seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.comparison import TONES
from tui.status import LOOKS, Tone
from tui.text import one_line
from vae_engine.settings import SETTINGS
from vae_engine.sweeps.trials import Trial

_SHORT = {"latent_dim": "d"}


@dataclass(frozen=True)
class SettingRow:
    """The trials of one setting, which differ in their seed alone.

    Attributes:
        values: of what the sweep varies besides the seed, in words.
        label: these with their names: `d 2, beta 4`.
        trials: where they stand among all trials.
        tone: the colour of the setting's curve.
    """

    values: tuple[str, ...]
    label: str
    trials: tuple[int, ...]
    tone: int


@dataclass(frozen=True)
class Cell:
    """One trial of the grid: its status and epoch, and the tone in which they stand."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class TrialTable:
    """The grid at one moment.

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
    rows = tuple(
        _row(dict(values), indices, number % TONES)
        for number, (values, indices) in enumerate(grouped.items())
    )
    first = next(iter(grouped), ())
    return TrialTable(
        tuple(short_name(name) for name, _ in first),
        _seed_heads(rows, trials),
        rows,
        tuple(tuple(trial_cell(trials[index]) for index in row.trials) for row in rows),
    )


def short_name(name: str) -> str:
    """What a column of a setting's values is called."""
    return _SHORT.get(name, name)


def trial_cell(trial: Trial) -> Cell:
    """`● 12/50` for a trial that trains, `✓ 23` for one that converged."""
    glyph, tone = LOOKS[trial.status]
    if trial.status == "waiting":
        return Cell(glyph, tone)
    if trial.status in ("deleted", "damaged"):
        return Cell(f"{glyph} {trial.status}", tone)
    if trial.status == "stopped" and not trial.finished:
        tone = "warning"
    if trial.finished:
        return Cell(f"{glyph} {trial.epoch}", tone)
    return Cell(f"{glyph} {trial.epoch}/{trial.epochs}", tone)


def _row(values: dict[str, object], indices: Sequence[int], tone: int) -> SettingRow:
    texts = {name: one_line(SETTINGS[name].format(value)) for name, value in values.items()}
    label = ", ".join(f"{short_name(name)} {text}" for name, text in texts.items())
    return SettingRow(tuple(texts.values()), label or "all trials", tuple(indices), tone)


def _seed_heads(rows: Sequence[SettingRow], trials: Sequence[Trial]) -> tuple[str, ...]:
    """`seed 0` where all of a column have the same one."""
    heads = []
    for column in range(max((len(row.trials) for row in rows), default=0)):
        seeds = {
            trials[row.trials[column]].settings.seed for row in rows if column < len(row.trials)
        }
        heads.append(f"seed {seeds.pop()}" if len(seeds) == 1 else f"trial {column + 1}")
    return tuple(heads)
