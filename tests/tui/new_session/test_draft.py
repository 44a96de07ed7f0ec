from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.new_session.draft import read_draft
from tui.new_session.fields import GROUPS, NAME, default_texts, preset_texts, texts_of
from tui.presets import PRESETS
from vae_engine.settings import SETTINGS, make_settings


def test_the_form_asks_for_every_setting_once() -> None:
    asked = sorted(name for names in GROUPS.values() for name in names)
    assert asked == sorted([*SETTINGS, "seeds", "parallel"])


def test_the_untouched_form_gives_the_defaults() -> None:
    draft = read_draft(default_texts())
    assert (draft.settings, draft.problems, draft.adjusted) == (make_settings(), {}, {})


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_can_be_trained(preset: str) -> None:
    assert read_draft(preset_texts(preset)).settings == make_settings(PRESETS[preset])


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("latent_dim", "0", "must be a whole number from 1 to 256"),
        ("latent_dim", "two", "must be a whole number from 1 to 256"),
        ("learning_rate", "2", "must be a number above 0 and at most 1"),
        ("filters", "1,0", "must be auto, or 1 to 8 whole numbers from 1 to 512, comma-separated"),
        ("dataset", "", "must be text of 1 to 4096 characters"),
        ("min_epochs", "60", "must not be above epochs, which is 50"),
        (NAME, "x" * 300, "the name has 300 characters: it must have at most 200"),
    ],
)
def test_a_wrong_value_is_reported_at_its_field(field: str, text: str, said: str) -> None:
    texts = {**default_texts(), "epochs": "50", field: text}
    if field == "min_epochs":
        texts["epochs"] = "40"
        said = said.replace("50", "40")
    draft = read_draft(texts)
    assert draft.settings is None
    assert draft.problems == {field: said}


def test_a_default_gives_way_and_the_form_says_so() -> None:
    draft = read_draft({**default_texts(), "epochs": "6"})
    assert draft.settings == make_settings(epochs=6)
    assert draft.adjusted == {"min_epochs": "6"}


def test_few_images_change_defaults_and_the_form_says_so() -> None:
    draft = read_draft({**default_texts(), "limit": "65"})
    assert draft.settings == make_settings(limit=65)
    assert draft.adjusted["batch_size"] == "8"
    assert draft.adjusted["epochs"] == "200"
    assert draft.suited is not None
    assert draft.suited.patience == 32
    asked = read_draft({**default_texts(), "limit": "65", "batch_size": "64", "epochs": "100"})
    assert not {"batch_size", "epochs"} & asked.adjusted.keys()
    assert asked.few_steps.startswith("200 steps at most")
    assert read_draft(default_texts()).few_steps == ""


def test_a_dataset_whose_images_were_counted_is_reported_likewise(tmp_path: Path) -> None:
    texts = {**default_texts(), "dataset": str(tmp_path / "few.npz")}
    assert read_draft(texts).adjusted == {}
    counted = read_draft(texts, {str(tmp_path / "few.npz"): 194})
    assert counted.adjusted == {"batch_size": "8"}


def test_the_settings_of_a_forked_session_give_way_to_nothing() -> None:
    parent = make_settings(
        limit=65,
        filters=(16, 32),
        dense_units=(256, 256),
        likelihood="bernoulli",
        activation="silu",
    )
    draft = read_draft(texts_of(parent), fork=True)
    assert (draft.adjusted, draft.suited) == ({}, draft.settings)
    assert draft.given == SETTINGS.keys()
    assert draft.few_steps
    sweep = read_draft({**texts_of(parent), "latent_dim": "2,8"}, fork=True).sweep
    assert sweep is not None
    assert sweep.grid.given is None


def test_a_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    draft = read_draft({**default_texts(), "dataset": "mine.npz"})
    assert draft.settings is not None
    assert draft.settings.dataset == str(tmp_path / "mine.npz")
    assert draft.adjusted == {}


def test_the_settings_of_a_session_come_back_the_same() -> None:
    settings = make_settings(latent_dim=5, filters=(4,), adam_epsilon=3e-8, epochs=7, threads=2)
    assert read_draft(texts_of(settings)).settings == settings


@given(st.dictionaries(st.sampled_from(sorted(default_texts())), st.text(max_size=12)))
def test_any_text_gives_settings_or_problems_at_its_fields(texts: dict[str, str]) -> None:
    draft = read_draft({**default_texts(), **texts})
    assert (draft.settings is None) == bool(draft.problems)
    assert set(draft.problems) <= {*texts, "min_epochs"}
    assert all(problem and "\n" not in problem for problem in draft.problems.values())
