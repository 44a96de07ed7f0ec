"""Curves of a sweep: mean and range over the seeds, per setting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from tui.comparison import Metric
from tui.history import History
from tui.rendering.canvas import Mark
from tui.rendering.series import Series
from tui.sweeps.grid import SettingRow
from vae_engine.sessions.comparability import loss_basis
from vae_engine.sweeps.trials import Trial


def setting_curves(
    rows: Iterable[SettingRow],
    trials: Sequence[Trial],
    histories: Mapping[str, History],
    metric: Metric,
) -> list[Series]:
    """Return one curve per setting with a finished epoch.

    Args:
        rows: the settings; later ones are drawn above earlier ones.
        trials: all trials of the sweep.
        histories: the finished epochs by session, as far as they are known.
        metric: which of an epoch's figures, nats per image.
    """
    found = (
        mean_curve(
            row.label,
            [
                histories[trials[index].session]
                for index in row.trials
                if trials[index].session in histories
            ],
            metric,
            row.tone,
        )
        for row in rows
    )
    return [curve for curve in found if len(curve.epochs)]


def setting_marks(
    rows: Iterable[SettingRow], trials: Sequence[Trial], histories: Mapping[str, History]
) -> Sequence[Mark]:
    """Return the changes of the schedule of the first trial with epochs; seeds may differ in it."""
    sessions = (trials[index].session for row in rows for index in row.trials)
    known = [histories[session] for session in sessions if session in histories]
    return next((one.schedule_marks for one in known if one.newest), ())


def comparable_rows(
    rows: Sequence[SettingRow], trials: Sequence[Trial], label: str
) -> list[SettingRow]:
    """Return the settings whose losses compare with those of the setting with this label."""
    bases = {row.label: loss_basis(trials[row.trials[0]].settings) for row in rows}
    return [row for row in rows if bases[row.label] == bases.get(label, bases[rows[0].label])]


def mean_curve(label: str, histories: Sequence[History], metric: Metric, tone: int = 0) -> Series:
    """Return the mean over seeds, with the range from the lowest to the highest as its band.

    Each epoch counts the seeds that have it and whose value is a number. There is no band where
    there is one seed.

    Args:
        label: what the curve is.
        histories: of the trials, one per seed.
        metric: which metric.
        tone: the colour.
    """
    epochs = np.unique(np.concatenate([np.zeros(0), *(one.epochs for one in histories)]))
    values = np.full((len(histories), len(epochs)), np.nan)
    for line, one in zip(values, histories, strict=True):
        line[np.searchsorted(epochs, one.epochs)] = [getattr(e, metric) for e in one.ended]
    values[~np.isfinite(values)] = np.nan
    known = ~np.isnan(values).all(axis=0)
    epochs, values = epochs[known], values[:, known]
    if not len(epochs):
        return Series(label, epochs, epochs, tone)
    band = (np.nanmin(values, axis=0), np.nanmax(values, axis=0)) if len(histories) > 1 else None
    mean = np.nanmean(values, axis=0)
    best = float(epochs[mean.argmin()]) if metric == "val_loss" and len(epochs) > 1 else None
    # Seeds share their settings, and so their schedule.
    marks = next((one.schedule_marks for one in histories if one.newest), ())
    changes = tuple(mark.epoch for mark in marks)
    return Series(label, epochs, mean, tone, band, best, changes)
