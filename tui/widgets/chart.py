"""Chart of metrics over epochs, with a cursor that reads values."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from tui.text import fitted, one_line
from tui.widgets.lines import Lines

# Imported when needed: plotext and NumPy are slow to import and would delay the first frame.
if TYPE_CHECKING:
    from tui.rendering.curves import Colors, Curves, Scale
    from tui.rendering.runs import Line
    from tui.rendering.series import Series

TONES = 6
_LEAST_SECONDS = 0.25


class LossChart(Lines):
    """Draws curves over epochs; the first line names them and shows their values.

    It is redrawn at most four times per second, and only lines that changed are sent.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chart--title",
        "chart--axis",
        "chart--note",
        "chart--cursor",
        *(f"chart--tone-{tone}" for tone in range(TONES)),
    }

    DEFAULT_CSS = """
    LossChart {
        height: 1fr;
        width: 1fr;
        & > .chart--title { color: $text; text-style: bold; }
        & > .chart--axis { color: $text-muted; }
        & > .chart--note { color: $text-muted; }
        & > .chart--cursor { color: $text-muted; }
        & > .chart--tone-0 { color: $text-primary; }
        & > .chart--tone-1 { color: $text-warning; }
        & > .chart--tone-2 { color: $text-success; }
        & > .chart--tone-3 { color: $text-error; }
        & > .chart--tone-4 { color: $text-accent; }
        & > .chart--tone-5 { color: $text-secondary; }
    }
    """

    class EpochPicked(Message):
        """Posted when an epoch is clicked."""

        def __init__(self, epoch: int) -> None:
            super().__init__()
            self.epoch = epoch

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
        self._scale: Scale | None = None
        self._cursor: int | None = None
        self._curves: Curves | None = None
        self._drawn_at = 0.0
        self._redraw: Timer | None = None

    def show(
        self,
        series: Sequence[Series],
        *,
        scale: Scale | None = None,
        cursor: int | None = None,
        empty: str | None = None,
    ) -> None:
        """Draw these curves.

        Args:
            series: the curves, those in the same cells take turns.
            scale: how to show them; as before, if it is not given.
            empty: the text while there is nothing to draw; unchanged if not given.
            cursor: the epoch whose values are read; the newest of each curve, if it is not given.
        """
        changed = tuple(series) != self._series or (scale is not None and scale != self._scale)
        self._series = tuple(series)
        self._scale = scale or self._scale
        self._cursor = cursor
        self.empty = self.empty if empty is None else empty
        if changed:
            self._draw_soon()
        else:
            self._compose_lines()

    def on_click(self, event: events.Click) -> None:
        """Post the epoch under the mouse."""
        epoch = self._curves.epoch_at(event.x) if self._curves else None
        if epoch is not None:
            self.post_message(self.EpochPicked(int(epoch)))

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

        scale = self._scale or Scale()
        if self._linear:
            scale = replace(scale, log=False)
        self._curves = draw_curves(
            self._series, width, height - 1, scale, self._colors(), axis=self.axis
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

        tones = [self._part(f"tone-{tone}") for tone in range(TONES)]
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
        title = self._title_line(width)
        if not curves.lines:
            notes = self._why_empty().splitlines()[: max(1, height - 1)]
            note_style = self._part("note")
            below = [[Segment(fitted(note, width).center(width), note_style)] for note in notes]
            self.set_lines([title, *[[]] * ((height - 1 - len(below)) // 2), *below])
            return
        column = curves.column_of(self._cursor) if self._cursor is not None else None
        lines = curves.lines if column is None else self._with_cursor(curves.lines, column)
        self.set_lines([title, *lines])

    def _title_line(self, width: int) -> list[Segment]:
        """Format the title: `loss  train 142.3  val 145.0        epoch 12`."""
        from tui.rendering.curves import PLAIN_MARKERS
        from tui.rendering.series import number_text

        line = [Segment(self.title, self._part("title"))]
        room = width - len(self.title)
        plain = self._plain
        for one in self._named(room):
            value = one.value_at(one.epochs[-1] if self._cursor is None else self._cursor)
            read = "-" if value is None else number_text(value)
            marker = f"{PLAIN_MARKERS[one.tone % len(PLAIN_MARKERS)]} " if plain else ""
            text = f"  {marker}{one_line(one.label, 24)} {read}"
            if len(text) > room:
                return line
            line.append(Segment(text, self._part(f"tone-{one.tone % TONES}")))
            room -= len(text)
        fitting = [note for note in self._notes() if len(note) + 2 <= room]
        if fitting:
            line.append(Segment(fitted(fitting[0], room, "right"), self._part("note")))
        return line

    def _named(self, room: int) -> list[Series]:
        """Return the curves to name, in order; if not all fit, the last ones."""
        named = [one for one in self._series if len(one.epochs)]
        # Two spaces, a label, a value.
        wanted = sum(min(len(one.label), 24) + 8 for one in named)
        return named if wanted <= room else [*named[-1:], *named[:-1]]

    def _notes(self) -> Sequence[str]:
        """Return notes on scale and epoch, in several lengths, the longest first."""
        from tui.rendering.curves import BEST, PLAIN_BEST

        read = {self._cursor or int(one.epochs[-1]) for one in self._series if len(one.epochs)}
        at = [f"epoch {epoch}" for epoch in read] if len(read) == 1 else []
        mark = PLAIN_BEST if self._plain else BEST
        best = [f"{mark} best {one.best:.0f}" for one in self._series if one.best is not None]
        scale, options = self._scale, self._beyond()
        if scale is not None:
            options += ["linear: below 0" if self._linear else "log"] * scale.log
            options += ["recent"] * scale.recent
            options += [f"smooth {scale.smoothing:g}"] if scale.smoothing else []
        parts = [" · ".join([*options, *rest]) for rest in ([*best, *at], at, best, [])]
        return [*filter(None, parts), " ".join(options)]

    def _beyond(self) -> list[str]:
        """Format the value that lies beyond the axis: `↑ 251.0`."""
        from tui.rendering.series import number_text

        curves = self._curves
        up, down = "^v" if self._plain else "↑↓"
        if curves is None:
            return []
        ends = ((up, curves.above), (down, curves.below))
        return [f"{arrow} {number_text(end)}" for arrow, end in ends if end is not None]

    def _why_empty(self) -> str:
        if not any(len(one.epochs) for one in self._series):
            return self.empty
        if self._scale is not None and self._scale.log:
            return "nothing above 0 to show on a log scale"
        return "no space, or no finite value"

    def _with_cursor(self, lines: Sequence[Line], column: int) -> list[Line]:
        """Add a vertical bar in this column where there is no curve."""
        bar = Segment("│", self._part("cursor"))
        marked = list(lines)
        for y in range(len(lines) - self.axis):
            strip = Strip(lines[y])
            left, cell, right = strip.divide([column, column + 1, strip.cell_length])
            if cell.text in (" ", "\u2800"):
                marked[y] = [*left, bar, *right]
        return marked
