"""Entries of all sweeps for the list."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tui.text import one_line, varied_text
from vae_engine.errors import EngineError
from vae_engine.sessions.listing import session_folders
from vae_engine.sweeps.record import RECORD, read_sweep
from vae_engine.sweeps.store import Sweep, SweepStore
from vae_engine.sweeps.trials import SweepStatus, Trial, read_trials, sweep_status

_Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class SweepEntry:
    """One row of the list of sweeps; all text is safe to show.

    Attributes:
        id: the name of its folder.
        sweep: itself, None for a damaged one, which has a `problem` and little else.
        status: what its trials add up to.
        trials: how many there are...
        finished: ...and how many of them are finished,
        failed: have failed or diverged,
        live: train now.
    """

    id: str
    sweep: Sweep | None
    status: SweepStatus | Literal["damaged"]
    name: str
    varied: str = ""
    trials: int = 0
    finished: int = 0
    failed: int = 0
    live: int = 0
    created: float = 0.0
    problem: str = ""


class SweepCatalogue:
    """Reads the sweeps folder repeatedly; not thread-safe."""

    def __init__(self, store: SweepStore) -> None:
        self._store = store
        self._records: dict[str, tuple[_Stamp, Sweep]] = {}

    def scan(self) -> list[SweepEntry]:
        """Read all sweeps, newest first, damaged ones last.

        Raises:
            SessionError: the folder cannot be read.
        """
        folders = session_folders(self._store.root)
        names = {folder.name for folder in folders}
        self._records = {name: known for name, known in self._records.items() if name in names}
        entries = [self._entry(folder) for folder in folders]
        return sorted(entries, key=lambda entry: (bool(entry.problem), -entry.created, entry.id))

    def _entry(self, folder: Path) -> SweepEntry:
        try:
            sweep = self._sweep(folder)
            alive = sweep.alive()
            return _summary(sweep, read_trials(sweep, figures=False), alive=alive)
        except (EngineError, OSError) as error:
            name = one_line(folder.name)
            return SweepEntry(
                folder.name, None, "damaged", name, problem=one_line(str(error)) or "damaged"
            )

    def _sweep(self, folder: Path) -> Sweep:
        """Read a sweep's record, validated once: with 10,000 trials that takes half a second."""
        stamp = _stamp(folder / RECORD)
        known = self._records.get(folder.name)
        if known is None or known[0] != stamp:
            known = stamp, Sweep(folder, read_sweep(folder))
            self._records[folder.name] = known
        return known[1]


def _summary(sweep: Sweep, trials: list[Trial], *, alive: bool) -> SweepEntry:
    return SweepEntry(
        sweep.id,
        sweep,
        sweep_status(trials, alive=alive),
        one_line(sweep.record.name),
        one_line(varied_text(sweep.record.varied)),
        len(trials),
        sum(trial.finished for trial in trials),
        sum(trial.status in ("failed", "diverged", "damaged") for trial in trials),
        sum(trial.live for trial in trials),
        sweep.record.created,
    )


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except FileNotFoundError:
        return (0, 0, 0)
    return (status.st_mtime_ns, status.st_size, status.st_ino)
