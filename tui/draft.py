"""The settings of a session that is being filled in: texts, and what they amount to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tui.operations import NAMED_DATASETS
from tui.text import one_line
from vae_engine.errors import SettingError
from vae_engine.sessions.labels import check_label
from vae_engine.sessions.records import Label
from vae_engine.settings import SETTINGS, Settings, SettingValue, make_settings

PRESETS: dict[str, dict[str, SettingValue]] = {
    "d = 2": {"latent_dim": 2},
    "d = 8": {"latent_dim": 8},
    "d = 16": {"latent_dim": 16},
    "two-minute demo": {
        "latent_dim": 2,
        "epochs": 5,
        "min_epochs": 5,
        "decay_epochs": 4,
        "learning_rate": 4e-3,
    },
}
"""Settings that differ from the defaults, by the name of the preset."""

GROUPS: dict[str, tuple[str, ...]] = {
    "Session": ("dataset", "latent_dim", "epochs", "min_epochs", "limit", "seed", "threads"),
    "Objective and network": (
        "beta",
        "beta_warmup_epochs",
        "binarize",
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
    ),
}
"""The order in which the form asks."""

NAME = "name"
"""The field beside those of the settings."""


@dataclass(frozen=True)
class Draft:
    """What the texts of the form amount to.

    Attributes:
        settings: to train with; None while something is wrong.
        name: of the session, empty for the usual one.
        problems: what is wrong, by field.
        adjusted: settings that give way to others, by name: the text of what they become.
    """

    settings: Settings | None
    name: str
    problems: Mapping[str, str]
    adjusted: Mapping[str, str]


def default_texts() -> dict[str, str]:
    """The fields before anything was typed."""
    return {NAME: "", **{name: one.format(one.default) for name, one in SETTINGS.items()}}


def preset_texts(preset: str) -> dict[str, str]:
    """The fields of a preset."""
    chosen = {name: SETTINGS[name].format(value) for name, value in PRESETS[preset].items()}
    return {**default_texts(), **chosen}


def texts_of(settings: Settings) -> dict[str, str]:
    """The fields of a session that is forked; it has yet to get a name."""
    return {NAME: "", **{n: one.format(getattr(settings, n)) for n, one in SETTINGS.items()}}


def read_draft(texts: Mapping[str, str]) -> Draft:
    """Check every text. Fields left at their default give way, as on the command line."""
    values: dict[str, SettingValue] = {}
    problems: dict[str, str] = {}
    name = texts[NAME].strip()
    try:
        check_label(Label(name=name or "any"))
    except SettingError as error:
        problems[NAME] = str(error)
    for key, setting in SETTINGS.items():
        try:
            value = setting.parse(texts[key].strip())
        except SettingError as error:
            problems[key] = _without_name(key, str(error))
        else:
            if value != setting.default:
                values[key] = value
    settings = None
    if not problems:
        try:
            settings = make_settings(_absolute(values))
        except SettingError as error:
            # Two settings contradict each other: the message begins with the name of the first.
            key = str(error).split()[0]
            problems[key if key in SETTINGS else NAME] = _without_name(key, str(error))
    return Draft(settings, name, problems, _adjusted(settings, texts))


def _adjusted(settings: Settings | None, texts: Mapping[str, str]) -> dict[str, str]:
    if settings is None:
        return {}
    became = {
        name: setting.format(getattr(settings, name))
        for name, setting in SETTINGS.items()
        if getattr(settings, name) != setting.parse(texts[name].strip())
    }
    return {name: text for name, text in became.items() if name != "dataset"}


def _absolute(values: dict[str, SettingValue]) -> dict[str, SettingValue]:
    """A dataset's path made absolute: the worker runs elsewhere."""
    dataset = values.get("dataset")
    if isinstance(dataset, str) and dataset not in NAMED_DATASETS:
        return {**values, "dataset": str(Path(dataset).expanduser().absolute())}
    return values


def _without_name(name: str, problem: str) -> str:
    """`latent_dim is 'x': it must be ...` without what stands beside it anyway."""
    shown = problem.partition(": it ")[2] or problem.removeprefix(f"{name} ")
    return one_line(shown)
