"""Screens with charts: keys and clicks read them, and zoom."""

from __future__ import annotations

from textual.widget import Widget

from tui.rendering.inspection import Inspection
from tui.screen import WorkbenchScreen, has_widgets
from tui.widgets.inspected_chart import InspectedChart


class ChartReading(WorkbenchScreen):
    """Base of screens whose charts have a cursor.

    Attributes:
        inspection: where the charts are read, and their zoom.
    """

    def __init__(self) -> None:
        super().__init__()
        self.inspection = Inspection()

    @property
    def resting_widget(self) -> Widget | None:
        """Widget that has the focus while no chart has it."""
        return None

    def draw_charts(self) -> None:
        """Draw the charts at the present inspection."""

    def show_charts(self) -> None:
        """Bring the charts into view."""

    def turn_curve(self, by: int) -> None:
        """Choose the next curve, or the previous one, of a screen with one chart."""

    def action_inspect(self) -> None:
        """Let keys move a cursor over the first chart, or no longer."""
        if isinstance(self.focused, InspectedChart):
            self.action_leave_chart()
            return
        self.show_charts()
        if charts := self._charts():
            charts[0].begin()

    def action_leave_chart(self) -> None:
        """Leave the chart that is read, and its zoom."""
        self.set_focus(self.resting_widget)

    def inspect(self, inspection: Inspection) -> None:
        """Read the charts elsewhere."""
        self.inspection = inspection
        self.draw_charts()

    def on_inspected_chart_moved(self, message: InspectedChart.Moved) -> None:
        """Follow the keys of a chart."""
        self.inspect(message.inspection)

    def on_inspected_chart_epoch_picked(self, message: InspectedChart.EpochPicked) -> None:
        """Read a chart where it was clicked."""
        message.chart.begin()
        self.inspect(self.inspection.at(message.epoch))

    def on_inspected_chart_turned(self, message: InspectedChart.Turned) -> None:
        """Read the next chart, or the next curve."""
        charts = self._charts()
        if len(charts) > 1 and self.focused in charts:
            charts[(charts.index(self.focused) + message.by) % len(charts)].begin()
        else:
            self.turn_curve(message.by)

    def on_inspected_chart_left(self) -> None:
        """Draw all epochs again, once no chart is read."""
        if has_widgets(self) and not isinstance(self.focused, InspectedChart):
            self.inspect(Inspection())

    def _charts(self) -> list[InspectedChart]:
        """Return the charts that are not hidden."""
        return [
            chart
            for chart in self.query(InspectedChart)
            if all(node.display for node in chart.ancestors_with_self if isinstance(node, Widget))
        ]
