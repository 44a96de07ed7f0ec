from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tests.tui.watching import widget_text
from tui.widgets.session_table import SessionTable
from tui.widgets.table_layout import Head, Row, lay_out

HEADS = [Head("status", "status"), Head("name", "name", flexible=True), Head("d", "d", "right")]


class TableApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.highlighted: list[str | None] = []
        self.opened: list[str] = []
        self.heads: list[str] = []

    def compose(self) -> ComposeResult:
        yield SessionTable(HEADS)

    def on_session_table_highlighted(self, message: SessionTable.Highlighted) -> None:
        self.highlighted.append(message.key)

    def on_session_table_opened(self, message: SessionTable.Opened) -> None:
        self.opened.append(message.key)

    def on_session_table_head_clicked(self, message: SessionTable.HeadClicked) -> None:
        self.heads.append(message.id)


def row(key: str, name: str = "", tone: str = "") -> Row:
    return Row(key, ("done", name or f"name {key}", "2"), tone)


@asynccontextmanager
async def table(
    rows: int = 100, size: tuple[int, int] = (40, 11)
) -> AsyncIterator[tuple[SessionTable, TableApp, Pilot[Any]]]:
    app = TableApp()
    async with app.run_test(size=size) as pilot:
        widget = app.query_one(SessionTable)
        widget.focus()
        widget.show([row(f"k{index:03}") for index in range(rows)])
        await pilot.pause()
        yield widget, app, pilot


def test_the_flexible_column_takes_what_is_left() -> None:
    layout = lay_out(HEADS, [row("a", "x" * 70)], 80)
    assert layout.width == 80
    assert layout.widths[0] == len("status ")
    assert layout.column_at(3) == 0
    assert layout.column_at(2) is None


def test_a_table_that_is_too_wide_keeps_its_columns_whole() -> None:
    heads = [*HEADS, *(Head(f"setting{index}", "x" * 20) for index in range(5))]
    layout = lay_out(heads, [], 60)
    assert layout.width > 60
    assert min(layout.widths[3:]) == 21


async def test_lines_end_at_the_same_column_whatever_their_text() -> None:
    async with table(3) as (widget, _, pilot):
        widget.show([row("a", "short"), row("b", "长" * 40), row("c", "e\u0301" * 40)])
        await pilot.pause()
        lines = [widget.render_line(y) for y in range(4)]
        assert {line.cell_length for line in lines} == {widget.scrollable_content_region.width}
        assert all(line.text.rstrip().endswith("2") for line in lines[1:])
        assert "~" in lines[2].text


async def test_keys_move_the_cursor_and_keep_it_in_view() -> None:
    async with table() as (widget, app, pilot):
        await pilot.press("j", "down", "k", "pagedown")
        assert widget.cursor_key == "k010"
        assert "name k010" in widget_text(widget)
        await pilot.press("end")
        assert widget.cursor_key == "k099"
        assert "name k099" in widget_text(widget)
        await pilot.press("down", "pagedown", "home", "up", "pageup")
        assert widget.cursor_key == "k000"
        assert "name k000" in widget_text(widget)
        assert app.highlighted[-1] == "k000"


async def test_the_cursor_stays_with_its_row_when_others_come_and_go() -> None:
    async with table() as (widget, _, pilot):
        await pilot.press("end")
        line_before = widget.cursor - widget.scroll_offset.y
        widget.show([row("new"), *(row(f"k{index:03}") for index in range(50, 100))])
        await pilot.pause()
        assert widget.cursor_key == "k099"
        assert widget.cursor - widget.scroll_offset.y == line_before


async def test_the_cursor_stays_in_place_when_its_row_goes() -> None:
    async with table(5) as (widget, app, pilot):
        await pilot.press("down", "down")
        widget.show([row("k000"), row("k001"), row("k003")])
        await pilot.pause()
        assert widget.cursor_key == "k003"
        widget.show([row("k000")])
        await pilot.pause()
        assert widget.cursor_key == "k000"
        widget.show([])
        await pilot.press("down", "end")
        assert widget.cursor_key is None
        assert app.highlighted[-1] is None


async def test_a_selection_stays_with_its_rows_and_shrinks_with_them() -> None:
    async with table(4) as (widget, _, pilot):
        widget.toggle()
        widget.toggle()
        assert widget.selected == {"k000", "k001"}
        widget.show([row("k003"), row("k001"), row("k002")])
        await pilot.pause()
        assert widget.selected == {"k001"}
        assert [line[0] for line in widget_text(widget).splitlines()[1:4]] == [" ", "▌", " "]
        widget.toggle_all()
        assert len(widget.selected) == 3
        widget.toggle_all()
        assert widget.selected == frozenset()


async def test_only_changed_lines_are_drawn_again() -> None:
    async with table(8) as (widget, _, pilot):
        drawn: list[int] = []
        render_line = widget.render_line

        def counted(y: int) -> Any:
            drawn.append(y)
            return render_line(y)

        widget.render_line = counted  # type: ignore[method-assign]
        rows = [row(f"k{index:03}") for index in range(8)]
        widget.show(rows)
        await pilot.pause()
        assert drawn == []
        rows[4] = row("k004", "another")
        widget.show(rows)
        await pilot.pause()
        assert drawn == [5]


async def test_a_click_moves_the_cursor_and_two_open() -> None:
    async with table() as (widget, app, pilot):
        await pilot.click(SessionTable, offset=(5, 3))
        assert widget.cursor_key == "k002"
        assert app.opened == []
        await pilot.click(SessionTable, offset=(5, 4), times=2)
        assert app.opened == ["k003"]


async def test_a_click_on_a_head_names_its_column() -> None:
    async with table() as (_, app, pilot):
        await pilot.click(SessionTable, offset=(3, 0))
        await pilot.click(SessionTable, offset=(15, 0))
        assert app.heads == ["status", "name"]


async def test_the_head_marks_the_sorted_column_and_moves_nothing() -> None:
    async with table() as (widget, _, pilot):
        before = widget.render_line(1).text
        widget.sorted_by = ("d", True)
        await pilot.pause()
        assert widget.render_line(0).text.rstrip().endswith("d▴")
        assert widget.render_line(1).text == before


async def test_a_wide_table_scrolls_sideways() -> None:
    async with table(2, size=(30, 8)) as (widget, _, pilot):
        heads = [*HEADS, Head("last", "last_column_of_all")]
        widget.show([Row("a", ("done", "a", "2", "value"))], heads=heads)
        await pilot.pause()
        assert "last_column_of_all" not in widget_text(widget)
        widget.scroll_end(animate=False, x_axis=True)
        await pilot.pause()
        await pilot.press(*["right"] * 40)
        await pilot.pause()
        assert "last_column_of_all" in widget_text(widget)
