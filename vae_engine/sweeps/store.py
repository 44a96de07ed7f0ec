"""Sweeps of a sessions folder: create, list, find."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from vae_engine.errors import Remedy, SessionDamagedError, SessionError, SessionNotFoundError
from vae_engine.sessions import layout
from vae_engine.sessions.atomic import random_name
from vae_engine.sessions.drafts import draft_folder
from vae_engine.sessions.labels import NAME_LIMIT, check_label
from vae_engine.sessions.listing import session_folders
from vae_engine.sessions.records import Label
from vae_engine.sessions.references import FolderKind, resolve
from vae_engine.sessions.session import Session, worker_alive
from vae_engine.sessions.store import SessionStore, command_line
from vae_engine.settings import Settings
from vae_engine.sweeps.grid import Grid
from vae_engine.sweeps.record import (
    SweepRecord,
    TrialRecord,
    make_changes,
    read_sweep,
    trial_settings,
    write_sweep,
)


@dataclass(frozen=True)
class NewSweep:
    """Request for a new sweep.

    Attributes:
        grid: its trials.
        parallel: number of trials at once.
        name: what people call it; None for one made of what it varies.
        command: the command line to record; None for this process's.
        ray: address of the Ray cluster that trains it, `auto` or `HOST:PORT`; empty for this
            machine.
        gpus: that each trial needs there.
    """

    grid: Grid
    parallel: int
    name: str | None = None
    command: Sequence[str] | None = None
    ray: str = ""
    gpus: float = 0.0


@dataclass(frozen=True)
class Sweep:
    """A sweep's folder and its record, which never changes.

    Only the sessions of its trials record their results: see `vae_engine.sweeps.trials`.
    """

    folder: Path
    record: SweepRecord

    @property
    def id(self) -> str:
        """Its id: the name of its folder, and the tag of its sessions."""
        return self.folder.name

    @property
    def sessions(self) -> SessionStore:
        """The session store of its trials."""
        return SessionStore(self.folder.parent.parent)

    @cached_property
    def settings(self) -> tuple[Settings, ...]:
        """All settings of each trial, in order."""
        return tuple(trial_settings(self.record, trial) for trial in self.record.trials)

    def alive(self) -> bool:
        """Whether its coordinator lives."""
        return worker_alive(self.folder)


@dataclass(frozen=True)
class DamagedSweep:
    """A sweep's folder whose record cannot be read, and why."""

    id: str
    problem: str


class SweepStore:
    """All sweeps of one sessions folder; neither needs to exist yet."""

    def __init__(self, sessions: SessionStore) -> None:
        self.sessions = sessions
        self.root = sessions.root / layout.SWEEPS

    def create(self, new: NewSweep) -> Sweep:
        """Record a new sweep atomically; nothing trains yet.

        Raises:
            SettingError: the name is too long, or not a line of text.
            SessionError: the folder cannot be written.
        """
        from importlib.metadata import version  # Only creation needs it, and it is slow.

        grid = new.grid
        called = check_label(Label(name=new.name or default_name(grid.varied))).name
        now = time.time()
        stem = self._free_stem(now)
        base = grid.trials[0]
        digits = len(str(len(grid.trials)))
        record = SweepRecord(
            id=f"sweep-{stem}",
            created=now,
            name=called,
            settings=base,
            varied={
                setting: [list(value) if isinstance(value, tuple) else value for value in values]
                for setting, values in grid.varied.items()
            },
            trials=[
                TrialRecord(
                    session=f"{stem}-{number:0{digits}}", changes=make_changes(settings, base)
                )
                for number, settings in enumerate(grid.trials, 1)
            ],
            parallel=new.parallel,
            ray=new.ray,
            gpus=new.gpus,
            command=list(command_line() if new.command is None else new.command),
            version=version("vae-workbench"),
        )
        try:
            with draft_folder(self.root, record.id) as draft:
                (draft / layout.INBOX).mkdir()
                write_sweep(draft, record)
        except OSError as error:
            raise SessionError(
                f"cannot create a sweep in {self.sessions.root}: {error.strerror}"
            ) from None
        return Sweep(self.root / record.id, record)

    def find(self, reference: str) -> Sweep:
        """Find the sweep that `reference` names: an id, a name, a unique part of an id, or
        `latest`.

        Raises:
            SessionNotFoundError: none or several are meant.
            SessionDamagedError: the one that is meant cannot be read.
        """
        folders = session_folders(self.root)
        if reference in (folder.name for folder in session_folders(self.sessions.root)):
            raise SessionNotFoundError(
                f"{reference} is a session, not a sweep", remedy="show", subject=reference
            )
        remedy: Remedy = "list_sweeps" if folders else "train_sweep"
        where = f"in {self.sessions.root}"
        folder = resolve(reference, folders, where=where, remedy=remedy, kind=_SWEEPS)
        try:
            return Sweep(folder, read_sweep(folder))
        except SessionDamagedError as error:
            raise SessionDamagedError(f"sweep {folder.name}: {error}") from None

    def listings(self) -> list[Sweep | DamagedSweep]:
        """List all sweeps, newest first; damaged ones last, each with its problem.

        Raises:
            SessionError: the folder cannot be read.
        """
        sweeps, damaged = [], []
        for folder in session_folders(self.root):
            try:
                sweeps.append(Sweep(folder, read_sweep(folder)))
            except SessionDamagedError as error:
                damaged.append(DamagedSweep(folder.name, str(error)))
        newest_first = sorted(sweeps, key=lambda sweep: (-sweep.record.created, sweep.id))
        return [*newest_first, *sorted(damaged, key=lambda sweep: sweep.id)]

    def _free_stem(self, now: float) -> str:
        """Return an unused prefix for the ids of the sweep and of its sessions."""
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
        taken = {folder.name for folder in session_folders(self.root)}
        while f"sweep-{(stem := f'{stamp}-{random_name(2)}')}" in taken:
            pass
        return stem


def find_sessions(store: SessionStore, reference: str) -> list[Session]:
    """Find the session that `reference` names, or all sessions of that sweep, in its order.

    Raises:
        SessionNotFoundError: none or several match, or the sweep has no session yet.
        SessionDamagedError: the one that is meant cannot be read.
    """
    sweeps = SweepStore(store)
    if reference not in (folder.name for folder in session_folders(sweeps.root)):
        return [store.find(reference)]
    trials = [trial.session for trial in sweeps.find(reference).record.trials]
    found = [store.find(session) for session in trials if store.holds(session) == "here"]
    if not found:
        raise SessionNotFoundError(f"sweep {reference} has no session yet: wait until it trains")
    return found


def default_name(varied: Iterable[str]) -> str:
    """Return a sweep's default name, from its varied settings: `latent_dim x seed`."""
    return " x ".join(varied)[:NAME_LIMIT] or "one trial"


def _created(folder: Path) -> float | None:
    try:
        return read_sweep(folder).created
    except SessionDamagedError:
        return None


def _name(folder: Path) -> str | None:
    try:
        return read_sweep(folder).name
    except SessionDamagedError:
        return None


_SWEEPS = FolderKind("sweep", _created, _name)
