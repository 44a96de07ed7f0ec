"""Fields of the form: their order, definitions, first texts, and the values to choose from."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tui.new_session.plan import PARALLEL, SEEDS
from tui.presets import PRESETS
from vae_engine.dataset_names import NAMED_DATASETS
from vae_engine.settings import SETTINGS, Setting, Settings

PROMINENT = ("dataset", "latent_dim", "epochs")
"""Settings that the form asks first, since most people change them."""

GROUPS: dict[str, tuple[str, ...]] = {
    "Length, seed, threads": (
        "latent_dim",
        "epochs",
        "min_epochs",
        "seed",
        "threads",
        "batch_parts",
        "kernels",
    ),
    "Images": ("dataset", "limit", "image_size", "fit", "color", "range", "augment"),
    "Sweep": ("seeds", "parallel"),
    "Objective and network": (
        "beta",
        "beta_warmup_epochs",
        "free_bits",
        "likelihood",
        "binarize",
        "network",
        "filters",
        "kernel_size",
        "dense_units",
        "activation",
    ),
    "Optimization": (
        "learning_rate",
        "batch_size",
        "warmup_steps",
        "decay_epochs",
        "patience",
        "min_delta",
        "adam_beta_1",
        "adam_beta_2",
        "adam_epsilon",
        "clip_norm",
        "weight_decay",
    ),
}
"""All fields, in the order of the form."""

NAME = "name"
"""The field that is not a setting."""

FIELDS: dict[str, Setting] = {
    **SETTINGS,
    "seeds": msgspec.structs.replace(SEEDS, help="number of seeds, counting up from seed"),
    "parallel": msgspec.structs.replace(
        PARALLEL, help="trials at once; empty: as many as the processors allow"
    ),
}
"""Definition of every field except the name."""


def default_texts() -> dict[str, str]:
    """Return the initial texts of the fields."""
    return {
        NAME: "",
        "seeds": "1",
        "parallel": "",
        **{name: one.format(one.default) for name, one in SETTINGS.items()},
    }


def preset_texts(preset: str) -> dict[str, str]:
    """Return the texts that a preset fills in."""
    chosen = {name: SETTINGS[name].format(value) for name, value in PRESETS[preset].items()}
    return {**default_texts(), **chosen}


def texts_of(settings: Settings) -> dict[str, str]:
    """Return the texts for a fork of a session, without a name."""
    own = {name: one.format(getattr(settings, name)) for name, one in SETTINGS.items()}
    return {**default_texts(), **own}


def has_choices(name: str) -> bool:
    """Return whether a field offers values to choose from."""
    return name == "dataset" or (name in SETTINGS and bool(SETTINGS[name].choices))


def choices_of(name: str, earlier: Iterable[str]) -> list[str]:
    """Return the values that a field offers, the default first.

    Args:
        name: of a field for which `has_choices` holds.
        earlier: datasets of other sessions.
    """
    if name != "dataset":
        setting = SETTINGS[name]
        return list(dict.fromkeys([str(setting.default), *setting.choices]))
    return list(dict.fromkeys([*NAMED_DATASETS, *sorted(set(earlier))]))
