"""The columns of the list of sessions: what each shows, and how it sorts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from tui.catalogue import Entry
from tui.status import status_rank, with_glyph
from tui.text import age_text, duration_text, fitted, one_line

SortKey = float | str

_DATASET_WIDTH = 8


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        id: its name in the preferences.
        title: its head.
        text: what it shows of a session at a time, in seconds since 1970.
        key: what it sorts by, the usual first; None comes last whichever way it is sorted.
        align: the side at which its text stands.
    """

    id: str
    title: str
    text: Callable[[Entry, float], str]
    key: Callable[[Entry], SortKey | None]
    align: Literal["left", "right"] = "right"


def size_text(size: float | None) -> str:
    """Bytes in at most four characters: `87K`, `3.2M`, `120M`; empty for None."""
    if size is None:
        return ""
    for unit in "BKMG":
        if size < 999.5 or unit == "G":
            break
        size /= 1000
    return f"{size:.1f}{unit}" if size < 9.95 and unit != "B" else f"{size:.0f}{unit}"


def dataset_text(entry: Entry) -> str:
    """A dataset's name, or the last part of its path."""
    return one_line(entry.settings.dataset.rstrip("/").rpartition("/")[2]) if entry.settings else ""


def epoch_text(entry: Entry) -> str:
    """Epochs done of those planned: `12/50`."""
    return f"{entry.epoch}/{entry.epochs}" if entry.settings else ""


def loss_text(loss: float | None) -> str:
    """Nats an image, in at most seven characters."""
    if loss is None:
        return ""
    return f"{loss:.2f}" if abs(loss) < 1e4 else f"{loss:.1e}"


def _age(entry: Entry, now: float) -> str:
    # Seconds would have the list change, and the wire busy, for nothing anyone needs.
    if not entry.created:
        return ""
    return age_text(entry.created) if now - entry.created >= 60 else "now"


def _trained(entry: Entry, now: float) -> str:
    return duration_text(entry.trained_seconds(now)) if entry.settings else ""


COLUMNS: tuple[Column, ...] = (
    Column(
        "status",
        "status",
        lambda entry, _: with_glyph(entry.status),
        lambda entry: status_rank(entry.status),
        align="left",
    ),
    Column(
        "name",
        "name",
        lambda entry, _: "  ".join([entry.name, *(f"#{tag}" for tag in entry.tags)]),
        lambda entry: entry.name.casefold(),
        align="left",
    ),
    Column(
        "dataset",
        "dataset",
        lambda entry, _: fitted(dataset_text(entry), _DATASET_WIDTH).rstrip(),
        lambda entry: dataset_text(entry).casefold() or None,
        align="left",
    ),
    Column(
        "d",
        "d",
        lambda entry, _: str(entry.settings.latent_dim) if entry.settings else "",
        lambda entry: entry.settings.latent_dim if entry.settings else None,
    ),
    Column(
        "epoch",
        "epoch",
        lambda entry, _: epoch_text(entry),
        lambda entry: -entry.epoch if entry.settings else None,
    ),
    Column("loss", "loss", lambda entry, _: loss_text(entry.loss), lambda entry: entry.loss),
    Column("age", "age", _age, lambda entry: -entry.created or None),
    Column(
        "time",
        "time",
        _trained,
        lambda entry: -entry.duration if entry.settings else None,
    ),
    Column(
        "size",
        "size",
        lambda entry, _: size_text(entry.size),
        lambda entry: None if entry.size is None else -entry.size,
    ),
)

COLUMN_IDS = tuple(column.id for column in COLUMNS)


def sort_entries(entries: Iterable[Entry], column_id: str, *, reverse: bool) -> list[Entry]:
    """Sort by a column; equal ones the newest first, those without a value last.

    Args:
        entries: in any order.
        column_id: of `COLUMN_IDS`; any other means `age`.
        reverse: the other way round than is usual for the column.
    """
    known = column_id if column_id in COLUMN_IDS else "age"
    key = COLUMNS[COLUMN_IDS.index(known)].key
    ordered = sorted(entries, key=lambda entry: (-entry.created, entry.id))
    valued = [(value, entry) for entry in ordered if (value := key(entry)) is not None]
    valued.sort(key=lambda pair: pair[0], reverse=reverse)
    return [entry for _, entry in valued] + [entry for entry in ordered if key(entry) is None]
