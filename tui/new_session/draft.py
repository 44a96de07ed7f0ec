"""Draft of a session or sweep: the texts of the form, and the settings they give."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from tui.new_session.fields import FIELDS, NAME
from tui.new_session.plan import UNASKED_TRIALS, default_parallel
from tui.text import one_line
from vae_engine.dataset_names import absolute_dataset, expanded
from vae_engine.defaults import (
    few_steps_note,
    resolved_settings,
    suited_settings,
    training_images,
)
from vae_engine.errors import SettingError
from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.machine import with_machine_settings
from vae_engine.sessions.labels import check_label
from vae_engine.sessions.records import Label
from vae_engine.settings import (
    SETTINGS,
    Setting,
    Settings,
    SettingValue,
    make_settings,
    usual_batch_parts,
)
from vae_engine.sweeps.grid import Grid, count_trials, make_grid, parse_list

Lists = dict[str, tuple[SettingValue, ...]]


@dataclass(frozen=True)
class SweepDraft:
    """The sweep that results from lists.

    Attributes:
        grid: its trials.
        lists: the values of the settings that were given.
        seeds: number of seeds, None where none was given.
        parallel: how many trials train at once.
        chosen: whether `parallel` was given.
    """

    grid: Grid
    lists: Lists
    seeds: int | None
    parallel: int
    chosen: bool


@dataclass(frozen=True)
class Draft:
    """The settings or sweep that result from the form's texts.

    Attributes:
        settings: to train with; None for a sweep, and while something is wrong.
        name: of the session or sweep, empty for the usual one.
        problems: what is wrong, by field.
        adjusted: settings that give way to others, by name: the text of what they become.
        sweep: where a field has several values; None while something is wrong.
        suited: what `settings` become where there are few images, as far as that is known.
        given: the settings that are not at their default: these stay on small data, too.
        few_steps: why its steps are too few to learn from; empty where they are enough, and where
            the number of images is not known.
    """

    settings: Settings | None
    name: str
    problems: Mapping[str, str]
    adjusted: Mapping[str, str]
    sweep: SweepDraft | None = None
    suited: Settings | None = None
    given: frozenset[str] = frozenset()
    few_steps: str = ""


def grey_28(_: Settings) -> ImageShape:
    """Return the shape of images if nothing is known about them."""
    return GREY_28


def read_draft(
    texts: Mapping[str, str],
    images: Mapping[str, int] | None = None,
    shape_of: Callable[[Settings], ImageShape] = grey_28,
    *,
    fork: bool = False,
) -> Draft:
    """Check every text. Fields left at their default give way, as on the command line.

    Args:
        texts: of all fields.
        images: how many images datasets have to train on, by their path, as far as it is known.
        shape_of: tells the shape that the images of settings have, as far as it is known.
        fork: whether the texts are another session's settings, which give way to nothing.
    """
    problems: dict[str, str] = {}
    lists: Lists = {}
    name = texts[NAME].strip()
    try:
        check_label(Label(name=name or "any"))
    except SettingError as error:
        problems[NAME] = str(error)
    for key, setting in SETTINGS.items():
        with _noted(key, problems):
            lists[key] = read_list(setting, texts[key])
    seeds = parallel = None
    with _noted("seeds", problems):
        seeds = _number("seeds", texts["seeds"])
    if texts["parallel"].strip():
        with _noted("parallel", problems):
            parallel = _number("parallel", texts["parallel"])
    if problems:
        return Draft(None, name, problems, {})
    given = {key: several for key, several in lists.items() if several != (_default(key),)}
    given = _absolute(given)
    if seeds == 1 and all(len(several) == 1 for several in lists.values()):
        return _session_draft(name, given, lists, images or {}, shape_of, fork=fork)
    return _sweep_draft(name, given, lists, None if seeds == 1 else seeds, parallel, fork=fork)


def read_list(setting: Setting, text: str) -> tuple[SettingValue, ...]:
    """Parse the values of a field, one or several, as `vae sweep run` does.

    Where a comma belongs to the value, as of `filters`, `|` stands between two of them.

    Raises:
        SettingError: a value is missing, not of this setting's kind, or out of range.
    """
    text = text.strip()
    if setting.kind == "ints":
        return tuple(setting.parse(part.strip()) for part in text.split("|"))
    if setting.name == "dataset" and expanded(text).exists():
        return (setting.parse(text),)  # The path of an existing file contains a comma.
    return parse_list(setting, ",".join(part.strip() for part in text.split(",")))


def _session_draft(
    name: str,
    given: Lists,
    lists: Lists,
    images: Mapping[str, int],
    shape_of: Callable[[Settings], ImageShape],
    *,
    fork: bool,
) -> Draft:
    try:
        settings = make_settings({key: several[0] for key, several in given.items()})
    except SettingError as error:
        return Draft(None, name, _contradiction(error), {})
    asked = frozenset(SETTINGS if fork else given)
    count = training_images(settings, images)
    suited = (
        settings if count is None else suited_settings(settings, asked, count, shape_of(settings))
    )
    return Draft(
        settings,
        name,
        {},
        _adjusted(suited, lists),
        given=asked,
        suited=suited,
        few_steps=few_steps_note(suited, count),
    )


def _sweep_draft(
    name: str,
    given: Lists,
    lists: Lists,
    seeds: int | None,
    parallel: int | None,
    *,
    fork: bool,
) -> Draft:
    try:
        count = count_trials(given, seeds)
        if count > UNASKED_TRIALS:
            raise SettingError(f"{count:,} trials are many: in a shell, use `vae sweep run --yes`")
        if any("," in str(path) for path in given.get("dataset", ())):
            raise SettingError("dataset has a comma: a sweep cannot use such a path")
        grid = make_grid(given, seeds)
        if fork:
            grid = replace(grid, given=None)
    except SettingError as error:
        return Draft(None, name, _contradiction(error, otherwise="seeds"), {})
    sweep = SweepDraft(grid, given, seeds, parallel or default_parallel(grid), parallel is not None)
    fixed = {key: several for key, several in lists.items() if key not in grid.varied}
    return Draft(None, name, {}, _adjusted(grid.trials[0], fixed), sweep)


@contextlib.contextmanager
def _noted(field: str, problems: dict[str, str]) -> Iterator[None]:
    """Record what is wrong with a field."""
    try:
        yield
    except SettingError as error:
        problems[field] = _without_name(field, str(error))


def _number(field: str, text: str) -> int:
    number = FIELDS[field].parse(text.strip())
    assert isinstance(number, int)
    return number


def _default(name: str) -> SettingValue:
    return SETTINGS[name].default


def _contradiction(error: SettingError, otherwise: str = NAME) -> dict[str, str]:
    """Report contradicting values: the message begins with the name of the first field."""
    key = str(error).split()[0]
    field = key if key in SETTINGS else otherwise
    return {field: _without_name(field, str(error))}


def _adjusted(settings: Settings, lists: Lists) -> dict[str, str]:
    # Do not show what auto means for 28x28 grey images, the usual case.
    kernels = with_machine_settings(Settings()).kernels
    parts = usual_batch_parts(settings.threads)
    usual = resolved_settings(Settings(kernels=kernels, batch_parts=parts))
    return {
        name: SETTINGS[name].format(getattr(settings, name))
        for name, several in lists.items()
        if name != "dataset"
        and getattr(settings, name) != several[0]
        and (several[0], getattr(settings, name)) != (SETTINGS[name].default, getattr(usual, name))
    }


def _absolute(given: Lists) -> Lists:
    """Make dataset paths absolute, since the worker runs in another folder."""
    if "dataset" not in given:
        return given
    return {**given, "dataset": tuple(absolute_dataset(str(one)) for one in given["dataset"])}


def _without_name(name: str, problem: str) -> str:
    """Shorten `latent_dim is 'x': it must be ...`: name and value are shown beside it."""
    shown = problem.partition(": it ")[2] or problem.removeprefix(f"{name} ")
    return one_line(shown)
