from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.catalogue import Entry
from tui.session_list.filtering import parse_filter
from vae_engine.settings import make_settings

NOW = 1_000_000.0


def entry(**changes: Any) -> Entry:
    values: dict[str, Any] = {
        "id": "20261122-100000-ab12",
        "folder": Path("/sessions/20261122-100000-ab12"),
        "status": "completed",
        "name": "Sharp digits",
        "tags": ("paper", "beta-sweep"),
        "note": "dimension 3 has collapsed",
        "settings": make_settings(latent_dim=2, filters=(16, 32)),
        "epoch": 37,
        "epochs": 50,
        "loss": 142.5,
        "created": NOW - 7200.0,
        "duration": 600.0,
        "updated": NOW - 6600.0,
        "size": 5_200_000,
    }
    return Entry(**{**values, **changes})


def admits(text: str, **changes: Any) -> bool:
    parsed = parse_filter(text)
    assert not parsed.problem
    return parsed.admits(entry(**changes), NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sharp",
        "DIGITS sharp",
        '"sharp digits"',
        "ab12",
        "completed",
        "mnist",
        "paper",
        "collapsed",
        "d=2",
        "latent_dim=2",
        "d!=8",
        "loss<145",
        "loss<=142.5 loss>=142.5",
        "loss>1e2",
        "status=completed",
        "status!=failed",
        "tag:pap",
        "tag=PAPER",
        "tag!=old",
        'note:"3 has"',
        'name="sharp digits"',
        "epoch>36",
        "filters=16,32",
        "dataset=mnist",
        "age<3h age>119m",
        "time=10m",
        "size>5M size<5.3MB",
        "d=2 loss<145 status=completed tag:paper",
    ],
)
def test_a_filter_admits_what_meets_all_of_it(text: str) -> None:
    assert admits(text)


@pytest.mark.parametrize(
    "text",
    [
        "blurred",
        "sharp blurred",
        '"digits sharp"',
        "d=8",
        "d=2 loss<140",
        "status=training",
        "status=live",
        "tag=pap",
        "tag!=paper",
        "age>1d",
        "size<1M",
        "filters=16",
    ],
)
def test_a_filter_keeps_out_what_misses_any_of_it(text: str) -> None:
    assert not admits(text)


@pytest.mark.parametrize("status", ["starting", "training", "paused", "stopping"])
def test_live_matches_every_status_with_a_worker(status: str) -> None:
    assert admits("status=live", status=status)
    assert not admits("status!=live", status=status)


def test_what_a_session_does_not_have_meets_no_comparison() -> None:
    nothing = {"loss": None, "size": None, "settings": None, "tags": ()}
    for text in ("loss<1000", "loss>0", "size>0M", "d>0", "tag:a", "filters:1", "epoch>=0"):
        assert not admits(text, **nothing), text
    assert admits("loss!=3 tag!=paper", **nothing)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour=red", "colour= is not a condition: fields are d, loss, epoch, status"),
        ("loss<", "loss< needs a number, such as 2 or 1e-3"),
        ("loss<low", "loss<low needs a number"),
        ("loss<nan", "loss<nan needs a number"),
        ("loss<1e999", "needs a number"),
        ("age<3", "age<3 needs a time, such as 90s, 5m, 3h or 2d"),
        ("size>x", "size>x needs a size, such as 800K, 5M or 1G"),
        ("status<completed", "status< compares text: use status=completed or status:"),
        ("d=2 tag:", "tag: needs a text"),
    ],
)
def test_what_cannot_be_read_is_reported_with_what_is_wanted(text: str, said: str) -> None:
    assert said in parse_filter(text).problem


def test_what_can_be_read_holds_while_the_rest_is_being_typed() -> None:
    half = parse_filter("d=2 loss<")
    assert half.problem
    assert half.admits(entry(), NOW)
    assert not half.admits(entry(settings=make_settings(latent_dim=8)), NOW)


PARTS = st.one_of(
    st.text(max_size=8),
    st.builds(
        "".join,
        st.tuples(
            st.sampled_from(["d", "loss", "age", "size", "tag", "status", "Note", "filters", "x"]),
            st.sampled_from(["=", "!=", "<", "<=", ">", ">=", ":", "==", "=<"]),
            st.sampled_from(["2", "-1", "1e3", "nan", "3h", "5M", "paper", '"a b"', '"', "", "²"]),
        ),
    ),
)


@given(st.lists(PARTS, max_size=5).map(" ".join))
@example('D:" \n')
@example('epoch="a\tb"')
def test_any_text_is_a_filter_and_its_problem_one_line(text: str) -> None:
    parsed = parse_filter(text)
    assert parsed.text == text
    assert len(parsed.problem) < 200
    assert "\n" not in parsed.problem
    for one in (entry(), entry(settings=None, loss=None, tags=(), size=None)):
        # Each condition that could be read must hold, and none that could not.
        assert parsed.admits(one, NOW) == all(holds(one, NOW) for holds in parsed.conditions)


@given(
    st.sampled_from(["d", "loss", "age", "size", "tag", "status", "note", "filters", "epoch"]),
    st.sampled_from(["2", "3h", "5M", "1e3", "paper", "completed", "latent"]),
)
def test_unequal_is_the_opposite_of_equal(name: str, value: str) -> None:
    equal, unequal = parse_filter(f"{name}={value}"), parse_filter(f"{name}!={value}")
    assert bool(equal.problem) == bool(unequal.problem)
    if not equal.problem:
        for one in (entry(), entry(settings=None, loss=None, tags=(), size=None)):
            assert equal.admits(one, NOW) is not unequal.admits(one, NOW)


@given(st.text(alphabet=st.characters(exclude_characters='"', exclude_categories=["C", "Z"])))
def test_a_quoted_word_is_looked_for_as_it_is(word: str) -> None:
    assert admits(f'"{word}"', name=f"before {word} after")
