"""The settings table: ranges, typed text, and what a session file may hold."""

import math
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import msgspec
import numpy as np
import pytest
from hypothesis import strategies as st

from tests.sessions.makers import refusal
from vae_engine.errors import SettingError
from vae_engine.settings import (
    SETTINGS,
    Setting,
    Settings,
    SettingValue,
    changed_settings,
    make_settings,
)

ALL = list(SETTINGS.values())


def values_of(setting: Setting) -> st.SearchStrategy[Any]:
    """Every value that a setting takes."""
    if setting.kind == "choice":
        return st.sampled_from(setting.choices)
    if setting.pattern:
        return st.from_regex(setting.pattern, fullmatch=True)
    if setting.kind == "str":
        letters = st.characters(exclude_categories=("C", "Z"))
        return st.text(letters, min_size=setting.min_items, max_size=40)
    if setting.kind == "float":
        return st.floats(
            setting.low, setting.high, exclude_min=setting.low_open, exclude_max=setting.high_open
        )
    number = st.integers(int(setting.low), int(setting.high))
    if setting.kind == "int":
        return number
    return st.lists(number, min_size=setting.min_items, max_size=setting.max_items).map(tuple)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def test_the_defaults_are_those_of_the_product() -> None:
    settings = make_settings()
    assert (settings.dataset, settings.latent_dim, settings.batch_size) == ("mnist", 2, 128)
    assert (settings.epochs, settings.min_epochs, settings.beta) == (50, 20, 1.0)
    assert changed_settings(settings) == {}


@pytest.mark.parametrize("setting", ALL, ids=lambda setting: setting.name)
def test_every_setting_takes_its_default_and_explains_itself(setting: Setting) -> None:
    assert setting.check(setting.default) == setting.default
    assert setting.parse(setting.format(setting.default)) == setting.default
    assert setting.help
    assert setting.range_text
    assert setting.option.startswith("--")


@hypothesis.settings(deadline=None, max_examples=200)
@hypothesis.given(setting=st.sampled_from(ALL), data=st.data())
def test_what_is_in_range_survives_text_and_json(setting: Setting, data: st.DataObject) -> None:
    value = data.draw(values_of(setting))
    assert setting.check(value) == value
    assert setting.parse(setting.format(value)) == value
    if setting.name not in ("epochs", "min_epochs"):
        settings = make_settings({setting.name: value})
        assert msgspec.json.decode(msgspec.json.encode(settings), type=Settings) == settings


@hypothesis.settings(deadline=None, max_examples=150)
@hypothesis.given(setting=st.sampled_from(ALL), value=anything, text=st.text())
def test_anything_else_is_refused_in_one_line_that_names_setting_and_range(
    setting: Setting, value: object, text: str
) -> None:
    for take, given in ((setting.check, value), (setting.parse, text)):
        if line := refusal(partial(take, given)):  # type: ignore[arg-type]
            assert setting.name in line
            assert setting.range_text in line
        else:
            assert setting.check(take(given)) == take(given)  # type: ignore[arg-type]


def beyond(setting: Setting) -> list[SettingValue]:
    if setting.kind == "choice":
        return ["", "nothing", setting.choices[0] + "X"]
    if setting.pattern:
        return ["", "7", "257", "64x7", "7x64", "64x", "x64", "64x64x3", "AUTO", "064", "64\n"]
    if setting.kind == "str":
        return ["", "x" * (setting.max_items + 1), "a\nb", "\x1b[2J"]
    low = setting.low if setting.low_open else setting.low - 1
    high = setting.high if setting.high_open else setting.high + 1
    if setting.kind == "ints":
        too_many = (int(setting.low),) * (setting.max_items + 1)
        empty = [()] if setting.min_items else []  # Else it stands for auto.
        return [*empty, too_many, (int(low),), (int(high),)]
    if setting.kind == "int":
        return [int(low), int(high), 10**400]
    return [low, high, math.nan, math.inf, -math.inf, 1e308]


@pytest.mark.parametrize("setting", ALL, ids=lambda setting: setting.name)
def test_what_is_just_out_of_range_is_refused_here_and_in_a_file(setting: Setting) -> None:
    for value in beyond(setting):
        with pytest.raises(SettingError, match=setting.name):
            setting.check(value)
        in_file = setting.kind == "choice" or isinstance(value, (tuple, int, float))
        if in_file and value not in (10**400, math.inf, -math.inf):
            with pytest.raises(msgspec.ValidationError):
                msgspec.json.decode(msgspec.json.encode({setting.name: value}), type=Settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("latent_dim", True),
        ("latent_dim", 2.0),
        ("latent_dim", "2"),
        ("learning_rate", "0.1"),
        ("filters", [16, 2.5]),
        ("filters", [True, 2]),
        ("filters", 16),
        ("dataset", 5),
        ("dataset", None),
        ("binarize", True),
        ("binarize", 0),
    ],
)
def test_values_of_another_type_are_refused(name: str, value: object) -> None:
    with pytest.raises(SettingError, match=f"{name} is .*: it must be"):
        make_settings({name: value})


def test_a_number_too_long_to_print_is_refused_too() -> None:
    with pytest.raises(SettingError, match="latent_dim is a number of thousands of digits: it"):
        make_settings(latent_dim=10**5000)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("learning_rate", "2e-3", 0.002),
        ("learning_rate", " 0.5 ", 0.5),
        ("beta", "4", 4.0),
        ("filters", "8, 16", (8, 16)),
        ("dense_units", "512", (512,)),
        ("epochs", "100000", 100_000),
    ],
)
def test_text_that_people_type_is_understood(name: str, text: str, value: SettingValue) -> None:
    assert SETTINGS[name].parse(text) == value


@pytest.mark.parametrize("text", ["", "two", "1.5", "9" * 5000, "1,2", "0x10", "-1", "257"])
def test_text_that_is_no_latent_dim_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="a whole number from 1 to 256"):
        SETTINGS["latent_dim"].parse(text)


def test_a_choice_is_refused_with_the_choices() -> None:
    assert SETTINGS["binarize"].parse("dynamic") == "dynamic"
    with pytest.raises(
        SettingError, match="binarize is 'always': it must be dynamic or none or sta"
    ):
        make_settings(binarize="always")


def test_numbers_keep_all_their_digits_as_text() -> None:
    setting = SETTINGS["learning_rate"]
    assert setting.format(0.0012345678901234) == "0.0012345678901234"
    assert setting.format(1.0) == "1"
    assert setting.format(1e-7) == "1e-07"
    assert SETTINGS["filters"].format([16, 32]) == "16,32"


def test_an_unknown_setting_is_named_with_those_that_are_known() -> None:
    with pytest.raises(
        SettingError, match="unknown setting 'latentdim': known are dataset, latent"
    ):
        make_settings({"latentdim": 2})


def test_min_epochs_gives_way_unless_it_was_asked_for() -> None:
    assert make_settings(epochs=5).min_epochs == 5
    assert make_settings(min_epochs=80).epochs == 80
    assert make_settings(epochs=90).min_epochs == 20
    with pytest.raises(SettingError, match="min_epochs is 9: it must not be above epochs"):
        make_settings(epochs=5, min_epochs=9)


def test_changes_are_stronger_than_values() -> None:
    settings = make_settings({"latent_dim": 8, "seed": 1}, latent_dim=16)
    assert changed_settings(settings) == {"latent_dim": 16, "seed": 1}


def test_a_file_with_an_unknown_setting_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.json.decode(b'{"latent_dims": 2}', type=Settings)


def test_numpy_values_and_paths_become_plain_ones() -> None:
    settings = make_settings(
        latent_dim=np.int64(8),
        learning_rate=np.float32(0.5),
        filters=np.array([8, 16]),
        dense_units=[np.int32(32)],
        dataset=Path("/data/faces.npz"),
    )
    assert settings == make_settings(
        latent_dim=8,
        learning_rate=0.5,
        filters=(8, 16),
        dense_units=(32,),
        dataset="/data/faces.npz",
    )
    assert msgspec.json.decode(msgspec.json.encode(settings), type=Settings) == settings


@pytest.mark.parametrize(
    "values",
    [
        {"latent_dim": np.bool_(True)},
        {"latent_dim": np.float64(8)},
        {"latent_dim": np.array([8])},
        {"learning_rate": np.float64("nan")},
        {"filters": np.zeros((2, 2), int)},
        {"filters": np.array([8.0])},
        {"dataset": Path("a\nb")},
    ],
    ids=str,
)
def test_numpy_values_that_do_not_fit_are_refused_in_one_line(values: dict[str, object]) -> None:
    with pytest.raises(SettingError, match=f"{next(iter(values))} is .*: it must be") as caught:
        make_settings(values)
    assert str(caught.value).isprintable()


def test_settings_are_a_mapping_for_notebooks() -> None:
    settings = make_settings(latent_dim=8)
    assert list(dict(settings)) == list(SETTINGS)
    assert make_settings({**settings, "beta": 4}).latent_dim == 8
    with pytest.raises(KeyError, match="no_setting"):
        settings["no_setting"]
