"""The grid: lists of values for settings, and all their combinations."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vae_engine.errors import SettingError
from vae_engine.machine import with_machine_settings
from vae_engine.settings import SETTINGS, Setting, Settings, SettingValue, make_settings

MOST_TRIALS = 10_000
"""Maximum number of trials of a sweep."""

_SEED = "seed"
# Fastest with as many trials as processors: docs/benchmarks.md.
_DEFAULT_THREADS = 1


@dataclass(frozen=True)
class Grid:
    """The trials of a sweep, in the order in which they are trained.

    All settings are tried with one seed before any with the next.

    Attributes:
        varied: the settings with several values, and the values; the seed last.
        trials: all settings of each trial, no two equal, `threads` never 0.
        given: the names of the given settings; the others may change to suit the number of images.
        None keeps all.
    """

    varied: dict[str, tuple[SettingValue, ...]]
    trials: tuple[Settings, ...]
    given: frozenset[str] | None = None


def parse_list(setting: Setting, text: str) -> tuple[SettingValue, ...]:
    """Parse a typed list of values: `2,8,16`.

    A comma separates values, except for a setting whose value is itself a list (`filters`,
    `dense_units`): there it is part of the value.

    Raises:
        SettingError: a value is missing, of the wrong type, or out of range.
    """
    if setting.kind == "ints":
        return (setting.parse(text),)
    return tuple(setting.parse(part) for part in text.split(","))


def count_trials(values: Mapping[str, Sequence[SettingValue]], seeds: int | None = None) -> int:
    """Count the trials that `make_grid` would make."""
    return math.prod(len(several) for several in values.values()) * (seeds or 1)


def make_grid(values: Mapping[str, Sequence[SettingValue]], seeds: int | None = None) -> Grid:
    """Combine every value with every other.

    Args:
        values: the values of each given setting; `threads` is 1 if not given.
        seeds: number of seeds, counting up from the given one, or 0.

    Raises:
        SettingError: a missing or repeated value, both a list of seeds and `seeds`, values that
        contradict each other, or more than `MOST_TRIALS`.
    """
    lists = {name: tuple(values[name]) for name in SETTINGS if name in values and name != _SEED}
    lists.setdefault("threads", (_DEFAULT_THREADS,))
    lists[_SEED] = _seeds(tuple(values.get(_SEED, (0,))), seeds)
    for name, several in lists.items():
        _check_distinct(SETTINGS[name], several)
    if (count := count_trials(lists)) > MOST_TRIALS:
        raise SettingError(f"{count:,} trials are too many: a sweep has at most {MOST_TRIALS:,}")
    trials = tuple(_combinations(lists))
    if len(set(trials)) < len(trials):
        raise SettingError(_equal_trials(lists))
    varied = {name: several for name, several in lists.items() if len(several) > 1}
    return Grid(varied, trials, frozenset(values))


def _equal_trials(lists: Mapping[str, tuple[SettingValue, ...]]) -> str:
    """Say which value becomes equal to another one on this machine."""
    if 0 in lists["threads"] and len(lists["threads"]) > 1:
        return "threads 0 equals the number of processors"
    if 0 in lists.get("batch_parts", ()):
        return "batch_parts 0 equals the number that the threads give"
    return f"kernels auto equals {with_machine_settings(Settings()).kernels}"


def _seeds(given: tuple[SettingValue, ...], count: int | None) -> tuple[SettingValue, ...]:
    if count is None:
        return given
    if len(given) > 1:
        listed = ",".join(map(str, given))
        raise SettingError(f"the seeds {listed} and {count} as their number are given: choose one")
    first = int(given[0])  # type: ignore[arg-type]  # The setting's kind says so.
    return tuple(SETTINGS[_SEED].check(first + number) for number in range(count))


def _check_distinct(setting: Setting, several: tuple[SettingValue, ...]) -> None:
    if not several:
        raise SettingError(f"{setting.name} has no value: give {setting.range_text}")
    seen = set()
    for value in several:
        if value in seen:
            raise SettingError(f"{setting.name} has the value {setting.format(value)} twice")
        seen.add(value)


def _combinations(lists: Mapping[str, tuple[SettingValue, ...]]) -> Iterator[Settings]:
    settings = {name: several for name, several in lists.items() if name != _SEED}
    for seed in lists[_SEED]:
        for chosen in itertools.product(*settings.values()):
            values = dict(zip(settings, chosen, strict=True))
            yield with_machine_settings(make_settings(values, seed=seed))
