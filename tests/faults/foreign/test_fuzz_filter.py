"""The filter language accepts any text, for any session that can be listed."""

from __future__ import annotations

from pathlib import Path

import hypothesis
from hypothesis import strategies as st

from tui.catalogue import Entry
from tui.session_list.filtering import _FIELDS, parse_filter
from vae_engine.sessions.records import Status
from vae_engine.settings import make_settings

NOW = 1.8e9
STATUSES = [*Status.__args__, "damaged"]  # type: ignore[attr-defined]

names = st.sampled_from(sorted(_FIELDS)) | st.text(max_size=8)
signs = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", ":", "==", "=<", ""])
values = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["9" * 5000, "1e999", "nan", "-inf", "1" * 400 + "d", '"', '"a b', "0x1", "٣"]),
    st.tuples(st.integers(), st.sampled_from(["s", "m", "h", "d", "w", "k", "M", "gb", "x"])).map(
        lambda pair: f"{pair[0]}{pair[1]}"
    ),
)
conditions = st.tuples(names, signs, values).map("".join)
filters = st.lists(conditions | st.text(max_size=30), max_size=5).map(" ".join)
floats = st.floats(allow_nan=True)
entries = st.builds(
    Entry,
    id=st.text(max_size=20),
    folder=st.just(Path("folder")),
    status=st.sampled_from(STATUSES),
    name=st.text(max_size=20),
    tags=st.lists(st.text(max_size=9), max_size=3).map(tuple),
    note=st.text(max_size=20),
    settings=st.none() | st.builds(make_settings, st.just({})),
    epoch=st.integers(0, 10**8),
    loss=st.none() | floats,
    created=st.floats(0, 1e11),
    duration=st.floats(0, 1e11),
    updated=st.floats(0, 1e11),
    speed=st.none() | floats,
    size=st.none() | st.integers(0, 2**63),
)


@hypothesis.settings(deadline=None, max_examples=500, derandomize=True, database=None)
@hypothesis.given(text=filters, entry=entries)
def test_any_text_is_a_filter_or_has_a_problem_in_one_line(text: str, entry: Entry) -> None:
    read = parse_filter(text)
    assert read.admits(entry, NOW) == all(holds(entry, NOW) for holds in read.conditions)
    assert len(read.problem) < 300


@hypothesis.settings(deadline=None, max_examples=300, derandomize=True, database=None)
@hypothesis.given(
    name=st.sampled_from(["tag", "name", "note", "status", "id", "d", "epoch", "size", "age"]),
    value=values,
    entry=entries,
)
def test_unequal_is_the_opposite_of_equal(name: str, value: str, entry: Entry) -> None:
    value = "".join(value.split())
    equal, unequal = (parse_filter(f"{name}{sign}{value}") for sign in ("=", "!="))
    if not equal.problem and len(equal.conditions) == 1:
        assert equal.admits(entry, NOW) is not unequal.admits(entry, NOW)
