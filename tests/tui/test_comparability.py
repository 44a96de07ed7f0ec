"""Losses of other images, sizes or likelihoods are not compared: lists, charts, sweeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.sweeps.test_results import figures
from tests.sweeps.test_results import trial as sweep_trial
from tests.tui.pilot import screen_text, text_of
from tests.tui.recorder import Recorder
from tests.tui.session_list.test_compare import comparison
from tests.tui.session_list.test_filtering import NOW, entry
from tests.tui.session_list.test_screen import sessions
from tests.tui.watching import until
from tui.catalogue import SweepLabel
from tui.cli.sweep_report import result_lines, table_lines
from tui.comparison import LOSSES, METRICS, comparable, curves, read_compared
from tui.sampler.map_legend import legend
from tui.sampler.map_points import MapClass
from tui.session_list.columns import loss_bases, sort_entries
from tui.session_list.rows import best_trial, sweep_entry
from tui.sweeps.curves import comparable_rows
from tui.sweeps.grid import trial_table
from tui.sweeps.setting_results import SettingResults
from tui.sweeps.wording import INCOMPARABLE, best_line
from tui.widgets.session_table import SessionTable
from vae_engine.sessions.comparability import loss_basis
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings
from vae_engine.sweeps.results import METRICS as RESULT_METRICS
from vae_engine.sweeps.results import by_setting

OTHERS: list[dict[str, Any]] = [
    {"dataset": "fashion_mnist"},
    {"likelihood": "continuous_bernoulli"},
    {"image_size": "14"},
    {"binarize": "dynamic"},
    {"binarize": "static"},
    {"color": "rgb"},
]
SAME: list[dict[str, Any]] = [{"latent_dim": 8}, {"beta": 4.0}, {"likelihood": "bernoulli"}]


@pytest.mark.parametrize("changed", OTHERS, ids=str)
def test_sorted_by_loss_those_that_compare_stand_together(changed: dict[str, Any]) -> None:
    other = make_settings(**changed)
    rows = [
        entry(id="a", loss=140.0, created=NOW - 9),
        entry(id="b", loss=-900.0, created=NOW - 8, settings=other),
        entry(id="c", loss=150.0, created=NOW - 7),
        entry(id="d", loss=-950.0, created=NOW - 6, settings=other),
        entry(id="e", loss=None, created=NOW - 5),
    ]
    ordered = sort_entries(rows, "loss", reverse=False)
    assert [one.id for one in ordered] == ["d", "b", "a", "c", "e"]
    ordered = sort_entries(rows, "loss", reverse=True)
    assert [one.id for one in ordered] == ["b", "d", "c", "a", "e"]
    assert len(loss_bases(rows)) == 2
    trials = [replace(one, sweep=SweepLabel("s", "s", 4), folder=Path(one.id)) for one in rows]
    folded = sweep_entry(trials)
    assert folded.loss is None
    assert best_trial(folded).id == "a"
    assert sweep_entry([trials[0], trials[2]]).loss == 140.0


@pytest.mark.parametrize("changed", SAME, ids=str)
def test_losses_of_other_models_of_the_same_images_compare(changed: dict[str, Any]) -> None:
    assert loss_basis(make_settings(**changed)) == loss_basis(make_settings())


async def test_the_list_sorted_by_loss_says_what_compares(
    store: SessionStore, recorder: Recorder
) -> None:
    recorder.session("one", epochs=2)
    async with sessions(store, (160, 40)) as (_, app, pilot):
        app.remember(sort="loss")
        await until(pilot, lambda: "one" in screen_text(app))
        assert "losses compare within" not in screen_text(app)
        recorder.session("other", epochs=2, likelihood="gaussian")
        app.refresh_sessions()
        await until(pilot, lambda: "losses compare within a dataset" in screen_text(app))
        app.remember(sort="age")
        await until(pilot, lambda: "losses compare within" not in screen_text(app))


def test_a_chart_of_losses_has_only_curves_that_compare(recorder: Recorder) -> None:
    grey = [recorder.session(name, epochs=2) for name in ("one", "two")]
    other = recorder.session("other", epochs=2, likelihood="gaussian")
    new = recorder.session("new", status="starting")
    compared = [read_compared(one) for one in (*grey, other, new)]
    for metric in METRICS:
        drawn = [curve.label for curve in curves(compared, metric, other.id)]
        assert drawn == (["other", "new"] if metric in LOSSES else ["one", "two", "other", "new"])
    drawn = [curve.label for curve in curves(compared, "val_loss", new.id)]
    assert drawn == ["one", "two", "new"]
    assert [curve.tone for curve in curves(compared, "val_loss", other.id)] == [2, 3]
    assert len(comparable(compared, "val_loss")) == 3


async def test_the_comparison_follows_the_cursor_and_says_what_it_leaves_out(
    recorder: Recorder,
) -> None:
    one = recorder.session("one", epochs=2)
    other = recorder.session("other", epochs=2, likelihood="gaussian")
    async with comparison(recorder, one, other) as (screen, app, pilot):
        await until(
            pilot, lambda: "1 of 2 curves: losses of other" in text_of(app, "#compare-same")
        )
        table = screen.query_one(SessionTable)
        assert table.cursor_key == one.id
        await pilot.press("down")
        await until(pilot, lambda: table.cursor_key == other.id)
        await pilot.press(*"vv")  # KL, whose curves compare.
        await until(pilot, lambda: "1 of 2 curves" not in screen_text(app))


@pytest.mark.parametrize("changed", OTHERS, ids=str)
def test_a_sweep_over_what_does_not_compare_has_no_best_and_no_heat(
    changed: dict[str, Any],
) -> None:
    ((name, value),) = changed.items()
    usual = getattr(make_settings(), name)
    trials = [
        sweep_trial(1, {name: usual}, figures(140.0)),
        sweep_trial(2, {name: value}, figures(-900.0)),
    ]
    assert best_line(trials) == INCOMPARABLE
    table = trial_table(trials)
    assert {cell.heat for row in table.cells for cell in row} == {None}
    (row,) = comparable_rows(table.rows, trials, table.rows[1].label)
    assert row is table.rows[1]


def test_a_sweep_that_came_to_two_likelihoods_has_no_heat() -> None:
    trials = [
        sweep_trial(1, {"latent_dim": 2}, figures(140.0, measured_on="bernoulli, grey")),
        sweep_trial(2, {"latent_dim": 8}, figures(-900.0, measured_on="gaussian, colour")),
    ]
    assert {cell.heat for row in trial_table(trials).cells for cell in row} == {None}
    assert best_line(trials) == INCOMPARABLE
    assert best_line(trials[:1]) != INCOMPARABLE


def test_a_sweep_of_one_value_compares() -> None:
    trials = [
        sweep_trial(1, {"likelihood": "gaussian", "latent_dim": 2}, figures(-800.0)),
        sweep_trial(2, {"likelihood": "gaussian", "latent_dim": 8}, figures(-900.0)),
    ]
    assert "trial 2" in (best_line(trials) or "")
    heats = [cell.heat for row in trial_table(trials).cells for cell in row]
    assert None not in heats


def test_the_legend_of_the_map_has_class_names_as_far_as_there_is_room() -> None:
    names = {0: "cat", 2: "[bold]eel", 3: "a class of a very long name", -1: "no label"}
    classes = [MapClass(label, name, 1, True) for label, name in names.items()]
    assert legend(classes, 80).plain == "0 cat 2 [bold]eel 3 a class of a very l~"
    assert legend(classes, 24).plain.startswith("0 cat 2 ")
    assert len(legend(classes, 24).plain) <= 24
    assert legend(classes, 6).plain == "0 2 3"
    numbers = [MapClass(label, str(label), 1, True) for label in range(40)]
    assert legend(numbers[:4], 80).plain == "0 1 2 3"
    assert legend(numbers, 80).plain == ""


@pytest.mark.parametrize("changed", OTHERS, ids=str)
def test_losses_that_do_not_compare_are_in_tables_of_their_own(changed: dict[str, Any]) -> None:
    ((name, value),) = changed.items()
    usual = getattr(make_settings(), name)
    trials = [
        sweep_trial(1, {name: usual, "latent_dim": 2}, figures(140.0)),
        sweep_trial(2, {name: value, "latent_dim": 2}, figures(-900.0)),
        sweep_trial(3, {name: usual, "latent_dim": 8}, figures(130.0)),
        sweep_trial(4, {name: value, "latent_dim": 8}),
    ]
    lines = list(result_lines(trials, 120))
    (at,) = [index for index, line in enumerate(lines) if not line]
    first, second = lines[:at], lines[at + 1 :]
    assert all("compare with each other only" in part[0] for part in (first, second))
    assert "130.00" in "".join(first)
    assert "-900.00" not in "".join(first)
    assert "-900.00" in "".join(second)
    assert "0/1" in "".join(second)
    assert "trial 3" in first[-1]
    assert "trial 2" in second[-1]
    assert len(list(result_lines(trials[::2], 120))) == len(table_lines(trials[::2], 120)) + 1


def test_a_table_shows_losses_that_compare_with_those_of_its_marked_row() -> None:
    trials = [
        sweep_trial(1, {"latent_dim": 2}, figures(140.0, measured_on="bernoulli, grey")),
        sweep_trial(2, {"latent_dim": 8}, figures(-900.0, measured_on="gaussian, colour")),
    ]
    results = SettingResults()
    rows, found = trial_table(trials).rows, by_setting(trials)
    for current, shown, hidden in ((0, "140.00", "-900.00"), (1, "-900.00", "140.00")):
        results.show(rows, found, groups=[0, 1], current=current, best=None)
        told = str(results.texts(RESULT_METRICS))
        assert shown in told
        assert hidden not in told
    results.show(rows, found, groups=[0, 0], current=0, best=0)
    assert "other" not in str(results.texts(RESULT_METRICS))
