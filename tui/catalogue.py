"""Entries of all sessions for the list; reads only what has changed."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from tui.text import attempt_text, loss_text, one_line
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import layout
from vae_engine.sessions.listing import Listing, read_listing, session_folders
from vae_engine.sessions.records import LIVE, Status
from vae_engine.settings import Settings

EntryStatus = Status | Literal["damaged"]

_STAMPED = (layout.MANIFEST, layout.LABEL, layout.SUMMARY, layout.WORKER, layout.HEARTBEAT)
# A live session's folder grows: measure it again after this time.
_SIZE_SECONDS = 20.0

_Stamp = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class SweepLabel:
    """The sweep that sessions belong to: id, name, and number of trials."""

    id: str
    name: str
    trials: int


@dataclass(frozen=True)
class Entry:
    """One row of the list: a session, or a sweep with its trials folded; all text is safe to show.

    Attributes:
        id: name of its folder.
        folder: where it lies.
        status: what it is doing, how it ended, or `damaged`, with a `problem` and little else.
        epoch: finished epochs, of `epochs`.
        loss: the best validation loss so far, in nats per image.
        created: in seconds since 1970.
        duration: seconds of training up to `updated`.
        speed: images per second in the latest epoch.
        earliest_end: the epoch with which it ends at the earliest, where it converges.
        epoch_seconds: what an epoch took lately, None before the first.
        size: bytes on disk, None before it was measured.
        sweep: the sweep whose trial it is.
        trials: those that a folded or unfolded sweep stands for; see `tui.session_list.rows`.
        unfolded: whether they are listed below it.
    """

    id: str
    folder: Path
    status: EntryStatus
    name: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    settings: Settings | None = None
    parent: str | None = None
    epoch: int = 0
    epochs: int = 0
    best_epoch: int = 0
    loss: float | None = None
    created: float = 0.0
    duration: float = 0.0
    updated: float = 0.0
    speed: float | None = None
    earliest_end: int = 0
    epoch_seconds: float | None = None
    stop_reason: str = ""
    attempt: str = ""
    size: int | None = None
    problem: str = ""
    sweep: SweepLabel | None = None
    trials: tuple[Entry, ...] = ()
    unfolded: bool = False

    @property
    def live(self) -> bool:
        """Whether a worker is running."""
        return self.status in LIVE

    def trained_seconds(self, now: float) -> float:
        """Seconds of training up to `now`, in seconds since 1970."""
        return self.duration + (max(0.0, now - self.updated) if self.live and self.updated else 0.0)


@dataclass(frozen=True)
class _Size:
    """Size of a folder; `final` if no worker was writing to it."""

    bytes: int
    measured: float
    final: bool


class Catalogue:
    """Reads the sessions folder; for use in one thread."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, tuple[_Stamp, Entry]] = {}
        self._sizes: dict[str, _Size] = {}
        self._sweeps: dict[str, tuple[tuple[int, int, int], dict[str, SweepLabel]]] = {}

    def scan(self) -> list[Entry]:
        """Read all sessions, unordered, with the sizes measured so far.

        Raises:
            SessionError: the folder cannot be read.
        """
        known = {}
        for folder in session_folders(self._root):
            stamp = _stamp(folder)
            before = self._known.get(folder.name)
            # No file tells whether a live session's worker is still alive.
            if before is not None and before[0] == stamp and not before[1].live:
                known[folder.name] = before
                continue
            entry = _entry(read_listing(folder))
            if entry.status != "damaged" or folder.exists():
                known[folder.name] = (stamp, self._sized(entry))
        self._known = known
        self._read_sweeps()
        return self._entries()

    def measure(self, seconds: float) -> list[Entry]:
        """Measure folders for about this long, new ones first; returns the same as `scan`."""
        deadline = time.monotonic() + seconds
        due = [entry for _, entry in self._known.values() if self._is_due(entry)]
        for entry in sorted(due, key=lambda one: one.id in self._sizes):
            if time.monotonic() > deadline:
                break
            size = folder_size(entry.folder)
            self._sizes[entry.id] = _Size(size, time.monotonic(), final=not entry.live)
            stamp, _ = self._known[entry.id]
            self._known[entry.id] = (stamp, self._sized(entry))
        return self._entries()

    def _is_due(self, entry: Entry) -> bool:
        known = self._sizes.get(entry.id)
        if known is None or (known.final and entry.live):
            return True
        outdated = time.monotonic() - known.measured > _SIZE_SECONDS
        return not known.final and (outdated or not entry.live)

    def _sized(self, entry: Entry) -> Entry:
        known = self._sizes.get(entry.id)
        return replace(entry, size=known.bytes) if known else entry

    def _read_sweeps(self) -> None:
        """Read the records of new sweeps; records never change."""
        found = {}
        for folder in session_folders(self._root / layout.SWEEPS):
            stamp = _file_stamp(f"{folder}/sweep.json")
            before = self._sweeps.get(folder.name)
            found[folder.name] = (
                before if before and before[0] == stamp else (stamp, _trial_labels(folder))
            )
        self._sweeps = found

    def _entries(self) -> list[Entry]:
        entries = [entry for _, entry in self._known.values()]
        labels = {key: one for _, sweep in self._sweeps.values() for key, one in sweep.items()}
        if not labels:
            return entries
        return [
            replace(entry, sweep=labels[entry.id]) if entry.id in labels else entry
            for entry in entries
        ]


def _trial_labels(folder: Path) -> dict[str, SweepLabel]:
    """Return the label of the sweep for each of its sessions; none if its record is unreadable."""
    # Imported here: most folders have no sweep, and it would delay the first frame.
    from vae_engine.sweeps.record import read_sweep

    try:
        record = read_sweep(folder)
    except SessionDamagedError:
        return {}
    label = SweepLabel(folder.name, one_line(record.name), len(record.trials))
    return {trial.session: label for trial in record.trials}


def folder_size(folder: Path) -> int:
    """Return the bytes of all files in a folder and below; files that vanish are skipped."""
    total = 0
    try:
        with os.scandir(folder) as found:
            for item in found:
                if item.is_dir(follow_symlinks=False):
                    total += folder_size(Path(item.path))
                else:
                    total += item.stat(follow_symlinks=False).st_size
    except OSError:
        return total
    return total


def ended_between(before: Sequence[Entry], after: Sequence[Entry]) -> list[Entry]:
    """Return the sessions whose run has ended between two scans."""
    were_live = {entry.id for entry in before if entry.live}
    return [entry for entry in after if entry.id in were_live and not entry.live]


def ended_text(entry: Entry) -> str:
    """Say in one line how a run ended: why it failed, or its best epoch."""
    if entry.status in ("failed", "diverged") and entry.stop_reason:
        return entry.stop_reason
    if entry.loss is None:
        return f"after {entry.epoch} epochs"
    return f"best val loss {loss_text(entry.loss)}, epoch {entry.best_epoch} of {entry.epoch}"


def _stamp(folder: Path) -> _Stamp:
    # Plain strings: with a thousand sessions, paths would take most of a scan's time.
    base = str(folder)
    return tuple(_file_stamp(f"{base}/{name}") for name in _STAMPED)


def _file_stamp(path: str) -> tuple[int, int, int]:
    try:
        status = os.lstat(path)
    except OSError:
        return (0, 0, 0)
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def _entry(listing: Listing) -> Entry:
    manifest, label, summary = listing.manifest, listing.label, listing.summary
    if manifest is None or label is None or summary is None or listing.status is None:
        problem = one_line(listing.problem)
        return Entry(listing.id, listing.folder, "damaged", name=listing.id, problem=problem)
    return Entry(
        id=listing.id,
        folder=listing.folder,
        status=listing.status,
        name=one_line(label.name),
        tags=tuple(one_line(tag) for tag in label.tags),
        note=label.note,
        settings=manifest.settings,
        parent=manifest.parent,
        epoch=summary.epoch,
        epochs=max(summary.epochs, summary.epoch) or manifest.settings.epochs,
        best_epoch=summary.best_epoch,
        loss=summary.best_val_loss,
        created=manifest.created,
        duration=summary.duration,
        updated=summary.updated,
        speed=summary.images_per_second,
        earliest_end=summary.earliest_end,
        epoch_seconds=summary.epoch_seconds,
        stop_reason=one_line(summary.stop_reason),
        attempt=attempt_text(summary.attempt) if summary.attempt else "",
    )
