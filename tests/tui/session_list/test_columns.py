from __future__ import annotations

import pytest

from tests.tui.session_list.test_filtering import NOW, entry
from tui.session_list.columns import COLUMN_IDS, COLUMNS, sort_entries
from tui.text import loss_text, size_text

FIRST = entry(id="a", name="beta", loss=150.0, epoch=3, created=NOW - 10, size=None, duration=5)
SECOND = entry(id="b", name="Alpha", loss=None, epoch=50, created=NOW - 900, size=10, duration=9)
THIRD = entry(id="c", name="gamma", loss=99.0, epoch=7, created=NOW - 100, size=99, status="failed")


@pytest.mark.parametrize(
    ("column", "order"),
    [
        ("name", "bac"),
        ("loss", "cab"),
        ("age", "acb"),
        ("epoch", "bca"),
        ("size", "cba"),
        ("status", "abc"),
        ("unknown", "acb"),
    ],
)
def test_each_column_sorts_the_most_wanted_first(column: str, order: str) -> None:
    ordered = sort_entries([SECOND, THIRD, FIRST], column, reverse=False)
    assert "".join(one.id for one in ordered) == order


@pytest.mark.parametrize(("column", "order"), [("loss", "acb"), ("size", "bca"), ("name", "cab")])
def test_what_has_no_value_comes_last_in_reverse_as_well(column: str, order: str) -> None:
    ordered = sort_entries([SECOND, THIRD, FIRST], column, reverse=True)
    assert "".join(one.id for one in ordered) == order


@pytest.mark.parametrize("column", COLUMN_IDS)
def test_equals_are_sorted_by_age_in_every_column(column: str) -> None:
    older, newer = entry(id="old", created=NOW - 5000), entry(id="new", created=NOW - 4000)
    assert sort_entries([older, newer], column, reverse=False)[0] is newer


def test_a_damaged_session_has_a_text_in_every_column() -> None:
    damaged = entry(
        status="damaged", settings=None, loss=None, created=0.0, duration=0.0, size=None, tags=()
    )
    texts = [column.text(damaged, NOW) for column in COLUMNS]
    assert texts == ["✗ damaged", "Sharp digits", *[""] * 9]


def test_a_live_session_ages_in_its_time_column() -> None:
    time_text = COLUMNS[COLUMN_IDS.index("time")].text
    live = entry(status="training", duration=60.0, updated=NOW - 30)
    assert (time_text(live, NOW), time_text(live, NOW + 1)) == ("1m30s", "1m31s")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, ""),
        (0, "0B"),
        (999, "999B"),
        (1000, "1.0K"),
        (9_949, "9.9K"),
        (9_950, "10K"),
        (999_499, "999K"),
        (999_500, "1.0M"),
        (1.2e9, "1.2G"),
    ],
)
def test_sizes_have_four_characters(size: float | None, text: str) -> None:
    assert size_text(size) == text


def test_a_loss_has_seven_characters_at_most() -> None:
    assert [loss_text(loss) for loss in (None, 142.123, 9999.99, 1e30)] == [
        "",
        "142.12",
        "9999.99",
        "1.0e+30",
    ]
    negative = [loss_text(loss) for loss in (-142.123, -4170.1021, -12345.6, -1e30)]
    assert negative == ["-142.12", "-4170.1", "-1e+04", "-1e+30"]
