"""Rows of the list: sessions, and sweeps that fold their trials."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from tui.catalogue import Entry, EntryStatus
from tui.session_list.columns import loss_bases, sort_entries


def folded_rows(
    entries: Iterable[Entry], column: str, *, reverse: bool, unfolded: Collection[str]
) -> list[Entry]:
    """Sort the list, with one row per sweep, and its trials below if it is unfolded.

    Args:
        entries: sessions in any order.
        column: to sort by, the trials of a sweep among themselves.
        reverse: the other way round than is usual for the column.
        unfolded: ids of the sweeps whose trials are listed too.
    """
    alone, sweeps = [], dict[str, list[Entry]]()
    for entry in entries:
        if entry.sweep is None:
            alone.append(entry)
        else:
            sweeps.setdefault(entry.sweep.id, []).append(entry)
    heads = [sweep_entry(trials, unfolded=name in unfolded) for name, trials in sweeps.items()]
    rows = []
    for entry in sort_entries([*alone, *heads], column, reverse=reverse):
        rows.append(entry)
        if entry.unfolded:
            rows += sort_entries(entry.trials, column, reverse=reverse)
    return rows


def sweep_entry(trials: Sequence[Entry], *, unfolded: bool = False) -> Entry:
    """Return the row of a folded sweep: the state of its trials, and the best one.

    The first one stands for a sweep whose losses do not compare, and there is no best loss.

    Args:
        trials: at least one, all of the same sweep.
        unfolded: they are listed below it.
    """
    label = trials[0].sweep
    assert label is not None
    best = min(trials, key=lambda one: (one.loss is None, one.loss or 0.0))
    comparable = len(loss_bases(trials)) <= 1
    if not comparable:
        best = min(trials, key=lambda one: (one.loss is None, one.created))
    sizes = [one.size for one in trials]
    return replace(
        best,
        # Not a valid name of a folder, so it is unique.
        id=f"{label.id}/",
        name=label.name,
        tags=(),
        note="",
        problem="",
        loss=best.loss if comparable else None,
        status=_status(trials, label.trials),
        created=max(one.created for one in trials),
        duration=sum(one.duration for one in trials),
        size=None if None in sizes else sum(size for size in sizes if size is not None),
        trials=tuple(trials),
        unfolded=unfolded,
    )


def best_trial(sweep: Entry) -> Entry:
    """Return the trial whose curve and samples represent a sweep: the best, see `sweep_entry`."""
    return next(one for one in sweep.trials if one.folder == sweep.folder)


def _status(trials: Sequence[Entry], planned: int) -> EntryStatus:
    """Combine the trials' statuses: running if any is, else unfinished if any is, else done."""
    statuses = [one.status for one in trials]
    if any(one.live for one in trials):
        return "training"
    if "interrupted" in statuses:
        return "interrupted"
    if len(trials) < planned or "stopped" in statuses:
        return "stopped"
    return "completed" if "completed" in statuses else statuses[0]
