from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input

from tests.sessions.makers import write_evaluation
from tests.tui.pilot import burst, screen_text, text_of, type_text
from tests.tui.recorder import Recorder
from tests.tui.textual_internals import notifications
from tests.tui.watching import until
from tui.app import WorkbenchApp
from tui.session_list.preview import _glimpse
from tui.session_list.screen import SessionsScreen
from tui.widgets.session_table import SessionTable
from vae_engine.sessions import events as ev
from vae_engine.sessions.records import Label
from vae_engine.sessions.store import SessionStore

SIZES = [(80, 24), (120, 40), (200, 60)]


@asynccontextmanager
async def sessions(
    store: SessionStore, size: tuple[int, int] = (120, 40), *, shown: int | None = None
) -> AsyncIterator[tuple[SessionTable, WorkbenchApp, Pilot[Any]]]:
    """The list of sessions, once it shows as many as there are, or as many as are asked for."""
    app = WorkbenchApp(store)
    count = len(store.listings()) if shown is None else shown
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SessionsScreen))
        await until(pilot, lambda: app.entries is not None)
        table = app.screen.query_one(SessionTable)
        await until(pilot, lambda: len(table.keys) == count)
        yield table, app, pilot


def names(table: SessionTable) -> list[str]:
    return [table.cell_texts(key)[1] for key in table.keys]


@pytest.fixture
def three(recorder: Recorder) -> list[str]:
    """Three sessions, the first the newest; returns their ids."""
    now = time.time()
    return [
        recorder.session("alpha", created=now - 100, latent_dim=2, tags=["paper"]).id,
        recorder.session("beta", created=now - 9000, latent_dim=8, status="failed", epochs=2).id,
        recorder.session("gamma", created=now - 99_000, latent_dim=2, epochs=6).id,
    ]


async def test_every_column_is_shown_whole_also_after_a_resize(
    store: SessionStore, three: list[str]
) -> None:
    columns = ("status", "name", "dataset", " d ", "epoch", "loss", "age", "time", "size")
    async with sessions(store, SIZES[-1]) as (table, app, pilot):
        await until(pilot, lambda: all(table.cell_texts(key)[8] for key in table.keys))
        await pilot.press("down")
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await until(pilot, partial(_has_footer, app, size))
            text = screen_text(app)
            assert {len(line) for line in text.splitlines()} == {size[0]}
            for title in columns:
                assert title in text.splitlines()[1], (size, title)
            for cell in ("✓ completed", "✗ failed", "alpha", "beta", "gamma", "167.67", "4/4"):
                assert cell in text, (size, cell)
            assert "2h" in text, size
            assert "Help" in text.splitlines()[-1], size
            assert table.cursor_key == three[1]


def _has_footer(app: WorkbenchApp, size: tuple[int, int]) -> bool:
    return app.screen.size == size and "Quit" in screen_text(app).splitlines()[-1]


@pytest.mark.parametrize("size", SIZES)
async def test_the_session_under_the_cursor_is_previewed(
    store: SessionStore, three: list[str], size: tuple[int, int]
) -> None:
    async with sessions(store, size) as (_, app, pilot):
        await until(pilot, lambda: "#paper" in text_of(app, "#preview-text"))
        from tui.widgets.chart import LossChart
        from tui.widgets.images import ImageGrid

        await until(pilot, lambda: app.screen.query(ImageGrid))
        grid, chart = app.screen.query_one(ImageGrid), app.screen.query_one(LossChart)
        await until(pilot, lambda: grid.tiling.visible >= 2)
        await until(pilot, lambda: "⠉" in screen_text(app) or "⡇" in screen_text(app))
        assert chart.size.height >= 5
        await pilot.press("down")
        await until(pilot, lambda: "failed 2 of 2 epochs" in text_of(app, "#preview-text"))
        assert "latent_dim 8" in text_of(app, "#preview-text")
        assert "because loss is nan" in text_of(app, "#preview-text")


async def test_the_preview_shows_as_many_samples_as_have_room(
    store: SessionStore, three: list[str]
) -> None:
    async with sessions(store, (200, 60)) as (_, app, pilot):
        from tui.session_list.readable_samples import ReadableSamples

        await until(pilot, lambda: app.screen.query(ReadableSamples))
        grid = app.screen.query_one(ReadableSamples)
        await until(pilot, lambda: len(grid.images) >= 10)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: len(grid.images) <= 4)
        await pilot.resize_terminal(200, 60)
        await until(pilot, lambda: len(grid.images) >= 10)


def previews(app: WorkbenchApp, name: str) -> bool:
    return text_of(app, "#preview-text").startswith(name)


def preview_scrolls(app: WorkbenchApp, scrolls: bool) -> bool:
    return (app.screen.query_one("#preview-words").max_scroll_y > 0) == scrolls


async def test_a_cursor_that_moves_lays_nothing_out_again(
    store: SessionStore, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new layout takes longer than the rest of a key, and sends the table's scrollbar again."""
    async with sessions(store) as (table, app, pilot):
        assert table.keys == three
        await until(pilot, lambda: text_of(app, "#preview-text").startswith("alpha"))
        await until(pilot, lambda: app.screen.query("#preview-curves"))
        laid_out = []
        refresh = Widget.refresh

        def noted(self: Widget, *regions: Any, layout: bool = False, **others: Any) -> Widget:
            laid_out.extend([self] * layout)
            return refresh(self, *regions, layout=layout, **others)

        monkeypatch.setattr(Widget, "refresh", noted)
        for key, name in zip("jjkk", ["beta", "gamma", "beta", "alpha"], strict=True):
            await pilot.press(key)
            await until(pilot, partial(previews, app, name))
        await pilot.press("space")
        await until(pilot, lambda: "1 selected" in screen_text(app))
        assert laid_out == []


async def test_a_preview_that_does_not_fit_still_scrolls(
    store: SessionStore, recorder: Recorder
) -> None:
    now = time.time()
    recorder.session("short", created=now)
    recorder.session("long " * 20, created=now - 60)
    async with sessions(store, (80, 24)) as (_, app, pilot):
        words = app.screen.query_one("#preview-words")
        words.styles.height = 3
        await until(pilot, lambda: words.size.height == 3)
        for key, scrolls in (("j", True), ("k", False), ("j", True)):
            await pilot.press(key)
            await until(pilot, partial(preview_scrolls, app, scrolls))


async def test_the_preview_tells_an_evaluation_of_the_present_weights(
    store: SessionStore, recorder: Recorder
) -> None:
    outdated, current = (
        recorder.session(f"s{created}", created=created, previews=False) for created in (1e9, 2e9)
    )
    write_evaluation(current)
    write_evaluation(outdated)
    recorder.export(outdated, 4, 5)
    told = "test -ELBO 151.20, NLL 149.40, 2 active (4)"
    async with sessions(store) as (_, app, pilot):
        await pilot.press("home")
        await until(pilot, lambda: told in text_of(app, "#preview-text"))
        await pilot.press("end")
        await until(pilot, lambda: outdated.id in text_of(app, "#preview-text"))
        await pilot.press("home")
        await until(pilot, lambda: told in text_of(app, "#preview-text"))
    assert _glimpse(outdated.folder).evaluation == ""


async def test_cursor_selection_sort_and_filter_survive_what_happens(
    store: SessionStore, recorder: Recorder, three: list[str]
) -> None:
    live = recorder.session("delta", status="training", epochs=1, of=9, created=time.time() - 50)
    async with sessions(store) as (table, app, pilot):
        table.put_cursor(three[2])
        await pilot.press("6", "space", "slash")
        await type_text(pilot, "d=2")
        await pilot.press("enter")
        table.put_cursor(live.id)
        before = names(table)
        assert before == ["gamma", "alpha  #paper", "delta"]
        recorder.finish_epoch(live, 2, val_loss=1.0)
        recorder.session("newcomer", latent_dim=16)
        await until(pilot, lambda: len(app.entries or ()) == 5)
        await until(pilot, lambda: "2/9" in table.cell_texts(live.id))
        assert names(table) == ["delta", "gamma", "alpha  #paper"]
        assert table.cursor_key == live.id
        assert table.selected == {three[2]}
        assert "5 sessions, 3 shown, 1 running, 1 selected" in text_of(app, "#sessions-head")


async def test_live_sessions_keep_moving(store: SessionStore, recorder: Recorder) -> None:
    live = recorder.session("live", status="training", epochs=1, of=9)
    async with sessions(store) as (table, _, pilot):
        # Between loss and age a live session has the time that is left.
        assert table.cell_texts(live.id)[6].endswith("s")
        first = table.cell_texts(live.id)[8]
        await until(pilot, lambda: table.cell_texts(live.id)[8] != first)
        recorder.finish_epoch(live, 2)
        await until(pilot, lambda: table.cell_texts(live.id)[4] == "2/9")
        recorder.kill(live)
        await until(pilot, lambda: table.cell_texts(live.id)[0] == "! interrupted")


async def test_a_filter_works_while_it_is_typed(store: SessionStore, three: list[str]) -> None:
    async with sessions(store) as (table, app, pilot):
        await pilot.press("slash")
        await type_text(pilot, "d=2 gam")
        assert names(table) == ["gamma"]
        await pilot.press("backspace", "backspace", "backspace")
        assert len(table.keys) == 2
        await pilot.press("enter")
        assert table.has_focus
        await pilot.press("escape")
        assert len(table.keys) == 3
        assert not app.screen.query_one("#filter-bar").display


async def test_what_is_typed_ahead_of_the_filter_deletes_nothing(
    store: SessionStore, three: list[str]
) -> None:
    async with sessions(store) as (_, app, pilot):
        burst(app, "slash", "d", "/", "d")
        await until(pilot, lambda: app.screen.query_one("#filter", Input).value == "d/d")
        assert isinstance(app.screen, SessionsScreen)


async def test_a_filter_that_cannot_be_read_says_so_and_holds_as_far_as_it_can_be(
    store: SessionStore, three: list[str]
) -> None:
    async with sessions(store) as (table, app, pilot):
        await pilot.press("slash")
        await type_text(pilot, "d=2")
        await type_text(pilot, " loss<")
        assert "loss< needs a number" in text_of(app, "#filter-problem")
        assert len(table.keys) == 2
        await type_text(pilot, "1")
        assert text_of(app, "#filter-problem") == ""
        assert table.keys == []
        assert "No session matches the filter" in text_of(app, "#sessions-empty")
        assert app.screen.query_one("#filter", Input).has_focus


async def test_the_sort_order_is_remembered_and_the_filter_is_not(
    store: SessionStore, three: list[str]
) -> None:
    async with sessions(store) as (table, _, pilot):
        await pilot.press("2", "2", "slash")
        await type_text(pilot, "d=2")
        await pilot.press("enter")
        assert names(table) == ["gamma", "alpha  #paper"]
    async with sessions(store) as (table, app, _):
        assert len(names(table)) == 3
        assert table.sorted_by == ("name", True)
        assert app.screen.query_one("#filter", Input).value == ""


async def test_every_column_sorts(store: SessionStore, three: list[str]) -> None:
    async with sessions(store) as (table, app, pilot):
        seen = []
        for _ in range(9):
            await pilot.press("o")
            seen.append(app.preferences.sort)
        assert len(set(seen)) == 9
        await pilot.press("6")
        forwards = names(table)
        await pilot.press("O")
        assert names(table) == forwards[::-1]
        await pilot.click("#sessions-table", offset=(20, 0))
        assert app.preferences.sort == "name"


async def test_a_session_deleted_by_someone_else_goes(
    store: SessionStore, three: list[str]
) -> None:
    async with sessions(store) as (table, _, pilot):
        store.delete(store.find(three[0]))
        await until(pilot, lambda: len(table.keys) == 2)
        assert table.cursor_key == three[1]


async def test_a_damaged_session_is_reported_and_opens_nothing(
    store: SessionStore, three: list[str]
) -> None:
    async with sessions(store) as (table, app, pilot):
        (store.root / three[0] / "session.json").write_text("{")
        await until(pilot, lambda: table.cell_texts(three[0])[0] == "✗ damaged")
        table.put_cursor(three[0])
        await until(pilot, lambda: "session.json is damaged" in text_of(app, "#preview-text"))
        await pilot.press("enter", "g", "f", "r", "c")
        await pilot.pause()
        assert isinstance(app.screen, SessionsScreen)


async def test_a_folder_that_cannot_be_read_is_reported(store: SessionStore) -> None:
    store.root.write_text("no folder")
    app = WorkbenchApp(store)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.problem)
        await until(pilot, lambda: "cannot be read" in text_of(app, "#sessions-empty"))


async def test_foreign_text_is_shown_as_text(store: SessionStore, recorder: Recorder) -> None:
    session = recorder.session("plain")
    evil = Label(name="[b]bold[/b] :smile:", tags=["[red]t[/]"], note="line [i]one[/i]\nline two")
    store.relabel(session, evil)
    raw = (session.folder / "label.json").read_text()
    (session.folder / "label.json").write_text(raw.replace("bold", "bo\\u001b[31mld"))
    async with sessions(store) as (_, app, pilot):
        await until(pilot, lambda: "line two" in screen_text(app))
        text = screen_text(app)
        assert "[b]bo?[31mld[/b] :smile:" in text
        assert "[red]t[/]" in text
        assert "line [i]one[/i]" in text
        assert "\x1b" not in text


async def test_the_end_of_a_training_is_reported_wherever_one_is(
    store: SessionStore, recorder: Recorder
) -> None:
    live = recorder.session("night run", status="training", epochs=2, of=3)
    async with sessions(store) as (_, app, pilot):
        await pilot.press("question_mark")
        recorder.finish_epoch(live, 3)
        recorder.emit(live, ev.RunEnded(status="completed", reason="epochs"))
        await until(pilot, lambda: notifications(app))
        (toast,) = notifications(app)
        assert toast.title == "night run completed"
        assert toast.message == "best val loss 184.33, epoch 3 of 3"
        assert toast.severity == "information"


async def test_hundreds_of_sessions_are_listed_and_moved_through(
    store: SessionStore, recorder: Recorder
) -> None:
    model = recorder.session("model")
    for index in range(299):
        copy = store.root / f"20200101-{index:06}-aaaa"
        copy.mkdir()
        for name in ("session.json", "label.json", "summary.json", "events.jsonl"):
            (copy / name).write_bytes((model.folder / name).read_bytes())
    async with sessions(store, (80, 24)) as (table, _, pilot):
        assert len(table.keys) == 300
        await pilot.press("end", "pageup", "home", "pagedown")
        assert table.cursor == table.size.height - 2
        rendered = [table.render_line(y).text for y in range(table.size.height)]
        assert all("completed" in line for line in rendered[1:])
