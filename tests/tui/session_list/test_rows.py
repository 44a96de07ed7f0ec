"""Rows of the list: folded sweeps, sparklines, columns that fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tui.pilot import screen_text, text_of, toasts, type_text
from tests.tui.recorded_sweeps import record_sweep
from tests.tui.recorder import Recorder
from tests.tui.session_list.test_filtering import NOW, entry
from tests.tui.session_list.test_screen import names, sessions
from tests.tui.watching import until
from tui.catalogue import Catalogue, Entry, SweepLabel
from tui.sampler.screen import SamplerScreen
from tui.session_list.columns import (
    COLUMN_IDS,
    COLUMNS,
    dimension_text,
    left_text,
    name_text,
    shown_columns,
)
from tui.session_list.curve_texts import WIDTH, curve_text
from tui.session_list.preview_text import preview_text
from tui.session_list.rows import best_trial, folded_rows, sweep_entry
from tui.session_list.screen import SessionsScreen
from tui.sweeps.screen import SweepScreen
from vae_engine.sessions.store import SessionStore
from vae_engine.sweeps.record import RECORD

SWEEP = SweepLabel("sweep-1", "seeds", 4)


def trial(name: str, **changes: object) -> Entry:
    return entry(
        id=name, name=name, folder=Path(name), sweep=SWEEP, tags=("sweep-1", "mine"), **changes
    )


TRIALS = [
    trial("a", loss=150.0, status="completed", created=NOW - 30, size=10),
    trial("b", loss=99.0, status="completed", created=NOW - 20, size=20),
    trial("c", loss=None, status="failed", created=NOW - 10, size=None),
]


def test_trials_fold_into_one_row_that_sorts_among_the_sessions() -> None:
    alone = entry(id="z", name="zebra", loss=120.0, created=NOW - 5)
    rows = folded_rows([*TRIALS, alone], "loss", reverse=False, unfolded=())
    assert [row.name for row in rows] == ["seeds", "zebra"]
    rows = folded_rows([*TRIALS, alone], "age", reverse=False, unfolded={"sweep-1"})
    assert [row.name for row in rows] == ["zebra", "seeds", "c", "b", "a"]
    rows = folded_rows([*TRIALS, alone], "loss", reverse=True, unfolded={"sweep-1"})
    assert [row.name for row in rows] == ["zebra", "seeds", "a", "b", "c"]
    assert rows[1].unfolded


def test_a_sweep_says_what_its_trials_add_up_to() -> None:
    sweep = sweep_entry(TRIALS)
    assert (sweep.loss, sweep.created, sweep.size) == (99.0, NOW - 10, None)
    assert best_trial(sweep).id == "b"
    assert name_text(sweep) == "▸ seeds  2/4 trials"
    assert name_text(sweep_entry(TRIALS, unfolded=True)).startswith("▾ ")
    assert sweep.status == "stopped"
    live = sweep_entry([*TRIALS, trial("d", status="training")])
    assert (live.status, left_text(live, NOW)) == ("training", "-")
    full = [trial(name, status="completed", loss=1.0) for name in "abcd"]
    assert (sweep_entry(full).status, name_text(sweep_entry(full))) == (
        "completed",
        "▸ seeds  4 trials",
    )
    # Below its sweep a trial is indented, and does not repeat the sweep's id.
    assert name_text(TRIALS[0]) == "  a  #mine"


def test_a_row_for_any_sweep_has_texts_and_keys_in_every_column() -> None:
    damaged = trial("x", status="damaged", settings=None, loss=None, epoch=0)
    for sweep in (sweep_entry([damaged]), sweep_entry([*TRIALS, damaged])):
        assert all(isinstance(column.text(sweep, NOW), str) for column in COLUMNS)
        for column in COLUMN_IDS:
            assert folded_rows([damaged, *TRIALS], column, reverse=False, unfolded=())
        assert preview_text(sweep, width=27, height=8).plain
    assert dimension_text(sweep_entry([damaged])) == ""


@pytest.mark.parametrize(("width", "live"), [(80, False), (80, True), (120, True), (200, True)])
def test_columns_that_have_room_are_shown(width: int, live: bool) -> None:
    shown = [column.id for column in shown_columns(width, live=live)]
    assert {"status", "name", "d", "epoch", "loss", "age", "time"} <= set(shown)
    assert ("left" in shown) == live
    assert ("curve" in shown) == (width >= 130)
    assert ("size" in shown) == (width >= 90 or not live)


def test_only_running_sessions_have_a_remaining_time() -> None:
    known = {"epoch": 10, "epochs": 20, "earliest_end": 20, "epoch_seconds": 6.0, "updated": NOW}
    assert left_text(entry(status="training", **known), NOW) == "1m02s"
    assert left_text(entry(status="training", **{**known, "earliest_end": 12}), NOW) == "<1m02s"
    assert left_text(entry(status="starting"), NOW) == "-"
    assert left_text(entry(status="completed", **known), NOW) == ""


@pytest.mark.parametrize("count", [0, 1, 2, 5, 12, 13, 50, 1000])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_curve_falls_from_high_to_low(count: int, ascii_only: bool) -> None:
    text = curve_text([100 + 400 / (at + 1) for at in range(count)], ascii_only=ascii_only)
    assert len(text) == (0 if count < 2 else min(count, WIDTH))
    marks = "_.-=*#" if ascii_only else "▁▂▃▄▅▆▇"
    levels = [marks.index(mark) for mark in text]
    assert levels == sorted(levels, reverse=True)
    if count >= 2:
        assert (levels[0], levels[-1]) == (len(marks) - 1, 0)
    assert curve_text([5.0] * 4, ascii_only=ascii_only) == marks[0] * 4


def test_single_epochs_far_above_all_others_do_not_flatten_a_curve() -> None:
    falling = [150 - at / 3 for at in range(60)]
    spoiled = [1.2e6 if at in (22, 41) else loss for at, loss in enumerate(falling)]
    assert curve_text(spoiled) == curve_text(falling)


async def test_a_sweep_is_one_row_with_its_name_until_it_is_unfolded(
    store: SessionStore, recorder: Recorder
) -> None:
    sweep = record_sweep(recorder, {1: "completed", 2: "completed", 3: "failed"}, name="evening")
    recorder.session("alone")
    async with sessions(store, shown=2) as (table, app, pilot):
        await pilot.press("home")
        if table.cursor_key != f"{sweep.id}/":
            await pilot.press("down")
        await until(pilot, lambda: table.cursor_key == f"{sweep.id}/")
        assert "▸ evening  2/4 trials" in screen_text(app)
        assert f"#{sweep.id}" not in screen_text(app)
        await until(
            pilot,
            lambda: "4 trials: 2 completed, 1 failed, 1 waiting" in text_of(app, "#preview-text"),
        )
        await pilot.press("z")
        assert len(table.keys) == 5
        assert "▾ evening" in screen_text(app)
        await pilot.press("down", "z")
        assert len(table.keys) == 2
        assert table.cursor_key == f"{sweep.id}/"


async def test_the_keys_of_a_session_mean_a_sweeps_trials_or_say_what_to_do(
    store: SessionStore, recorder: Recorder
) -> None:
    sweep = record_sweep(recorder, {1: "completed", 2: "completed"}, name="evening")
    async with sessions(store, shown=1) as (_, app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SweepScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionsScreen))
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, SamplerScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionsScreen))
        await pilot.press("r")
        await until(pilot, lambda: any("This is a sweep" in told for told in toasts(app)))
        for key in ("e", "f", "R", "A", "w"):
            await pilot.press(key)
            assert isinstance(app.screen, SessionsScreen), key
        await pilot.press("d")
        await until(pilot, lambda: "Delete 2 sessions?" in screen_text(app))
        await pilot.press("y")
        await until(pilot, lambda: bool(app.screen.query("#welcome")))
    assert len(store.trash()) == 2
    assert sweep.folder.is_dir()


async def test_a_filter_reaches_the_trials_and_counts_sessions(
    store: SessionStore, recorder: Recorder
) -> None:
    record_sweep(recorder, {1: "completed", 2: "completed", 3: "completed"}, name="evening")
    async with sessions(store, shown=1) as (_, app, pilot):
        await pilot.press("slash")
        await type_text(pilot, "d=2")
        await until(pilot, lambda: "3 sessions, 2 shown" in text_of(app, "#sessions-head"))


async def test_the_header_sorts_by_a_click_on_a_title_or_beside_it(
    store: SessionStore, recorder: Recorder
) -> None:
    recorder.session("one")
    async with sessions(store) as (_, app, pilot):
        line = screen_text(app).splitlines()[1]
        for title, column in (("val loss", "loss"), ("name", "name"), ("time", "time")):
            found = re.search(title, line)
            assert found is not None
            await pilot.click("#sessions-table", offset=(found.end() - 1, 0))
            await until(pilot, lambda column=column: app.preferences.sort == column)  # type: ignore[misc]
        before = app.preferences.sort_reversed
        await pilot.click("#sessions-table", offset=(line.index("time") + 1, 0))
        await until(pilot, lambda: app.preferences.sort_reversed is not before)


async def test_a_curve_stands_in_each_row_where_there_is_room(
    store: SessionStore, recorder: Recorder
) -> None:
    recorder.session("one", epochs=9)
    async with sessions(store, (200, 60)) as (_, app, pilot):
        await until(pilot, lambda: "val curve" in screen_text(app).splitlines()[1])
        await until(pilot, lambda: "▁" in screen_text(app).splitlines()[2])
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "val curve" not in screen_text(app).splitlines()[1])


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_preview_is_never_cut_and_takes_the_room_that_rows_leave(
    store: SessionStore, recorder: Recorder, size: tuple[int, int]
) -> None:
    recorder.session(
        "one",
        note="\n".join(f"line {at}" for at in range(30)),
        beta=4.0,
        patience=3,
        dense_units=(64, 32),
    )
    async with sessions(store, size) as (table, app, pilot):
        words, text = (app.screen.query_one(f"#preview-{part}") for part in ("words", "text"))
        await until(pilot, lambda: "latent_dim 2" in text_of(app, "#preview-text"))
        await until(pilot, lambda: 0 < text.size.height <= words.size.height)
        preview = app.screen.query_one("#sessions-preview")
        assert preview.size.height > 0.55 * size[1]
        assert names(table) == ["one"]


def test_a_sweep_whose_record_is_damaged_leaves_its_sessions_alone(
    store: SessionStore, recorder: Recorder
) -> None:
    sweep = record_sweep(recorder, {1: "completed", 2: "completed"}, name="[b]evil")
    catalogue = Catalogue(store.root)
    assert {one.sweep.name for one in catalogue.scan() if one.sweep} == {"[b]evil"}
    whole = (sweep.folder / RECORD).read_bytes()
    for damaged in (whole.replace(b"evil", b"evil\\u001b[31m"), b"{"):
        (sweep.folder / RECORD).write_bytes(damaged)
        names = {one.sweep.name for one in catalogue.scan() if one.sweep}
        assert not any("\x1b" in name for name in names)
    assert [one.sweep for one in catalogue.scan()] == [None, None]


def test_the_preview_has_no_italics() -> None:
    """GNU screen, byobu and tmux with TERM=screen draw them in reverse."""
    text = preview_text(trial("a", note="a note"))
    assert "a note" in text.plain
    assert {str(span.style) for span in text.spans} <= {"bold", "dim"}
