from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widget import Widget

from tests.tui.watching import until, widget_text
from tui.chart_options import ChartOptions
from tui.dashboard.kl_bars import KlBars
from tui.dashboard.log_view import LogView
from tui.rendering import curves
from tui.rendering.canvas import Mark
from tui.rendering.curves import Scale
from tui.rendering.inspection import Inspection
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

    def on_inspected_chart_epoch_picked(self, message: LossChart.EpochPicked) -> None:
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
        chart.show(falling, at=Inspection(epoch=2))
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


class Reader(ChartOptions):
    """A screen with two charts, as the dashboard has three."""

    def __init__(self, curves: list[Series], *, count: int = 2, marks: Sequence[Mark] = ()) -> None:
        super().__init__()
        self.curves, self.marks = curves, marks
        self.charts = [LossChart(f"chart {at}") for at in range(count)]
        self.turned: list[int] = []

    def compose(self) -> ComposeResult:
        yield from self.charts

    def draw_charts(self) -> None:
        for chart in self.charts:
            chart.show(self.curves, at=self.inspection, marks=self.marks, base=0)

    def turn_curve(self, by: int) -> None:
        self.turned.append(by)

    def key_c(self) -> None:
        self.action_inspect()


@asynccontextmanager
async def read(reader: Reader, size: tuple[int, int] = (80, 30)) -> AsyncIterator[Pilot[Any]]:
    async with App[None]().run_test(size=size) as pilot:
        await pilot.app.push_screen(reader)
        await pilot.pause()
        reader.draw_charts()
        await until(pilot, lambda: "train" in widget_text(reader.charts[0]))
        await pilot.press("c")
        await until(pilot, lambda: reader.charts[0].has_focus)
        yield pilot


def train_and_val(count: int = 50) -> list[Series]:
    train = [100.0 + 100.0 / epoch for epoch in range(1, count + 1)]
    return [series("train", train), series("val", [value + 2.5 for value in train], tone=1)]


def last_line(chart: LossChart) -> list[str]:
    return widget_text(chart).splitlines()[-1].split()


def spans(chart: LossChart, first: str, last: str) -> bool:
    return (last_line(chart)[0], last_line(chart)[-1]) == (first, last)


def head_has(chart: LossChart, words: str) -> bool:
    return words in head_words(chart)


def head_words(chart: LossChart) -> str:
    return " ".join(widget_text(chart).splitlines()[0].split())


async def test_keys_read_a_chart_and_leave_it() -> None:
    reader = Reader(train_and_val())
    chart, other = reader.charts
    async with read(reader) as pilot:
        await until(pilot, lambda: "epoch 50" in head_words(chart))
        await pilot.press("left", "left", "h", "l")
        await until(pilot, lambda: "epoch 48" in head_words(chart))
        assert "train 102.083 val 104.583 +2.500" in head_words(chart)
        # The other chart is read at the same epoch.
        assert "train 102.1 val 104.6" in head_words(other)
        for keys, epoch in ((["pageup"], 38), (["home"], 1), (["pagedown"], 11), (["end"], 50)):
            await pilot.press(*keys)
            await until(pilot, partial(head_has, chart, f"epoch {epoch}"))
        await pilot.press("down")
        await until(pilot, lambda: other.has_focus)
        assert not chart.can_focus
        await pilot.press("home", "escape")
        await until(pilot, lambda: reader.focused is None)
        await until(pilot, lambda: head_words(other).startswith("chart 1 train 102.0"))
        assert pilot.app.screen is reader


async def test_keys_zoom_around_the_cursor_in_all_charts_of_the_screen() -> None:
    reader = Reader(train_and_val())
    chart, other = reader.charts
    async with read(reader) as pilot:
        await pilot.press("home", *["right"] * 24, "plus", "plus")
        await until(pilot, lambda: "zoom 19-31" in head_words(chart))
        for one in (chart, other):
            await until(pilot, partial(spans, one, "19", "31"))
            # Values fill the height: those of other epochs do not count.
            assert "150" not in widget_text(one)
        await pilot.press("minus", "minus")
        await until(pilot, lambda: "zoom" not in widget_text(other))
        await pilot.press("plus", "0")
        await until(pilot, lambda: last_line(chart)[0] == "1")
        await pilot.press("plus", "escape")
        await until(pilot, lambda: reader.focused is None)
        await until(pilot, lambda: "zoom" not in widget_text(chart) + widget_text(other))


async def test_a_key_goes_to_the_best_epoch_and_to_each_change_of_the_schedule() -> None:
    train, val = train_and_val()
    marked = replace(val, best=30.0)
    marks = [Mark(6, "beta warm-up ends"), Mark(41, "lr decay")]
    reader = Reader([train, marked], count=1, marks=marks)
    (chart,) = reader.charts
    async with read(reader) as pilot:
        text = widget_text(chart)
        assert "┊lr decay" in text
        assert "┊beta warm-up ends" in text
        for epoch, word in ((6, "beta warm-up ends"), (30, ""), (41, "lr decay"), (6, "")):
            await pilot.press("asterisk")
            wanted = f"epoch {epoch}" + (f" · {word}" if word else "")
            await until(pilot, partial(head_has, chart, wanted))
        await pilot.press("up", "down")
        await until(pilot, lambda: reader.turned == [-1, 1])


async def test_a_step_of_the_cursor_sends_two_columns_and_the_values() -> None:
    """A slow link must not get the whole chart at every key."""
    reader = Reader(train_and_val(), count=1)
    (chart,) = reader.charts
    async with read(reader, (120, 40)) as pilot:
        await pilot.press("left")
        await until(pilot, lambda: "epoch 49" in head_words(chart))
        sent: list[Region] = []
        refresh = chart.refresh

        def counted(*regions: Region, **options: Any) -> LossChart:
            sent.extend(regions or [Region(0, 0, *chart.size)])
            return refresh(*regions, **options)

        chart.refresh = counted  # type: ignore[method-assign]
        await pilot.press("left")
        await until(pilot, lambda: "epoch 48" in head_words(chart))
        beside = sum(region.area for region in sent if region.y)
        assert 0 < beside <= 8 * chart.size.height
        assert sum(region.area for region in sent if not region.y) <= chart.size.width


async def test_the_cursor_is_seen_on_a_band_and_leaves_curves_alone() -> None:
    epochs = np.arange(1.0, 31.0)
    values = 100.0 + 50.0 / epochs
    one = Series("mean", epochs, values, 0, (values - 40.0, values + 40.0))
    chart = LossChart("val_loss")
    async with shown(chart, 60, 20):
        chart.show([one])
        before = widget_text(chart)
        chart.show([one], at=Inspection(20))
        after = widget_text(chart)
        assert after.count("│") - before.count("│") >= 15
        # Where the curve is, it stays.
        assert len([cell for cell in after if cell in "⣀⣤⣶⠶⠛⠉⠒⠤"]) == len(
            [cell for cell in before if cell in "⣀⣤⣶⠶⠛⠉⠒⠤"]
        )


async def test_a_click_reads_a_chart_too() -> None:
    reader = Reader(train_and_val(), count=1)
    (chart,) = reader.charts
    async with read(reader) as pilot:
        await pilot.press("escape")
        await until(pilot, lambda: reader.focused is None)
        await pilot.click(chart, offset=(79, 5))
        await pilot.click(chart, offset=(7, 5))
        await until(pilot, lambda: "epoch 1" in head_words(chart).split(" · "))
        assert chart.has_focus
