"""Comparison of sessions: their curves, results and differing settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from tui.history import History
from tui.rendering.series import DASHES, Series
from tui.rendering.tones import HUES
from tui.text import duration_text, loss_text, one_line
from tui.widgets.table_layout import Head, Row
from vae_engine.errors import EngineError
from vae_engine.sessions.session import Session
from vae_engine.settings import SETTINGS, Settings, differing_settings

Metric = Literal[
    "val_loss", "val_reconstruction_loss", "val_kl_loss", "loss", "reconstruction_loss", "kl_loss"
]
LOSSES = frozenset({"val_loss", "val_reconstruction_loss", "loss", "reconstruction_loss"})
"""Metrics that depend on images and likelihood; KL is in nats of z for all of them."""
METRICS: tuple[Metric, ...] = get_args(Metric)
# As the curves: solid, dashed, short dashes, dotted.
_SWATCHES = "━╍┅┉"


@dataclass(frozen=True, eq=False)
class Compared:
    """State of one of the compared sessions.

    Attributes:
        id: of the session.
        name: safe to show.
        settings: what it trains with.
        status: what it is doing, how it ended, or why it cannot be read.
        history: its finished epochs.
        best: its best validation loss, nats per image.
        duration: seconds of training.
        measured_on: losses with other such words do not compare.
    """

    id: str
    name: str
    settings: Settings
    status: str
    history: History
    best: float | None = None
    duration: float = 0.0
    measured_on: str = ""


def read_compared(session: Session) -> Compared:
    """Read new events of a session; a missing or damaged one keeps its earlier state."""
    log = session.log
    try:
        if not Path(session.folder).exists():
            status = "gone"
        else:
            session.poll(progress=False)
            status = session.status()
    except EngineError as error:
        status = one_line(str(error))
    return Compared(
        session.id,
        one_line(session.label.name),
        session.settings,
        status,
        History(log.history),
        log.best.val_loss if log.best else None,
        log.duration,
        session.measured_on,
    )


def curves(compared: Sequence[Compared], metric: Metric, beside: str | None = None) -> list[Series]:
    """Return one curve of a metric per session, in the order and colours of the table.

    Args:
        compared: the sessions.
        metric: the metric.
        beside: id of a session: of a loss only the curves that compare with its own are returned.
            None takes the first one.
    """
    drawn = {one.id for one in comparable(compared, metric, beside)}
    return [
        Series(
            one.name,
            one.history.epochs,
            np.array([getattr(epoch, metric) for epoch in one.history.ended], dtype=np.float64),
            index % (HUES * DASHES),
            best=one.history.best if metric == "val_loss" else None,
            changes=tuple(mark.epoch for mark in one.history.schedule_marks),
        )
        for index, one in enumerate(compared)
        if one.id in drawn
    ]


def comparable(
    compared: Sequence[Compared], metric: Metric, beside: str | None = None
) -> list[Compared]:
    """Return the sessions whose values of this metric compare with those of `beside`."""
    # Images and likelihood are known once it has trained.
    trained = [one for one in compared if one.history.newest]
    if metric not in LOSSES or not trained:
        return list(compared)
    basis = next((one for one in trained if one.id == beside), trained[0]).measured_on
    return [one for one in compared if one.measured_on == basis or not one.history.newest]


def heads(compared: Sequence[Compared]) -> list[Head]:
    """Return the columns of the table: results, then the settings that differ."""
    names = differing_settings([one.settings for one in compared])
    return [
        Head("curve", ""),
        Head("name", "name", flexible=True),
        Head("status", "status"),
        Head("best", "best", "right"),
        Head("epoch", "epoch", "right"),
        Head("time", "time", "right"),
        *(Head(name, name, "right") for name in names),
    ]


def rows(compared: Sequence[Compared]) -> list[Row]:
    """Return the rows of the table, each with the colour of its curve."""
    names = differing_settings([one.settings for one in compared])
    return [
        Row(
            one.id,
            (
                2 * _SWATCHES[index // HUES % len(_SWATCHES)],
                one.name,
                one.status,
                loss_text(one.best),
                str(one.history.newest),
                duration_text(one.duration),
                *(one_line(SETTINGS[name].format(getattr(one.settings, name))) for name in names),
            ),
            f"curve-{index % HUES}",
        )
        for index, one in enumerate(compared)
    ]
