from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widget import Widget

from tests.tui.watching import until, widget_text
from tui.dashboard.kl_bars import KlBars
from tui.dashboard.log_view import LogView
from tui.rendering import curves
from tui.rendering.curves import Scale
from tui.rendering.series import Series
from tui.widgets.chart import LossChart


class Shelf(App[None]):
    """An app with nothing but one widget."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.picked: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_loss_chart_epoch_picked(self, message: LossChart.EpochPicked) -> None:
        self.picked.append(message.epoch)


@asynccontextmanager
async def shown(widget: Widget, width: int = 60, height: int = 12) -> AsyncIterator[Pilot[Any]]:
    async with Shelf(widget).run_test(size=(width, height)) as pilot:
        await pilot.pause()
        yield pilot


def series(label: str, values: list[float], tone: int = 0) -> Series:
    return Series(label, np.arange(1.0, len(values) + 1), np.array(values), tone)


async def test_an_empty_chart_says_so() -> None:
    chart = LossChart("loss")
    async with shown(chart):
        chart.show([])
        assert "no epoch has finished yet" in widget_text(chart)


async def test_the_title_reads_the_newest_values() -> None:
    chart = LossChart("loss")
    async with shown(chart):
        chart.show([series("train", [300.0, 200.0]), series("val", [310.0, 205.5], tone=1)])
        head = widget_text(chart).splitlines()[0]
        assert head.split() == ["loss", "train", "200.0", "val", "205.5", "epoch", "2"]


async def test_the_cursor_reads_the_values_of_its_epoch() -> None:
    chart = LossChart("loss")
    falling = [series("train", [300.0, 200.0, 100.0])]
    async with shown(chart):
        chart.show(falling)
        chart.show(falling, cursor=2)
        text = widget_text(chart)
        assert text.splitlines()[0].split() == ["loss", "train", "200.0", "epoch", "2"]
        assert sum("│" in line[8:] for line in text.splitlines()) >= 8


async def test_curves_of_unequal_length_are_read_at_their_ends() -> None:
    chart = LossChart("loss")
    async with shown(chart):
        chart.show([series("short", [300.0]), series("long", [310.0, 205.5], tone=1)])
        head = widget_text(chart).splitlines()[0]
        assert head.split() == ["loss", "short", "300.0", "long", "205.5"]


async def test_a_log_scale_without_positive_values_says_so() -> None:
    chart = LossChart("KL")
    async with shown(chart):
        chart.show([series("train", [0.0, 0.0])], scale=Scale(log=True))
        assert "nothing above 0" in widget_text(chart)


async def test_a_log_scale_leaves_no_value_below_0_out_but_gives_way() -> None:
    """A loss of a density falls through 0: half a curve would read wrong."""
    chart = LossChart("loss")
    async with shown(chart):
        chart.show([series("train", [900.0, -100.0, -4239.1])], scale=Scale(log=True))
        assert "linear: below 0" in widget_text(chart)
        chart.show([series("train", [900.0, 90.0, 9.0])], scale=Scale(log=True))
        chart.draw()
        assert "linear" not in widget_text(chart)
        assert " log" in widget_text(chart)


async def test_labels_are_shown_as_text() -> None:
    chart = LossChart("loss")
    async with shown(chart):
        chart.show([series("[red]a[/red]\x1b[2J", [1.0, 2.0])])
        head = widget_text(chart).splitlines()[0]
        assert "[red]a[/red]?[2J" in head
        assert "\x1b" not in head


async def test_the_chart_follows_its_size() -> None:
    chart = LossChart("loss")
    async with shown(chart) as pilot:
        chart.show([series("train", [float(value) for value in range(50)])])
        await pilot.resize_terminal(100, 20)
        await until(pilot, lambda: chart.size.width == 100)
        assert max(len(line) for line in widget_text(chart).splitlines()) > 90


async def test_a_burst_of_changes_is_drawn_a_few_times_and_ends_with_the_latest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draws: list[object] = []

    def counted(*arguments: Any, **options: Any) -> curves.Curves:
        draws.append(arguments)
        return draw_curves(*arguments, **options)

    draw_curves = curves.draw_curves
    chart = LossChart("loss")
    async with shown(chart) as pilot:
        monkeypatch.setattr(curves, "draw_curves", counted)
        for count in range(2, 30):
            chart.show([series("train", [float(count)] * count)])
        await until(pilot, lambda: widget_text(chart).splitlines()[-1].split()[-1] == "29")
        assert len(draws) <= 14


async def test_a_click_picks_the_epoch_below_it() -> None:
    chart = LossChart("loss")
    async with shown(chart) as pilot:
        chart.show([series("train", [1.0] * 20)])
        await pilot.click(chart, offset=(59, 5))
        await pilot.click(chart, offset=(7, 5))
        await pilot.click(chart, offset=(2, 5))
        await pilot.pause()
        assert isinstance(pilot.app, Shelf)
        assert pilot.app.picked == [20, 1]


async def test_few_dimensions_lie_as_bars_with_their_values() -> None:
    bars = KlBars()
    async with shown(bars, 40, 8):
        bars.show([3.0, 1.5], collapsed=())
        first, second = widget_text(bars).splitlines()[:2]
        assert first.split()[0] == "z0"
        assert first.split()[-1] == "3.000"
        assert first.count("█") == 2 * second.count("█")


async def test_more_dimensions_stand_in_columns() -> None:
    bars = KlBars()
    async with shown(bars, 60, 8):
        bars.show([1.0] * 16, collapsed=())
        lines = widget_text(bars).splitlines()
        assert [line.split()[0] for line in lines] == [f"z{n}" for n in range(8)]
        assert "z8" in lines[0]


async def test_many_dimensions_stand_side_by_side() -> None:
    bars = KlBars()
    async with shown(bars, 60, 6):
        bars.show([2.0] * 30 + [1.0] * 30, collapsed=range(30, 60))
        lines = widget_text(bars).splitlines()
        assert lines[0] == "█" * 30
        assert lines[4] == "█" * 60
        assert lines[5].startswith("z0")


async def test_of_more_dimensions_than_columns_the_largest_are_shown() -> None:
    bars = KlBars()
    async with shown(bars, 40, 6):
        values = [0.0] * 256
        values[200] = 4.0
        bars.show(values, collapsed=())
        assert widget_text(bars).splitlines()[0].strip() == "█"


async def test_odd_kl_values_do_not_stop_the_bars() -> None:
    bars = KlBars()
    async with shown(bars, 40, 6):
        for values in ([0.0, 0.0], [-1.0, -2.0], [1e300, 1e-300], []):
            bars.show(values, collapsed=(0,))
            assert len(widget_text(bars).splitlines()) <= 6


async def test_the_log_is_text_without_control_characters() -> None:
    log = LogView()
    async with shown(log, 60, 6):
        log.show(["\x1b[2J[red]evil[/red]\x07", "a\tb"])
        assert widget_text(log).splitlines()[:2] == ["?[2J[red]evil[/red]?", "a b"]


async def test_the_log_stays_at_its_end_unless_scrolled_up() -> None:
    log = LogView()
    async with shown(log, 60, 6) as pilot:
        lines = [f"line {number}" for number in range(50)]
        log.show(lines)
        await until(pilot, lambda: "line 49" in widget_text(log))
        log.focus()
        await pilot.press("k", "k", "k")
        await until(pilot, lambda: "line 49" not in widget_text(log))
        log.show([*lines, "line 50"])
        await pilot.pause()
        assert "line 50" not in widget_text(log)
        await pilot.press("j", "j", "j", "j", "j")
        await until(pilot, lambda: "line 50" in widget_text(log))
        log.show([*lines, "line 50", "line 51"])
        await until(pilot, lambda: "line 51" in widget_text(log))


async def test_long_log_lines_are_wrapped() -> None:
    log = LogView()
    async with shown(log, 30, 6):
        log.show(["word " * 10])
        assert "".join(widget_text(log).split()) == "word" * 10
