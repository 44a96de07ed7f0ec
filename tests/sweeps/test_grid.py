from __future__ import annotations

import pytest

from vae_engine.errors import SettingError
from vae_engine.machine import usable_processors
from vae_engine.settings import SETTINGS, SettingValue
from vae_engine.sweeps.grid import MOST_TRIALS, count_trials, make_grid, parse_list


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("latent_dim", "2", (2,)),
        ("latent_dim", "2,8,16", (2, 8, 16)),
        ("beta", "1,0.5", (1.0, 0.5)),
        ("binarize", "none,dynamic,static", ("none", "dynamic", "static")),
        ("network", "plain,residual", ("plain", "residual")),
        ("dataset", "mnist,fashion_mnist", ("mnist", "fashion_mnist")),
        ("filters", "16,32", ((16, 32),)),
        ("dense_units", "64", ((64,),)),
    ],
)
def test_a_comma_makes_a_list_unless_a_value_is_one(
    name: str, text: str, values: tuple[SettingValue, ...]
) -> None:
    assert parse_list(SETTINGS[name], text) == values


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("latent_dim", ""),
        ("latent_dim", "2,"),
        ("latent_dim", ",2"),
        ("latent_dim", "2,,8"),
        ("latent_dim", "2,300"),
        ("beta", "1,x"),
        ("activation", "relu,"),
        ("dataset", ","),
    ],
)
def test_a_list_with_a_value_that_cannot_be_is_refused(name: str, text: str) -> None:
    with pytest.raises(SettingError, match=f"^{name} is "):
        parse_list(SETTINGS[name], text)


def test_every_combination_is_a_trial_and_the_seed_changes_last() -> None:
    grid = make_grid({"latent_dim": (2, 8), "beta": (1.0, 4.0)}, seeds=2)
    assert grid.varied == {"latent_dim": (2, 8), "beta": (1.0, 4.0), "seed": (0, 1)}
    found = [(one.seed, one.latent_dim, one.beta) for one in grid.trials]
    assert found == [
        (0, 2, 1.0),
        (0, 2, 4.0),
        (0, 8, 1.0),
        (0, 8, 4.0),
        (1, 2, 1.0),
        (1, 2, 4.0),
        (1, 8, 1.0),
        (1, 8, 4.0),
    ]


@pytest.mark.parametrize(
    ("seed", "seeds", "trained"),
    [(None, None, (0,)), (None, 3, (0, 1, 2)), ((5,), 2, (5, 6)), ((4, 2), None, (4, 2))],
)
def test_seeds_are_listed_or_counted_from_the_one_given(
    seed: tuple[int, ...] | None, seeds: int | None, trained: tuple[int, ...]
) -> None:
    grid = make_grid({} if seed is None else {"seed": seed}, seeds)
    assert tuple(one.seed for one in grid.trials) == trained


def test_one_trial_varies_nothing() -> None:
    grid = make_grid({"latent_dim": (8,)})
    assert (len(grid.trials), grid.varied, grid.trials[0].latent_dim) == (1, {}, 8)


def test_the_threads_are_fixed_before_anything_trains() -> None:
    assert make_grid({}).trials[0].threads == 1
    assert make_grid({"threads": (3,)}).trials[0].threads == 3
    assert make_grid({"threads": (0,)}).trials[0].threads == usable_processors()


@pytest.mark.parametrize(
    ("values", "seeds", "said"),
    [
        ({"seed": (1, 2)}, 3, "the seeds 1,2 and 3 as their number"),
        ({"latent_dim": (2, 8, 2)}, None, "latent_dim has the value 2 twice"),
        ({"beta": (1.0, 1)}, None, "beta has the value 1 twice"),
        ({"filters": ((8,), (8,))}, None, "filters has the value 8 twice"),
        ({"latent_dim": ()}, None, "latent_dim has no value"),
        ({"epochs": (5, 30), "min_epochs": (20,)}, None, "min_epochs is 20"),
        ({"seed": (2**31 - 1,)}, 2, "seed is 2147483648"),
        ({"threads": (0, usable_processors())}, None, "threads 0 equals the number of processors"),
    ],
)
def test_lists_that_contradict_themselves_or_each_other_are_refused(
    values: dict[str, tuple[SettingValue, ...]], seeds: int | None, said: str
) -> None:
    with pytest.raises(SettingError, match=said):
        make_grid(values, seeds)


def test_a_grid_beyond_all_bounds_is_refused_before_it_is_made() -> None:
    values = {"latent_dim": tuple(range(1, 257)), "batch_size": tuple(range(1, 8193))}
    assert count_trials(values, 10**6) > 10**12
    with pytest.raises(SettingError, match=f"at most {MOST_TRIALS:,}"):
        make_grid(values)
