"""Columns of the list of sessions: their texts and sort keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tui.catalogue import Entry
from tui.status import status_rank, with_glyph
from tui.text import age_text, duration_text, fitted, loss_text, one_line, size_text
from vae_engine.sessions.comparability import loss_basis

if TYPE_CHECKING:
    from tui.eta import Remaining

SortKey = float | str

_DATASET_WIDTH = 8
_DIMENSIONS_WIDTH = 5
_WIDTH_WITH_ALL, _WIDTH_WITH_CURVES = 90, 130
CURVE = "curve"


@dataclass(frozen=True)
class SessionColumn:
    """One column.

    Attributes:
        id: its name in the preferences.
        title: its head.
        text: what it shows of a session at a time, in seconds since 1970.
        key: what it sorts by, the usual first; None comes last whichever way it is sorted.
        align: the side at which its text stands.
        sorts: whether the list can be sorted by it.
    """

    id: str
    title: str
    text: Callable[[Entry, float], str]
    key: Callable[[Entry], SortKey | None]
    align: Literal["left", "right"] = "right"
    sorts: bool = True


def dataset_text(entry: Entry) -> str:
    """Format a dataset's name, or the last part of its path; `several` for a sweep over some."""
    names = {
        one_line(one.settings.dataset.rstrip("/").rpartition("/")[2])
        for one in entry.trials or (entry,)
        if one.settings
    }
    return "several" if len(names) > 1 else "".join(names)


def dimension_text(entry: Entry) -> str:
    """Format the latent dimension; those of a sweep in few characters: `2,8` or `2..64`."""
    sizes = sorted({one.settings.latent_dim for one in entry.trials or (entry,) if one.settings})
    text = ",".join(map(str, sizes))
    return text if len(text) <= _DIMENSIONS_WIDTH else f"{sizes[0]}..{sizes[-1]}"


def name_text(entry: Entry) -> str:
    """Format name and tags; for a sweep also the number of trials, and whether they are folded."""
    if entry.trials and entry.sweep is not None:
        done = sum(one.status in ("completed", "stopped") for one in entry.trials)
        planned = entry.sweep.trials
        counted = f"{planned} trials" if done == planned else f"{done}/{planned} trials"
        return f"{'▾' if entry.unfolded else '▸'} {entry.name}  {counted}"
    # Trials are tagged with the sweep's id, but are listed below its name anyway.
    sweep = entry.sweep.id if entry.sweep else ""
    tags = [f"#{tag}" for tag in entry.tags if tag != sweep]
    return "  ".join(["  " * bool(sweep) + entry.name, *tags])


def left_text(entry: Entry, now: float) -> str:
    """Format the maximum remaining time of a running session; `-` before it is known."""
    if not entry.live:
        return ""
    left = _remaining(entry, now)
    if left is None:
        return "-"
    return ("" if left.least == left.most else "<") + duration_text(left.most)


def epoch_text(entry: Entry) -> str:
    """Format finished and planned epochs: `12/50`; a sweep counts trials, beside its name."""
    return f"{entry.epoch}/{entry.epochs}" if entry.settings and not entry.trials else ""


def _age(entry: Entry, now: float) -> str:
    # Seconds would redraw the list all the time, for little use.
    if not entry.created:
        return ""
    return age_text(entry.created) if now - entry.created >= 60 else "now"


def _trained(entry: Entry, now: float) -> str:
    trained = sum(one.trained_seconds(now) for one in entry.trials or (entry,))
    return duration_text(trained) if entry.settings else ""


def _remaining(entry: Entry, now: float) -> Remaining | None:
    if entry.trials or not entry.live:
        return None
    # Imported if anything runs: it imports sweeps, which would delay the first frame.
    from tui.eta import remaining_of

    return remaining_of(entry, now)


def _left(entry: Entry) -> float | None:
    left = _remaining(entry, time.time())
    return None if left is None else left.most


COLUMNS: tuple[SessionColumn, ...] = (
    SessionColumn(
        "status",
        "status",
        lambda entry, _: with_glyph(entry.status),
        lambda entry: status_rank(entry.status),
        align="left",
    ),
    SessionColumn(
        "name",
        "name",
        lambda entry, _: name_text(entry),
        lambda entry: entry.name.casefold(),
        align="left",
    ),
    SessionColumn(
        "dataset",
        "dataset",
        lambda entry, _: fitted(dataset_text(entry), _DATASET_WIDTH).rstrip(),
        lambda entry: dataset_text(entry).casefold() or None,
        align="left",
    ),
    SessionColumn(
        "d",
        "d",
        lambda entry, _: dimension_text(entry),
        lambda entry: entry.settings.latent_dim if entry.settings else None,
    ),
    SessionColumn(
        "epoch",
        "epoch",
        lambda entry, _: epoch_text(entry),
        lambda entry: -entry.epoch if entry.settings else None,
    ),
    SessionColumn(
        "loss", "val loss", lambda entry, _: loss_text(entry.loss), lambda entry: entry.loss
    ),
    SessionColumn("age", "age", _age, lambda entry: -entry.created or None),
    SessionColumn(
        "time",
        "time",
        _trained,
        lambda entry: -entry.duration if entry.settings else None,
    ),
    SessionColumn(
        "size",
        "size",
        lambda entry, _: size_text(entry.size),
        lambda entry: None if entry.size is None else -entry.size,
    ),
    SessionColumn("left", "left", left_text, _left),
    # Read from the log in a thread: see `tui.session_list.curve_texts`.
    SessionColumn(CURVE, "val curve", lambda *_: "", lambda _: None, align="left", sorts=False),
)

COLUMN_IDS = tuple(column.id for column in COLUMNS if column.sorts)


def shown_columns(width: int, *, live: bool) -> tuple[SessionColumn, ...]:
    """Return the columns that fit, in their order on the screen.

    Args:
        width: cells of the table.
        live: whether any session runs, and so has some time left.
    """
    left_out = {CURVE} if width < _WIDTH_WITH_CURVES else set()
    if not live:
        left_out.add("left")
    elif width < _WIDTH_WITH_ALL:
        left_out |= {"size", "dataset"}
    order = (
        "status",
        "name",
        "dataset",
        "d",
        "epoch",
        "loss",
        CURVE,
        "left",
        "age",
        "time",
        "size",
    )
    by_id = {column.id: column for column in COLUMNS}
    return tuple(by_id[name] for name in order if name not in left_out)


def basis_of(entry: Entry) -> tuple[str, ...]:
    """Return images and likelihood of a session's losses; for a sweep, those of its best trial."""
    return loss_basis(entry.settings) if entry.settings else ()


def loss_bases(entries: Iterable[Entry]) -> list[tuple[str, ...]]:
    """Return the images and likelihoods of losses; losses of different ones do not compare.

    Returns:
        Each once, that of the newest session first.
    """
    newest = sorted(entries, key=lambda entry: -entry.created)
    return list(dict.fromkeys(basis_of(entry) for entry in newest if entry.loss is not None))


def sort_entries(entries: Iterable[Entry], column_id: str, *, reverse: bool) -> list[Entry]:
    """Sort by a column; ties newest first, entries without a value last.

    Args:
        entries: in any order.
        column_id: of `COLUMN_IDS`; any other means `age`.
        reverse: the other way round than is usual for the column.

    Returns:
        Sorted by loss, those whose losses compare stand together, the newest such group first.
    """
    known = column_id if column_id in COLUMN_IDS else "age"
    key = COLUMNS[COLUMN_IDS.index(known)].key
    ordered = sorted(entries, key=lambda entry: (-entry.created, entry.id))
    valued = [(value, entry) for entry in ordered if (value := key(entry)) is not None]
    valued.sort(key=lambda pair: pair[0], reverse=reverse)
    if known == "loss":
        groups = {basis: rank for rank, basis in enumerate(loss_bases(e for _, e in valued))}
        valued.sort(key=lambda pair: groups[basis_of(pair[1])])
    return [entry for _, entry in valued] + [entry for entry in ordered if key(entry) is None]
