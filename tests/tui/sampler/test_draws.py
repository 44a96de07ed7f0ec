import numpy as np
import pytest

from tui.sampler.draws import HOTTEST, SEEDS, Draw, Draws, Marks
from vae_engine.inference.sampling import draw_prior


def test_a_draw_is_that_of_the_command_line() -> None:
    expected = draw_prior(5, 3, seed=7, temperature=0.5)
    assert np.array_equal(Draw(7, 0.5).z(5, 3), expected)


def test_every_new_draw_has_a_seed_that_was_not_shown_before() -> None:
    draws = Draws()
    seeds = [draws.current.seed]
    for _ in range(3):
        draws.resample()
        seeds.append(draws.current.seed)
    draws.step(-2)
    draws.resample()
    assert [*seeds, draws.current.seed] == [0, 1, 2, 3, 4]
    assert draws.position == (5, 5)


def test_earlier_draws_come_back_as_they_were() -> None:
    draws = Draws()
    draws.current.heat(-3)
    first = draws.current.z(4, 2)
    draws.resample()
    draws.current.heat(5)
    assert draws.step(-1)
    assert np.array_equal(draws.current.z(4, 2), first)
    assert not draws.step(-1)
    assert draws.step(1)
    assert not draws.step(1)


def test_a_new_draw_keeps_the_temperature() -> None:
    draws = Draws()
    draws.current.heat(4)
    draws.take(99)
    assert (draws.current.seed, draws.current.temperature) == (99, 1.4)


def test_after_the_largest_seed_comes_the_smallest() -> None:
    draws = Draws()
    draws.take(SEEDS - 1)
    draws.resample()
    assert draws.current.seed == 0


def test_the_temperature_stays_between_cold_and_hottest() -> None:
    draw = Draw(0)
    draw.heat(-99)
    assert draw.temperature == 0.0
    assert not draw.z(3, 2).any()
    draw.heat(999)
    assert draw.temperature == HOTTEST


def test_a_nudge_moves_one_value_and_outlives_a_change_of_temperature() -> None:
    draw = Draw(3)
    draw.nudge(1, 0, 0.1, 2)
    draw.nudge(1, 0, 0.5, 2)
    draw.heat(-5)
    moved = draw.z(4, 2) - draw_prior(4, 2, seed=3, temperature=0.5)
    assert moved == pytest.approx(np.array([[0, 0], [0.6, 0], [0, 0], [0, 0]]), abs=1e-6)


def test_nudges_there_and_back_leave_nothing() -> None:
    draw = Draw(0)
    for by in (0.1, 0.1, 0.1, -0.1, -0.1, -0.1):
        draw.nudge(0, 1, by, 2)
    assert draw.nudges == {}


def test_the_nudge_of_one_dimension_can_be_taken_back() -> None:
    draw = Draw(0)
    draw.nudge(0, 0, 0.5, 2)
    draw.nudge(0, 1, 0.5, 2)
    draw.let_go(0, 0)
    assert draw.nudges[0].tolist() == [0.0, 0.5]
    draw.let_go(0, 1)
    draw.let_go(5, 1)
    assert draw.nudges == {}


def test_a_nudge_beyond_the_samples_that_fit_is_kept_for_later() -> None:
    draw = Draw(0)
    draw.nudge(9, 0, 0.5, 2)
    assert np.array_equal(draw.z(4, 2), draw_prior(4, 2, seed=0))
    assert draw.z(10, 2)[9, 0] == pytest.approx(draw_prior(10, 2, seed=0)[9, 0] + 0.5)


def test_two_marks_are_a_pair_and_a_third_takes_the_place_of_the_older() -> None:
    marks, draw = Marks(), Draw(0)
    marks.toggle(draw, 4)
    assert marks.pair is None
    marks.toggle(draw, 2)
    assert marks.letters(draw) == {4: "A", 2: "B"}
    marks.toggle(draw, 7)
    assert marks.letters(draw) == {2: "A", 7: "B"}


def test_marking_again_unmarks() -> None:
    marks, draw = Marks(), Draw(0)
    marks.toggle(draw, 4)
    marks.toggle(draw, 4)
    assert marks.letters(draw) == {}


def test_marks_hold_across_draws_and_follow_nudges() -> None:
    marks, first, second = Marks(), Draw(0), Draw(1)
    marks.toggle(first, 3)
    marks.toggle(second, 3)
    assert marks.letters(second) == {3: "B"}
    first.nudge(3, 0, 1.0, 2)
    assert marks.pair is not None
    start, end = (mark.z(2) for mark in marks.pair)
    assert start == pytest.approx(draw_prior(4, 2, seed=0)[3] + [1.0, 0.0])
    assert end == pytest.approx(draw_prior(4, 2, seed=1)[3])


def test_a_z_in_the_place_of_a_sample_is_not_heated_and_can_be_nudged_and_released() -> None:
    draw = Draw(0, 0.5)
    drawn = draw.z(3, 2)
    draw.put(1, np.array([2.5, -7.0], np.float32), "test image 3")
    draw.heat(5)
    assert draw.z(3, 2)[1].tolist() == [2.5, -7.0]
    draw.nudge(1, 0, 0.5, 2)
    assert draw.z_of(1, 2).tolist() == [3.0, -7.0]
    assert (draw.origin(1), draw.origin(0)) == ("test image 3", "sample 1 of seed 0")
    draw.put(1, np.array([1.0, 1.0], np.float32), "typed")
    assert draw.z_of(1, 2).tolist() == [1.0, 1.0]
    draw.heat(-5)
    draw.release(1)
    assert np.array_equal(draw.z(3, 2), drawn)
    assert not draw.pins
    assert not draw.nudges


@pytest.mark.parametrize("value", [0.1, -2.345678, 1e-7, 12345.0])
def test_a_dimension_has_exactly_the_value_that_was_typed_until_it_is_let_go(value: float) -> None:
    draw = Draw(4)
    drawn = draw.z_of(2, 3)
    draw.nudge(2, 1, 0.3, 3)
    draw.set_value(2, 1, value, 3)
    assert draw.z_of(2, 3)[1] == np.float32(value)
    assert draw.z_of(2, 3)[[0, 2]].tolist() == drawn[[0, 2]].tolist()
    draw.let_go(2, 1)
    assert np.array_equal(draw.z_of(2, 3), drawn)


def test_steps_along_a_direction_there_and_back_leave_nothing() -> None:
    draw, step = Draw(0), np.random.default_rng(0).normal(size=16) / 7
    for sign in (1, 1, 1, -1, -1, -1):
        draw.push(3, sign * step)
    assert draw.nudges == {}
