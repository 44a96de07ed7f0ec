"""Chart of metrics over epochs, which a cursor reads and a zoom enlarges."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.timer import Timer

from tui.rendering.inspection import Inspection, Window, epochs_of
from tui.rendering.tones import HUES
from tui.text import fitted
from tui.widgets.inspected_chart import InspectedChart

# Imported when needed: plotext and NumPy are slow to import and would delay the first frame.
if TYPE_CHECKING:
    from tui.rendering.canvas import Mark
    from tui.rendering.curves import Colors, Curves, Scale
    from tui.rendering.readout import Part
    from tui.rendering.runs import Line
    from tui.rendering.series import Series

_LEAST_SECONDS = 0.25
# At most this share of the height for the values under the cursor.
_READOUT_SHARE = 3


class LossChart(InspectedChart):
    """Draws curves over epochs; the first line names them and shows their values.

    It is redrawn at most four times per second, and only cells that changed are sent. While it has
    the focus, keys move a cursor over the epochs, whose values it shows, and zoom around it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chart--title",
        "chart--axis",
        "chart--note",
        "chart--cursor",
        "chart--reading",
        *(f"chart--tone-{tone}" for tone in range(HUES)),
    }

    DEFAULT_CSS = """
    LossChart {
        height: 1fr;
        width: 1fr;
        & > .chart--title { color: $text; text-style: bold; }
        & > .chart--axis { color: $text-muted; }
        & > .chart--note { color: $text-muted; }
        & > .chart--cursor { color: $text-muted; }
        & > .chart--reading { color: $text; text-style: bold reverse; }
        & > .chart--tone-0 { color: $text-primary; }
        & > .chart--tone-1 { color: $text-warning; }
        & > .chart--tone-2 { color: $text-success; }
        & > .chart--tone-3 { color: $text-error; }
        & > .chart--tone-4 { color: $text-accent; }
        & > .chart--tone-5 { color: $text-secondary; }
    }
    """

    def __init__(
        self,
        title: str,
        *,
        axis: bool = True,
        empty: str = "no epoch has finished yet",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Make an empty chart.

        Args:
            title: what its values are.
            axis: whether its last line names the epochs.
            empty: the text while there is nothing to draw.
            id: of the widget.
            classes: of the widget.
        """
        super().__init__(id=id, classes=classes)
        self.title = title
        self.empty = empty
        self.axis = axis
        self._series: tuple[Series, ...] = ()
        self._marks: tuple[Mark, ...] = ()
        self._base: int | None = None
        self._scale: Scale | None = None
        self._window: Window | None = None
        self._curves: Curves | None = None
        self._drawn_at = 0.0
        self._redraw: Timer | None = None

    def show(
        self,
        series: Sequence[Series],
        *,
        scale: Scale | None = None,
        at: Inspection | None = None,
        marks: Sequence[Mark] = (),
        base: int | None = None,
        empty: str | None = None,
    ) -> None:
        """Draw these curves.

        Args:
            series: the curves, those in the same cells take turns.
            scale: how to show them; as before, if it is not given.
            at: the epoch whose values are read, and the zoom; the newest of each curve and all
                epochs, if it is not given.
            marks: changes of the schedule.
            base: index of the curve to which the others are compared under the cursor.
            empty: the text while there is nothing to draw; unchanged if not given.
        """
        at = at or Inspection()
        # Moving the cursor changes none of these.
        before = self._series, self._scale, self._marks, self._window, self._base
        self._series, self._scale = tuple(series), scale or self._scale
        self._marks, self._base, self.inspection = tuple(marks), base, at
        self.empty = self.empty if empty is None else empty
        if before[3] != at.window or before[4] != base:
            self.draw()
        elif before[:3] != (self._series, self._scale, self._marks):
            self._draw_soon()
        else:
            self._compose_lines()

    def readable_epochs(self) -> list[int]:
        """Return the epochs that some curve has."""
        return epochs_of(self._series)

    def marked_epochs(self) -> set[int]:
        """Return the best epochs and those at which the schedule changes."""
        best = {int(one.best) for one in self._series if one.best is not None}
        return best | {mark.epoch for mark in self._marks}

    def on_click(self, event: events.Click) -> None:
        """Post the epoch under the mouse."""
        epoch = self._curves.epoch_at(event.x) if self._curves else None
        if epoch is not None:
            self.post_message(self.EpochPicked(self, int(epoch)))

    def _draw_soon(self) -> None:
        wait = self._drawn_at + _LEAST_SECONDS - time.monotonic()
        if wait <= 0:
            self.draw()
        elif self._redraw is None:
            self._redraw = self.set_timer(wait, self.draw)

    def draw(self) -> None:
        """Draw the curves now, for the present size and theme."""
        if self._redraw is not None:
            self._redraw.stop()
            self._redraw = None
        width, height = self.size
        if not width or not height or not self.is_attached:
            return
        from tui.rendering.curves import Scale, draw_curves

        self._window = self.inspection.window
        scale = replace(self._scale or Scale(), window=self._window)
        if self._linear:
            scale = replace(scale, log=False)
        self._curves = draw_curves(
            self._series,
            width,
            height - len(self._head(width)),
            scale,
            self._colors(),
            axis=self.axis,
            marks=self._marks,
        )
        if self._curves.lines:
            self._drawn_at = time.monotonic()
        self._compose_lines()

    @property
    def _linear(self) -> bool:
        """Return whether the axis must be linear, since there are negative values."""
        wants_log = self._scale is not None and self._scale.log
        return wants_log and any((one.values < 0).any() for one in self._series)

    def _colors(self) -> Colors:
        from tui.rendering.curves import Colors

        tones = [self._part(f"tone-{tone}") for tone in range(HUES)]
        return Colors(self._part("axis"), tones, self._plain)

    @property
    def _plain(self) -> bool:
        """Return whether the terminal has only ASCII."""
        from tui.rendering.palettes import ColorDepth
        from tui.widgets.display import app_depth

        return app_depth(self.app) is ColorDepth.ASCII

    def _part(self, name: str) -> Style:
        return self.part_style(f"chart--{name}")

    def _compose_lines(self) -> None:
        """Build the lines; only changed ones are sent again."""
        width, height = self.size
        curves = self._curves
        if curves is None or not width or not height:
            return
        found = self._head(width)
        if curves.lines and len(found) + len(curves.lines) != height:
            self.draw()
            return
        head = [[Segment(text, self._part(name)) for text, name in line] for line in found]
        if not curves.lines:
            notes = self._why_empty().splitlines()[: max(1, height - 1)]
            note_style = self._part("note")
            below = [[Segment(fitted(note, width).center(width), note_style)] for note in notes]
            self.set_lines([*head, *[[]] * ((height - 1 - len(below)) // 2), *below])
            return
        epoch = self.inspection.epoch
        if epoch is None and self.has_focus:
            epoch = int(curves.last)
        column = curves.column_of(epoch) if epoch is not None else None
        lines = curves.lines if column is None else self._with_cursor(curves.lines, column)
        self.set_lines([*head, *lines])

    def _head(self, width: int) -> list[list[Part]]:
        from tui.rendering.chart_head import ChartHead

        curves = self._curves
        head = ChartHead(
            title=self.title,
            series=self._series,
            inspection=self.inspection,
            scale=self._scale,
            linear=self._linear,
            beyond=(curves.above, curves.below) if curves else (None, None),
            marks=self._marks,
            base=self._base,
            plain=self._plain,
        )
        if self.has_focus:
            return head.reading(width, max(1, (self.size.height - 1) // _READOUT_SHARE))
        return [head.line(width)]

    def _why_empty(self) -> str:
        if not any(len(one.epochs) for one in self._series):
            return self.empty
        if self._scale is not None and self._scale.log:
            return "nothing above 0 to show on a log scale"
        return "no space, or no finite value"

    def _with_cursor(self, lines: Sequence[Line], column: int) -> list[Line]:
        """Add a vertical bar in this column where there is no curve; over bands and marks."""
        bar = Segment("│", self._part("cursor"))
        marked = list(lines)
        for y in range(len(lines) - self.axis):
            strip = Strip(lines[y])
            left, cell, right = strip.divide([column, column + 1, strip.cell_length])
            if _is_behind_cursor(cell.text):
                marked[y] = [*left, bar, *right]
        return marked


def _is_behind_cursor(cell: str) -> bool:
    """Return whether a cell has no part of a curve: at most the one dot of a band, or a mark."""
    braille = ord(cell) - 0x2800
    return cell in " .:┊" or (0 <= braille < 0x100 and braille.bit_count() <= 1)
