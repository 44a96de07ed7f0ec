"""The history of one or more sessions as CSV, one row per epoch."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from vae_engine.errors import SessionError
from vae_engine.sessions import atomic
from vae_engine.sessions.events import EpochEnded
from vae_engine.sessions.session import Session
from vae_engine.settings import SETTINGS, differing_settings
from vae_engine.text import printable

METRICS = tuple(
    name
    for name in EpochEnded.__struct_fields__
    if name not in ("seq", "time", "epoch", "kl_per_dimension")
)
"""Scalar metrics of an epoch, in the order of the event; they name the columns."""

# Start of text that a spreadsheet would read as a formula.
_FORMULA = ("=", "+", "-", "@")


def write_history_csv(path: Path, sessions: Sequence[Session]) -> int:
    """Write the finished epochs of sessions, which may be live, to a CSV file atomically.

    The columns are `session`, `setting_<name>` for every setting in which the sessions differ,
    `epoch`, the metrics of `EpochEnded` by name, `time`, and `kl_z0`, `kl_z1`... up to the largest
    latent dimension. Cells that do not apply are empty. Numbers have full precision.

    Args:
        path: the file to create or replace.
        sessions: in the order of the rows.

    Returns:
        The number of epochs written.

    Raises:
        SessionError: `path` cannot be written.
        SessionDamagedError: a session's log cannot be read.
    """
    for session in sessions:
        session.poll(progress=False)

    def write(temporary: Path) -> None:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(history_rows(sessions))

    try:
        atomic.replace_file(path, write)
    except OSError as error:
        raise SessionError(f"{path} cannot be written: {error.strerror}") from None
    return sum(len(session.log.history) for session in sessions)


def history_rows(sessions: Sequence[Session]) -> Iterator[list[str | float]]:
    """Return the header and the rows of `write_history_csv` from the events polled so far."""
    settings = differing_settings([session.settings for session in sessions])
    dimensions = range(
        max(
            (len(epoch.kl_per_dimension) for session in sessions for epoch in session.log.history),
            default=0,
        )
    )
    yield [
        "session",
        *(f"setting_{name}" for name in settings),
        "epoch",
        *METRICS,
        "time",
        *(f"kl_z{dimension}" for dimension in dimensions),
    ]
    for session in sessions:
        chosen = [getattr(session.settings, name) for name in settings]
        formatted = zip(settings, chosen, strict=True)
        values = [_text(SETTINGS[name].format(value)) for name, value in formatted]
        for epoch in session.log.history:
            kl = epoch.kl_per_dimension
            yield [
                _text(session.id),
                *values,
                epoch.epoch,
                *(getattr(epoch, name) for name in METRICS),
                epoch.time,
                *kl,
                *("" for _ in dimensions[len(kl) :]),
            ]


def _text(value: str) -> str:
    """Return foreign text as one line that a spreadsheet does not evaluate."""
    line = printable(value)
    return f"'{line}" if line.startswith(_FORMULA) else line
