from __future__ import annotations

from tui.dashboard.timeline import LAPSE_FRAMES, Timeline


def test_it_follows_the_newest_epoch_at_first() -> None:
    assert Timeline().grown(3).epoch == 3
    assert Timeline().grown(3).grown(4).epoch == 4


def test_a_chosen_epoch_stays_while_others_come() -> None:
    chosen = Timeline(newest=9).stepped(-2)
    assert chosen.epoch == 7
    assert chosen.grown(20).epoch == 7


def test_stepping_back_to_the_newest_follows_again() -> None:
    back = Timeline(newest=9).stepped(-1).stepped(1)
    assert back.follows
    assert back.grown(10).epoch == 10


def test_it_does_not_leave_the_epochs_there_are() -> None:
    assert Timeline(newest=5).at(-3).epoch == 1
    assert Timeline(newest=5).at(99).epoch == 5


def test_before_the_first_epoch_there_is_none_to_look_at() -> None:
    assert Timeline().stepped(-1).epoch == 0
    assert Timeline().at(1).epoch == 0


def test_a_lapse_of_a_long_training_skips_epochs() -> None:
    assert Timeline(newest=50).stride == 1
    assert 10_000 / Timeline(newest=10_000).stride <= LAPSE_FRAMES
