"""Base of charts of epochs that keys read and zoom, while these have the focus."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from tui.rendering.inspection import Inspection
from tui.widgets.lines import Lines

_PAGE = 10


def _key(
    keys: str, action: str, name: str, tooltip: str, *, show: bool = False, display: str = ""
) -> Binding:
    return Binding(
        keys,
        action,
        name,
        id=f"chart.{name.lower().replace(' ', '_')}",
        tooltip=tooltip,
        show=show or bool(display),
        key_display=display or None,
    )


class InspectedChart(Lines):
    """Turns keys into messages about the epoch that is read and the zoom.

    It has the focus only while it is read, so Tab passes it by. Its screen moves the cursor of all
    its charts: `tui.chart_options`.

    Attributes:
        inspection: where it is read.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        _key("left,h", "step(-1)", "Epoch", "One epoch back", display="←→"),
        _key("right,l", "step(1)", "Later", "One epoch forward"),
        _key("pageup", f"step(-{_PAGE})", "Ten back", "Ten epochs back"),
        _key("pagedown", f"step({_PAGE})", "Ten on", "Ten epochs forward"),
        _key("home", "end(0)", "First", "The first epoch"),
        _key("end,G", "end(-1)", "Newest", "The newest epoch"),
        _key("plus,equals_sign", "zoom(True)", "Zoom", "Half as many epochs", display="+-"),
        _key("minus", "zoom(False)", "Wider", "Twice as many epochs"),
        _key("0", "all_epochs", "All", "All epochs", show=True),
        _key("asterisk", "mark", "Mark", "Next best epoch or change of the schedule", show=True),
        _key("up,k", "turn(-1)", "Curve", "Previous chart or curve", display="↑↓"),
        _key("down,j", "turn(1)", "Next", "Next chart or curve"),
        _key("escape", "screen.leave_chart", "Leave chart", "Leave the chart", show=True),
    ]

    class Moved(Message):
        """Posted when keys moved the cursor or the zoom."""

        def __init__(self, inspection: Inspection) -> None:
            super().__init__()
            self.inspection = inspection

    class Turned(Message):
        """Posted when keys ask for the next chart or curve, or the previous one."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    class Left(Message):
        """Posted when the focus went elsewhere."""

    class EpochPicked(Message):
        """Posted when an epoch is clicked."""

        def __init__(self, chart: InspectedChart, epoch: int) -> None:
            super().__init__()
            self.chart, self.epoch = chart, epoch

        @property
        def control(self) -> InspectedChart:
            """The clicked chart."""
            return self.chart

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.inspection = Inspection()

    def readable_epochs(self) -> list[int]:
        """Return the epochs that can be read, rising."""
        return []

    def marked_epochs(self) -> set[int]:
        """Return the epochs that are marked."""
        return set()

    def begin(self) -> None:
        """Give it the focus."""
        self.can_focus = True
        self.focus()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Show the cursor and all values under it, or no longer."""
        super().watch_has_focus(_has_focus)
        self.draw()

    def on_blur(self) -> None:
        """Leave the cursor, unless only the terminal lost the focus."""
        if self.app.app_focus:
            self.can_focus = False
            self.post_message(self.Left())

    def action_step(self, by: int) -> None:
        """Move the cursor by some epochs."""
        self._inspect(self.inspection.stepped(self.readable_epochs(), by))

    def action_end(self, index: int) -> None:
        """Move the cursor to the first or the newest epoch."""
        if epochs := self.readable_epochs():
            self._inspect(self.inspection.at(epochs[index]))

    def action_zoom(self, closer: bool) -> None:
        """Draw fewer or more epochs around the cursor."""
        self._inspect(self.inspection.zoomed(self.readable_epochs(), closer=closer))

    def action_all_epochs(self) -> None:
        """Draw all epochs."""
        self._inspect(self.inspection.whole())

    def action_mark(self) -> None:
        """Move the cursor to the next marked epoch, and round again."""
        marked, epochs = self.marked_epochs(), self.readable_epochs()
        if marked and epochs:
            present = self.inspection.epoch or epochs[-1]
            later = [epoch for epoch in marked if epoch > present]
            self._inspect(self.inspection.at(min(later or marked)))

    def action_turn(self, by: int) -> None:
        """Ask for the next chart or curve."""
        self.post_message(self.Turned(by))

    def _inspect(self, inspection: Inspection) -> None:
        # Several keys may come before the screen answers the first.
        self.inspection = inspection
        self.post_message(self.Moved(inspection))
