"""`sweep.json`: the trials of a sweep and their sessions, written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from vae_engine.errors import SessionDamagedError, SettingError
from vae_engine.sessions import atomic
from vae_engine.sessions.labels import is_one_line
from vae_engine.sessions.manifest import as_trained
from vae_engine.sessions.records import Seconds, SessionId
from vae_engine.settings import SETTINGS, Settings, SettingValue, make_settings
from vae_engine.text import error_line

SCHEMA = 1
RECORD = "sweep.json"
# 10,000 trials take 3 MB.
_LIMIT = 16 * 2**20

# A list stands for a tuple, which JSON does not have.
JsonValue = int | float | str | list[int]


class TrialRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One trial: the id of its session, and its settings that differ from the sweep's."""

    session: SessionId
    changes: dict[str, JsonValue] = {}


class SweepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`sweep.json`: the request.

    It has the ids of all sessions before the first of them exists, so that a later coordinator
    finds every trial and creates none twice.
    """

    schema: Annotated[int, Meta(ge=1)] = SCHEMA
    id: SessionId
    created: Seconds
    name: str
    settings: Settings
    varied: dict[str, list[JsonValue]]
    trials: Annotated[list[TrialRecord], Meta(min_length=1)]
    parallel: Annotated[int, Meta(ge=1, le=1024)]
    ray: str = ""
    gpus: Annotated[float, Meta(ge=0, le=64)] = 0.0
    command: list[str] = []
    version: str = ""


class _Head(msgspec.Struct):
    schema: int
    settings: dict[str, msgspec.Raw] = {}


def write_sweep(folder: Path, record: SweepRecord) -> None:
    """Write the record of a new sweep.

    Raises:
        OSError: the disk refused.
    """
    atomic.write_record(folder / RECORD, record)


def read_sweep(folder: Path) -> SweepRecord:
    """Read and check a sweep's record.

    Raises:
        SessionDamagedError: missing, damaged, or of a newer version.
    """
    try:
        head = atomic.read_record(folder / RECORD, _Head, limit=_LIMIT)
        if head.schema > SCHEMA:
            raise SessionDamagedError(
                f"{RECORD} has schema {head.schema}, this version reads up to {SCHEMA}: "
                "upgrade to open it"
            )
        _check_names(head.settings)
        record = atomic.read_record(folder / RECORD, SweepRecord, limit=_LIMIT)
    except FileNotFoundError:
        raise SessionDamagedError(f"{RECORD} is missing: this is not a sweep") from None
    settings = as_trained(record.settings, head.settings)
    record = msgspec.structs.replace(record, settings=settings)
    _check(record)
    return record


def trial_settings(record: SweepRecord, trial: TrialRecord) -> Settings:
    """Return all settings of a trial.

    Raises:
        SettingError: they are invalid; `read_sweep` refuses such a record.
    """
    return make_settings({**msgspec.structs.asdict(record.settings), **trial.changes})


def varied_values(record: SweepRecord, settings: Settings) -> dict[str, SettingValue]:
    """Return a trial's values of the varied settings."""
    return {name: getattr(settings, name) for name in record.varied}


def make_changes(settings: Settings, base: Settings) -> dict[str, JsonValue]:
    """Return the values of `settings` that differ from `base`."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name in SETTINGS
        if (value := getattr(settings, name)) != getattr(base, name)
    }


def _check(record: SweepRecord) -> None:
    _check_names(record.varied)
    if not is_one_line(record.name):
        raise SessionDamagedError(f"{RECORD} is damaged: its name has control characters")
    ids = set()
    try:
        for name, values in record.varied.items():
            for value in values:
                SETTINGS[name].check(value)
        for trial in record.trials:
            _check_names(trial.changes)
            if trial.session in ids:
                raise SessionDamagedError(f"{RECORD} is damaged: two trials are {trial.session}")
            ids.add(trial.session)
            trial_settings(record, trial)
    except SettingError as error:
        raise SessionDamagedError(f"{RECORD} is damaged: {error_line(error)}") from None


def _check_names(names: dict[str, Any]) -> None:
    if unknown := sorted(names.keys() - SETTINGS.keys()):
        raise SessionDamagedError(
            f"{RECORD} has the setting {unknown[0][:60]!r}, which this version does not know: "
            "upgrade to open it"
        )
