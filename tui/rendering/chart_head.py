"""Lines above a chart: its title, the values of its curves, the epoch, notes on its scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.rendering.canvas import BEST, PLAIN_BEST, Mark
from tui.rendering.curves import Scale
from tui.rendering.inspection import Inspection
from tui.rendering.readout import Part, fields, readout, short_values
from tui.rendering.series import Series, number_text
from tui.text import cells, fitted


@dataclass(frozen=True)
class ChartHead:
    """What the lines above a chart tell.

    Attributes:
        title: what the values are.
        series: the curves.
        inspection: where they are read.
        scale: how they are drawn, None by default.
        linear: whether values below 0 keep a logarithmic axis linear.
        beyond: the highest and the lowest value, where they lie beyond the axis.
        marks: changes of the schedule.
        base: index of the curve to which the others are compared, None for none.
        plain: whether the terminal has only ASCII.
    """

    title: str
    series: Sequence[Series]
    inspection: Inspection
    scale: Scale | None = None
    linear: bool = False
    beyond: tuple[float | None, float | None] = (None, None)
    marks: Sequence[Mark] = ()
    base: int | None = None
    plain: bool = False

    def line(self, width: int) -> list[Part]:
        """Compose one line: `loss  train 142.3  val 145.0        epoch 12`."""
        room = width - cells(self.title)
        values = short_values(self.series, self.inspection.epoch, room, plain=self.plain)
        return _with_notes([(self.title, "title"), *values], self._notes(), width)

    def reading(self, width: int, most: int) -> list[list[Part]]:
        """Compose the lines of a chart that is read: all values under the cursor.

        Args:
            width: in cells.
            most: number of lines below the first one, at most.
        """
        title = (f" {self.title} ", "reading")
        found = fields(self.series, self.inspection.epoch, base=self.base, plain=self.plain)
        # As wide at every epoch: the curves below keep their place.
        newest = max([int(one.epochs[-1]) for one in self.series if len(one.epochs)], default=0)
        wanted = [title[0], f"  epoch {newest}", *(f"  {field.text}" for field in found)]
        if sum(map(cells, wanted)) <= width:
            values = [(f"  {field.text}", field.tone) for field in found]
            return [_with_notes([title, *values], self._notes(read=True), width)]
        line = _with_notes([title], self._notes(read=True), width)
        return [line, *readout(found, width, most)]

    def _epoch_read(self) -> list[str]:
        """Return the epoch whose values are read; none if curves end at different ones."""
        read = {
            self.inspection.epoch or int(one.epochs[-1]) for one in self.series if len(one.epochs)
        }
        return [f"epoch {epoch}" for epoch in read] if len(read) == 1 else []

    def _notes(self, *, read: bool = False) -> list[str]:
        """Return notes on scale and epoch, in several lengths, the most complete first."""
        mark = PLAIN_BEST if self.plain else BEST
        marked = [one for one in self.series if one.best is not None]
        # Of several curves each has a mark of its own.
        best = [f"{mark} best" + f" {one.best:.0f}" * (len(marked) == 1) for one in marked[:1]]
        at, options = self._epoch_read(), self._options()
        changed = [*at, *self._changes()]
        lengths = [[*options, *best, *changed], [*options, *changed]]
        if read:
            # The epoch is what matters most.
            lengths += [changed, at]
        lengths += [[*options, *at], [*options, *best], options]
        return [" · ".join(parts) for parts in lengths if parts]

    def _changes(self) -> list[str]:
        """Return how the schedule changes at the epoch under the cursor."""
        return [mark.word for mark in self.marks if mark.epoch == self.inspection.epoch]

    def _options(self) -> list[str]:
        scale, window = self.scale, self.inspection.window
        options = self._beyond()
        if window is not None:
            options.append(f"zoom {window[0]}-{window[1]}")
        if scale is not None:
            options += ["linear: below 0" if self.linear else "log"] * scale.log
            options += ["recent"] * (scale.recent and window is None)
            options += [f"smooth {scale.smoothing:g}"] if scale.smoothing else []
        return options

    def _beyond(self) -> list[str]:
        """Format the value that lies beyond the axis: `↑ 251.0`."""
        arrows = "^v" if self.plain else "↑↓"
        return [
            f"{arrow} {number_text(end)}"
            for arrow, end in zip(arrows, self.beyond, strict=True)
            if end is not None
        ]


def _with_notes(line: list[Part], notes: Sequence[str], width: int) -> list[Part]:
    """Add the first of the notes that fits, at the right."""
    room = width - sum(cells(text) for text, _ in line)
    for note in notes:
        if cells(note) + 2 <= room:
            return [*line, (fitted(note, room, "right"), "note")]
    return line
