"""The grid: lists of values for settings, and every combination of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vae_engine.errors import SettingError
from vae_engine.processors import with_threads
from vae_engine.settings import SETTINGS, Setting, Settings, SettingValue, make_settings

MOST_TRIALS = 10_000
"""As many trials as a sweep may have."""

_SEED = "seed"
# So that as many trials as the machine has processors train best side by side: docs/benchmarks.md.
_DEFAULT_THREADS = 1


@dataclass(frozen=True)
class Grid:
    """The trials of a sweep, in the order in which they are trained.

    All settings are tried with one seed before any with the next.

    Attributes:
        varied: the settings that have several values, with these; the seed last.
        trials: all settings of each trial, no two equal, `threads` never 0.
        given: the names of the settings that were asked for; the others may give way to values
            that suit the number of images. None keeps them all.
    """

    varied: dict[str, tuple[SettingValue, ...]]
    trials: tuple[Settings, ...]
    given: frozenset[str] | None = None


def parse_list(setting: Setting, text: str) -> tuple[SettingValue, ...]:
    """Read a list of values typed by a person: `2,8,16`.

    A comma separates values, but for a setting whose one value is a list already (`filters`,
    `dense_units`): there it belongs to the value.

    Raises:
        SettingError: a value is missing, not of this setting's kind, or out of range.
    """
    if setting.kind == "ints":
        return (setting.parse(text),)
    return tuple(setting.parse(part) for part in text.split(","))


def count_trials(values: Mapping[str, Sequence[SettingValue]], seeds: int | None = None) -> int:
    """How many trials `make_grid` would make of the same."""
    return math.prod(len(several) for several in values.values()) * (seeds or 1)


def make_grid(values: Mapping[str, Sequence[SettingValue]], seeds: int | None = None) -> Grid:
    """Combine every value with every other.

    Args:
        values: the values of each setting that was given; `threads` is 1 where it was not.
        seeds: so many seeds, upwards from the one that was given, or 0.

    Raises:
        SettingError: no value or the same one twice, both a list of seeds and `seeds`, values that
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
        raise SettingError("threads 0 and the number of processors that it stands for are the same")
    varied = {name: several for name, several in lists.items() if len(several) > 1}
    return Grid(varied, trials, frozenset(values))


def _seeds(given: tuple[SettingValue, ...], count: int | None) -> tuple[SettingValue, ...]:
    if count is None:
        return given
    if len(given) > 1:
        listed = ",".join(map(str, given))
        raise SettingError(f"both --seed {listed} and --seeds {count} are given: choose one")
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
            yield with_threads(make_settings(values, seed=seed))
