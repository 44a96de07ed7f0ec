"""Changes of the schedule, as the epochs tell of them."""

from __future__ import annotations

import math

import pytest

from tests.tui.recorder import epoch_ended
from tui.history import MOST_MARKS, History


def marks(rates: list[float], betas: list[float] | None = None) -> list[tuple[int, str]]:
    betas = betas or [1.0] * len(rates)
    ended = [
        epoch_ended(epoch, learning_rate=rate, beta=beta)
        for epoch, (rate, beta) in enumerate(zip(rates, betas, strict=True), start=1)
    ]
    return [(mark.epoch, mark.word) for mark in History(ended).schedule_marks]


@pytest.mark.parametrize(
    ("rates", "betas", "expected"),
    [
        ([1.0] * 6, None, []),
        ([], None, []),
        ([1.0], None, []),
        ([1.0, 1.0, 1.0, 0.5, 0.2, 0.0], None, [(4, "lr decay")]),
        ([1.0, 0.5], None, [(2, "lr decay")]),
        ([0.3, 0.6, 1.0, 1.0, 1.0], None, [(3, "lr warm-up ends")]),
        ([0.5, 1.0, 0.4, 0.1], None, [(3, "lr decay")]),
        # Extended: the second plan begins anew, and decays again.
        (
            [1.0, 1.0, 0.2, 1.0, 1.0, 0.2],
            None,
            [(3, "lr decay"), (4, "lr restart"), (6, "lr decay")],
        ),
        ([1.0] * 5, [0.25, 0.5, 0.75, 1.0, 1.0], [(4, "beta warm-up ends")]),
        ([1.0] * 3, [0.25, 0.5, 0.75], []),  # It still goes on.
        ([1.0, math.nan, math.inf, 1.0], None, None),
    ],
)
def test_changes_of_the_schedule_are_marked_with_a_word(
    rates: list[float], betas: list[float] | None, expected: list[tuple[int, str]] | None
) -> None:
    found = marks(rates, betas)
    assert expected is None or found == expected


def test_a_log_with_countless_changes_has_few_marks() -> None:
    assert len(marks([1.0, 0.5] * 5000)) == MOST_MARKS
