"""Fields of the form that have values to choose from, and these values."""

from __future__ import annotations

from collections.abc import Iterable

from vae_engine.dataset_names import NAMED_DATASETS
from vae_engine.settings import SETTINGS


def has_choices(name: str) -> bool:
    """Whether a field has values to choose from."""
    return name == "dataset" or (name in SETTINGS and bool(SETTINGS[name].choices))


def choices_of(name: str, earlier: Iterable[str]) -> list[str]:
    """The values to choose from in a field, the default first.

    Args:
        name: of a field for which `has_choices` holds.
        earlier: datasets of other sessions.
    """
    if name != "dataset":
        setting = SETTINGS[name]
        return list(dict.fromkeys([str(setting.default), *setting.choices]))
    return list(dict.fromkeys([*NAMED_DATASETS, *sorted(set(earlier))]))
